//! Labels that deserve a second look.

use std::collections::HashMap;
use std::fmt;

use serde::Serialize;

use super::label_kind::LabelKind;
use crate::data::amounts;
use crate::data::list::list_at_most;
use crate::data::quality::distance;
use crate::setting::{Setting, Spelling};

/// Something about labels that deserves a look before training.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum LabelNotice {
    /// More than half of the rows have a label that no other row has: hardly classes.
    OwnLabels {
        /// Rows with a label that no other row has.
        single: usize,
        /// All rows.
        rows: usize,
        /// Whether all labels are numbers.
        numbers: bool,
    },
    /// Cells that hold a list as text.
    ListsAsText {
        /// The first one.
        label: String,
    },
    /// Cells that hold several labels with a delimiter between them, read as one label each.
    Joined {
        /// The first one.
        label: String,
        /// What stands between them.
        delimiter: char,
    },
    /// What programs write where a value is missing.
    MissingValue {
        /// The label.
        label: String,
        /// Rows with it.
        rows: usize,
    },
    /// All labels are numbers, some with decimals: perhaps values, not classes.
    Decimals {
        /// The first one with decimals.
        label: String,
    },
    /// One example cannot be in the training set and the test set.
    SingleRow {
        /// The labels with a single row.
        labels: Vec<String>,
    },
    /// Two labels that differ so little that one may be a typing error.
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

impl LabelNotice {
    /// The notice in one line.
    pub fn message(&self, spelling: Spelling) -> String {
        match self {
            Self::OwnLabels { single, rows, numbers } => {
                let of = if single == rows {
                    format!("all {rows}")
                } else {
                    format!("{single} of {rows}")
                };
                let column = spelling.with(Setting::Label, "COLUMN");
                let advice = if *numbers {
                    let regression = spelling.with(Setting::Task, "regression");
                    format!(
                        "is this the right column ({column}), or are numbers to be predicted \
                         ({regression})?"
                    )
                } else {
                    format!("is this the right column? See {column}")
                };
                format!("{of} rows have a unique label: {advice}")
            }
            Self::ListsAsText { label } => {
                let delimiter = spelling.with(Setting::LabelDelimiter, ",");
                format!(
                    "labels such as `{label}` look like lists: {delimiter} reads several labels from \
                     such a cell"
                )
            }
            Self::Joined { label, delimiter } => {
                let option = spelling.with(Setting::LabelDelimiter, &format!("'{delimiter}'"));
                format!(
                    "labels such as `{label}` look like several labels, but are read as one label each: \
                     {option} splits them"
                )
            }
            Self::MissingValue { label, rows } => format!(
                "`{label}` ({}) is a class here: remove these rows if it means that the label is \
                 missing",
                amounts::rows(*rows)
            ),
            Self::Decimals { label } => {
                let regression = spelling.with(Setting::Task, "regression");
                format!(
                    "all labels are numbers, some like `{label}`: {regression} predicts numbers"
                )
            }
            Self::SingleRow { labels } => format!(
                "{}, too few to train and to test on: {}",
                with_single_row(labels.len()),
                list_at_most(labels, 5)
            ),
            Self::Variant { label, rows, like, like_rows } => format!(
                "labels `{label}` ({}) and `{like}` ({}) may be the same",
                amounts::rows(*rows),
                amounts::rows(*like_rows)
            ),
        }
    }
}

impl fmt::Display for LabelNotice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message(Spelling::default()))
    }
}

/// What pandas, R, Python, SQL and Excel write where a value is missing; `none` is a common class.
const MISSING: [&str; 12] =
    ["nan", "NaN", "NAN", "NA", "N/A", "#N/A", "<NA>", "NaT", "None", "null", "Null", "NULL"];

fn looks_like_a_list(label: &str) -> bool {
    let label = label.trim();
    label.starts_with('[') && label.ends_with(']')
}

/// What may stand between several labels in a cell.
pub(super) const DELIMITERS: [char; 5] = ['|', ';', ',', '/', '+'];
/// Those of them that names rarely hold.
const RARE: [char; 2] = ['|', ';'];

/// Whether a label consists of known ones, with this delimiter between them.
pub(super) fn is_joined(label: &str, delimiter: char, is_known: impl Fn(&str) -> bool) -> bool {
    let mut parts = label.split(delimiter).map(str::trim);
    label.contains(delimiter) && parts.all(|part| !part.is_empty() && is_known(part))
}

/// The first label that seems to be several, and what stands between them.
///
/// Each of its parts must be a label by itself; between `|` and `;`, which names rarely hold, it is enough
/// that each is a part of another label.
fn joined<'a>(labels: &[(&'a str, usize)]) -> Option<(&'a str, char)> {
    let names: Vec<&str> = labels.iter().map(|(name, _)| name.trim()).collect();
    DELIMITERS.into_iter().find_map(|delimiter| {
        let is_rare = RARE.contains(&delimiter);
        let mut known: HashMap<&str, usize> = HashMap::new();
        for name in &names {
            let parts = if is_rare { name.split(delimiter).collect() } else { vec![*name] };
            parts.into_iter().for_each(|part| *known.entry(part.trim()).or_default() += 1);
        }
        let own = usize::from(is_rare); // a label's own parts count themselves
        let is_known = |part: &str| known.get(part) > Some(&own);
        let name = names.iter().find(|name| is_joined(name, delimiter, is_known))?;
        Some((*name, delimiter))
    })
}

fn with_single_row(labels: usize) -> String {
    if labels == 1 {
        "a label has a single row".to_owned()
    } else {
        format!("{labels} labels have a single row each")
    }
}

/// Labels that are hardly classes, single rows and spelling variants among labels with their rows.
///
/// Variants differ in case, spaces and punctuation alone, are the same number (`01`, `1.0` and `1`),
/// or differ by one edit if the rarer one has less than a tenth of the other's rows, or if a longer one
/// has a single row; short labels and numbers (`pos`/`neg`, `1`/`2`) are one edit apart by nature and
/// left alone.
pub(crate) fn notices(kind: LabelKind, labels: Vec<(&str, usize)>) -> Vec<LabelNotice> {
    const SHORTEST: usize = 4;
    const LONG: usize = 6;
    const SEVERAL: usize = 5; // rows beside which a single one is rare
    const MOST_COMPARED: usize = 2_000; // pairs grow with the square
    let mut found = Vec::new();
    if let Some((label, _)) = labels.iter().find(|(label, _)| looks_like_a_list(label)) {
        found.push(LabelNotice::ListsAsText { label: (*label).to_owned() });
        return found; // anything else follows from it
    }
    if kind == LabelKind::Single
        && let Some((label, delimiter)) = joined(&labels)
    {
        found.push(LabelNotice::Joined { label: label.to_owned(), delimiter });
        return found; // as above
    }
    for (label, rows) in labels.iter().filter(|(label, _)| MISSING.contains(&label.trim())) {
        found.push(LabelNotice::MissingValue { label: (*label).to_owned(), rows: *rows });
    }
    let single: Vec<String> = labels
        .iter()
        .filter(|(_, rows)| *rows == 1)
        .map(|(label, _)| (*label).to_owned())
        .collect();
    if kind == LabelKind::Single
        && let Some(notice) = no_classes(&labels, single.len())
    {
        let own_labels = matches!(notice, LabelNotice::OwnLabels { .. });
        found.push(notice);
        if own_labels {
            return found; // whatever else may be said of them follows from it
        }
    }
    if !single.is_empty() {
        found.push(LabelNotice::SingleRow { labels: single });
    }

    let mut by_rows = labels;
    by_rows.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let mut folded: HashMap<String, usize> = HashMap::new();
    for (at, (label, rows)) in by_rows.iter().enumerate() {
        let first = *folded.entry(fold(label)).or_insert(at);
        let close = |&other: &usize| {
            let (name, others) = by_rows[other];
            let length = label.chars().count();
            let single = *rows == 1 && others >= SEVERAL && length >= LONG;
            length >= SHORTEST
                && (rows * 10 < others || single)
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

/// Signs that a column does not have classes but identifiers, texts or values.
fn no_classes(labels: &[(&str, usize)], single: usize) -> Option<LabelNotice> {
    const FEW: usize = 20; // rows of which one cannot tell, unless all are of one kind
    let rows: usize = labels.iter().map(|(_, rows)| rows).sum();
    let number = |label: &str| label.trim().parse::<f64>().ok().filter(|value| value.is_finite());
    let numbers = labels.iter().all(|(label, _)| number(label).is_some());
    if rows > 0 && (single == rows || (rows >= FEW && single * 2 > rows)) {
        return Some(LabelNotice::OwnLabels { single, rows, numbers });
    }
    let has_decimals = |label: &str| number(label).is_some_and(|value| value.fract() != 0.0);
    let (label, _) = labels.iter().find(|(label, _)| numbers && has_decimals(label))?;
    Some(LabelNotice::Decimals { label: (*label).to_owned() })
}

/// The name that is another spelling of this label.
pub(crate) fn same_spelling<'a>(
    label: &str,
    names: impl IntoIterator<Item = &'a String>,
) -> Option<&'a String> {
    let folded = fold(label);
    names.into_iter().find(|name| fold(name) == folded)
}

/// A label without case, spaces and punctuation, or its number; one of signs only stays as it is.
fn fold(label: &str) -> String {
    let number = label.trim().parse::<f64>().ok().filter(|number| number.is_finite());
    if let Some(number) = number {
        return number.to_string();
    }
    let folded: String = label.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    if folded.is_empty() { label.to_owned() } else { folded }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_and_single_rows_are_noticed() {
        let variants = |labels: &[(&'static str, usize)]| -> Vec<(String, String)> {
            let variant = |notice| match notice {
                LabelNotice::Variant { label, like, .. } => Some((label, like)),
                _ => None,
            };
            notices(LabelKind::Single, labels.to_vec()).into_iter().filter_map(variant).collect()
        };
        let pair = |a: &str, b: &str| vec![(a.to_owned(), b.to_owned())];
        assert_eq!(variants(&[("Sports", 50), ("sports", 20)]), pair("sports", "Sports"));
        assert_eq!(variants(&[("sci tech", 50), ("sci-tech ", 3)]), pair("sci-tech ", "sci tech"));
        assert_eq!(variants(&[("business", 50), ("busines", 2)]), pair("busines", "business"));
        assert_eq!(
            variants(&[("pos", 50), ("neg", 50), ("1", 1), ("2", 60), ("-1", 9), ("10", 2)]),
            []
        );
        assert_eq!(variants(&[("1", 50), ("01", 20), ("2", 9)]), pair("01", "1"));
        assert_eq!(variants(&[("1", 50), ("1.0", 20), ("2", 9)]), pair("1.0", "1"));
        assert_eq!(variants(&[("true", 50), ("True", 20)]), pair("True", "true"));
        assert_eq!(variants(&[("shipping", 9), ("shiping", 1)]), pair("shiping", "shipping"));
        assert_eq!(variants(&[("grain", 9), ("train", 1)]), []);
        assert_eq!(variants(&[("grain", 50), ("train", 48)]), []);
        assert_eq!(
            notices(LabelKind::Single, vec![("rare", 1), ("much", 9)]),
            [LabelNotice::SingleRow { labels: vec!["rare".into()] }]
        );
    }

    fn texts(kind: LabelKind, labels: &[(&str, usize)]) -> Vec<String> {
        notices(kind, labels.to_vec()).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn missing_values_and_printed_lists_are_not_classes() {
        assert_eq!(
            texts(LabelKind::Single, &[("pos", 9), ("none", 9), ("nan", 2)]),
            [
                "`nan` (2 rows) is a class here: remove these rows if it means that the label is missing"
            ]
        );
        for label in ["NA", "None", "null", " NaN"] {
            let [line] = &texts(LabelKind::Multi, &[("pos", 9), (label, 5)])[..] else {
                panic!("one line for {label}")
            };
            assert!(line.starts_with(&format!("`{label}` (5 rows)")), "{line}");
        }
        let lists = [("['pos', 'odd']", 20), ("['pos']", 1), ("neg", 3)];
        let [line] = &texts(LabelKind::Single, &lists)[..] else { panic!("one line") };
        assert!(line.contains("`['pos', 'odd']`") && line.contains("label-delimiter"), "{line}");
    }

    #[test]
    fn several_labels_in_one_are_noticed() {
        let line = |labels: &[(&str, usize)]| texts(LabelKind::Single, labels).join("\n");
        let piped = line(&[("billing", 9), ("billing|returns", 2), ("returns", 8)]);
        assert!(piped.starts_with("labels such as `billing|returns` look like several"), "{piped}");
        assert!(piped.contains("label-delimiter = '|'"), "{piped}");
        let never_alone = [("a; b", 4), ("b; c", 4), ("a; c", 4)];
        assert!(line(&never_alone).contains("`a; b`"));
        assert!(line(&[("x", 9), ("y", 8), ("x, y", 3)]).contains("label-delimiter = ','"));
        for single in [
            &[("sci/tech", 9), ("world", 8), ("business", 7)][..],
            &[("a|b", 9), ("c|d", 8)],
            &[("food, drink", 9), ("drink, other", 7)],
            &[("|", 9), ("||", 7)],
        ] {
            assert_eq!(line(single), "", "{single:?}");
        }
        assert_eq!(texts(LabelKind::Multi, &[("a", 9), ("b", 9), ("a|b", 9)]), [""; 0]);
    }

    #[test]
    fn single_rows_are_one_line() {
        let names: Vec<String> = (0..7).map(|n| format!("rare-{n}")).collect();
        let mut labels: Vec<(&str, usize)> = names.iter().map(|name| (&**name, 1)).collect();
        labels.push(("much", 90));
        let line = "7 labels have a single row each, too few to train and to test on: `rare-0`, \
                    `rare-1`, `rare-2`, `rare-3`, `rare-4` and 2 more";
        assert_eq!(texts(LabelKind::Single, &labels), [line]);
        assert_eq!(texts(LabelKind::Multi, &labels), [line]);
    }

    #[test]
    fn a_column_of_something_else_is_one_line() {
        let ids: Vec<String> = (0..40).map(|n| format!("T-{n}")).collect();
        let mut labels: Vec<(&str, usize)> = ids.iter().map(|id| (&**id, 1)).collect();
        assert_eq!(
            texts(LabelKind::Single, &labels),
            ["all 40 rows have a unique label: is this the right column? See `label = COLUMN`"]
        );
        labels.push(("T-x", 30));
        assert!(
            texts(LabelKind::Single, &labels)[0].starts_with("40 of 70 rows have a unique label")
        );
        labels.push(("T-y", 30));
        assert!(texts(LabelKind::Single, &labels)[0].starts_with("40 labels have a single row"));
        assert!(texts(LabelKind::Multi, &labels)[0].starts_with("40 labels have a single row"));

        let values = ["0.81", "0.3", "2", "7e-1"].map(|value| (value, 1));
        let [line] = &texts(LabelKind::Single, &values)[..] else { panic!("one line") };
        assert!(line.starts_with("all 4 rows ") && line.contains("`task = regression`"), "{line}");
        let stars = ["0.5", "1.0", "1.5"].map(|value| (value, 20));
        assert_eq!(
            texts(LabelKind::Single, &stars),
            ["all labels are numbers, some like `0.5`: `task = regression` predicts numbers"]
        );
        let whole = ["1.0", "2.0", "3"].map(|value| (value, 20));
        assert_eq!(texts(LabelKind::Single, &whole), [""; 0]);
    }
}
