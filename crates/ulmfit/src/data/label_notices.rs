//! Labels that deserve a second look.

use std::collections::HashMap;

use serde::Serialize;

use super::similar::distance;

/// Something about labels that deserves a look before training.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[non_exhaustive]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum LabelNotice {
    /// One example cannot both teach and test.
    #[error("label `{label}` has a single row; it stays in the training part")]
    SingleRow {
        /// The label.
        label: String,
    },
    /// Two labels that differ so little that one may be a slip.
    #[error("labels `{label}` ({rows} rows) and `{like}` ({like_rows} rows) may be one")]
    Variant {
        /// The rarer spelling.
        label: String,
        /// Rows with it.
        rows: usize,
        /// The commoner spelling.
        like: String,
        /// Rows with that.
        like_rows: usize,
    },
}

/// Single rows and spelling variants among labels with their rows.
///
/// Variants differ in case, spaces and punctuation alone, or by one edit if the rarer one has
/// less than a tenth of the other's rows; short labels and numbers (`pos`/`neg`, `1`/`2`) are
/// one edit apart by nature and left alone.
pub(crate) fn notices(labels: Vec<(&str, usize)>) -> Vec<LabelNotice> {
    const SHORTEST: usize = 4;
    const MOST_COMPARED: usize = 2_000; // pairs grow with the square
    let single = labels
        .iter()
        .filter(|(_, rows)| *rows == 1)
        .map(|(label, _)| LabelNotice::SingleRow { label: (*label).to_owned() });
    let mut found: Vec<LabelNotice> = single.collect();

    let mut by_rows = labels;
    by_rows.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let mut folded: HashMap<String, usize> = HashMap::new();
    for (at, (label, rows)) in by_rows.iter().enumerate() {
        let first = *folded.entry(fold(label)).or_insert(at);
        let close = |&other: &usize| {
            let (name, others) = by_rows[other];
            label.chars().count() >= SHORTEST
                && rows * 10 < others
                && label.parse::<f64>().is_err()
                && distance(label, name) == 1
        };
        let like = if first < at {
            Some(first)
        } else if at < MOST_COMPARED {
            (0..at).find(close)
        } else {
            None
        };
        if let Some((like, like_rows)) = like.map(|like| by_rows[like]) {
            let (label, like) = ((*label).to_owned(), like.to_owned());
            found.push(LabelNotice::Variant { label, rows: *rows, like, like_rows });
        }
    }
    found
}

/// A label without case, spaces and punctuation; one of signs only stays as it is.
fn fold(label: &str) -> String {
    let folded: String = label.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    if folded.is_empty() || label.parse::<f64>().is_ok() { label.to_owned() } else { folded }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_and_single_rows_are_noticed() {
        let variants = |labels: &[(&'static str, usize)]| -> Vec<(String, String)> {
            let variant = |notice| match notice {
                LabelNotice::Variant { label, like, .. } => Some((label, like)),
                LabelNotice::SingleRow { .. } => None,
            };
            notices(labels.to_vec()).into_iter().filter_map(variant).collect()
        };
        let pair = |a: &str, b: &str| vec![(a.to_owned(), b.to_owned())];
        assert_eq!(variants(&[("Sports", 50), ("sports", 20)]), pair("sports", "Sports"));
        assert_eq!(variants(&[("sci tech", 50), ("sci-tech ", 3)]), pair("sci-tech ", "sci tech"));
        assert_eq!(variants(&[("business", 50), ("busines", 2)]), pair("busines", "business"));
        assert_eq!(
            variants(&[("pos", 50), ("neg", 50), ("1", 1), ("2", 60), ("1.0", 9), ("10", 2)]),
            []
        );
        assert_eq!(variants(&[("grain", 50), ("train", 48)]), []);
        assert_eq!(
            notices(vec![("rare", 1), ("much", 9)]),
            [LabelNotice::SingleRow { label: "rare".into() }]
        );
    }
}
