//! The mistakes that a person should look at first.

use crate::data::labels::{LabelSet, Target};
use crate::data::{DataError, Place, Record};
use crate::model::scoring::argmax;
use serde::Serialize;

/// A row that was predicted wrong.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Mistake {
    /// The beginning of its text.
    pub text: String,
    /// Its file and line.
    pub place: String,
    /// Its label; with several labels per text, all of them, joined by commas.
    pub label: String,
    /// The prediction.
    pub guess: String,
    /// Probability of the prediction; with several labels, of the worst one; `None` for numbers.
    pub confidence: Option<f64>,
}

/// Characters of a text that are shown.
const EXCERPT: usize = 240;

/// At most `most` mistakes, the most confident (for numbers, the largest) first.
///
/// `rows` are the model's probabilities or values, one row per record.
///
/// # Errors
/// [`DataError`] when a record has no label, or one that is not in `labels`.
pub fn worst_mistakes(
    labels: &LabelSet,
    records: &[Record],
    rows: &[Vec<f32>],
    most: usize,
) -> Result<Vec<Mistake>, DataError> {
    let found = mistakes(labels, records, rows)?;
    Ok(found.into_iter().take(most).map(|(_, mistake)| mistake).collect())
}

/// All mistakes in that order, each with the position of its record.
///
/// # Errors
/// As [`worst_mistakes`].
pub fn mistakes(
    labels: &LabelSet,
    records: &[Record],
    rows: &[Vec<f32>],
) -> Result<Vec<(usize, Mistake)>, DataError> {
    let mut found = Vec::new();
    for (at, (record, row)) in records.iter().zip(rows).enumerate() {
        let wrong = Wrong::of(labels.names(), &labels.target(record)?, row);
        found.extend(wrong.map(|wrong| (at, wrong)));
    }
    // a stable sort, so that rows decide between equals
    found.sort_by(|a, b| b.1.weight.total_cmp(&a.1.weight));
    let mistake = |(at, wrong): (usize, Wrong)| {
        let mistake = Mistake {
            text: excerpt(&records[at].fields.join(" ")),
            place: short(&records[at].place),
            label: wrong.label,
            guess: wrong.guess,
            confidence: wrong.is_probability.then_some(wrong.weight),
        };
        (at, mistake)
    };
    Ok(found.into_iter().map(mistake).collect())
}

/// What is wrong with a prediction, and how much.
pub(super) struct Wrong {
    label: String,
    guess: String,
    weight: f64,
    is_probability: bool,
}

impl Wrong {
    pub(super) fn of(names: &[String], target: &Target, row: &[f32]) -> Option<Self> {
        let joined = |classes: &[u32]| {
            let names: Vec<&str> = classes.iter().map(|&n| names[n as usize].as_str()).collect();
            if names.is_empty() { "none".to_owned() } else { names.join(", ") }
        };
        match target {
            Target::Class(class) => {
                let guess = argmax(row);
                (guess != *class as usize).then(|| Self {
                    label: names[*class as usize].clone(),
                    guess: names[guess].clone(),
                    weight: f64::from(row[guess]),
                    is_probability: true,
                })
            }
            Target::Classes(classes) => {
                let outputs = 0..row.len() as u32;
                let guesses: Vec<u32> = outputs.filter(|&n| row[n as usize] >= 0.5).collect();
                // of a label that the model does not know it is sure that it is absent
                let sure = (0..names.len()).filter_map(|n| {
                    let p = row.get(n).map_or(0.0, |&p| f64::from(p));
                    let wanted = classes.contains(&(n as u32));
                    (wanted != (p >= 0.5)).then_some(if wanted { 1.0 - p } else { p })
                });
                let weight = sure.reduce(f64::max)?;
                let (label, guess) = (joined(classes), joined(&guesses));
                Some(Self { label, guess, weight, is_probability: true })
            }
            Target::Value(value) => {
                let guess = f64::from(row[0]);
                let (label, weight) = (value.to_string(), (value - guess).abs());
                Some(Self { label, guess: format!("{guess:.4}"), weight, is_probability: false })
            }
        }
    }
}

/// The beginning of a text on one line.
pub(super) fn excerpt(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(EXCERPT) {
        Some((end, _)) => line[..end].trim_end().to_owned() + "…",
        None => line,
    }
}

/// Without the folder, which should not be passed on with a report.
pub(super) fn short(place: &Place) -> String {
    let file = place.file.file_name().map_or_else(
        || place.file.display().to_string(),
        |name| name.to_string_lossy().into_owned(),
    );
    format!("{file}:{}", place.line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::RawLabel;
    use crate::data::labels::{LabelOptions, Task};
    use std::path::Path;
    use std::sync::Arc;

    fn record(line: u64, text: &str, label: RawLabel) -> Record {
        let place = Place::new(&Arc::from(Path::new("/home/me/rows.csv")), line);
        Record { fields: vec![text.to_owned()], label: Some(label), place, columns: Vec::new() }
    }

    fn one(label: &str) -> RawLabel {
        RawLabel::One(label.to_owned())
    }

    fn many(labels: &[&str]) -> RawLabel {
        RawLabel::Many(labels.iter().map(|label| (*label).to_owned()).collect())
    }

    #[test]
    fn the_surest_come_first_and_rows_decide_between_equals() {
        let rows =
            ["a", "b", "a", "b"].iter().zip(1..).map(|(label, n)| record(n, "t", one(label)));
        let records: Vec<Record> = rows.collect();
        let labels = LabelSet::from_records(&records, &LabelOptions::default()).unwrap();
        let rows = [vec![0.25, 0.75], vec![0.0, 1.0], vec![0.25, 0.75], vec![0.9, 0.1]];
        let found = worst_mistakes(&labels, &records, &rows, 9).unwrap();
        let places: Vec<&str> = found.iter().map(|m| m.place.as_str()).collect();
        assert_eq!(places, ["rows.csv:4", "rows.csv:1", "rows.csv:3"]);
        assert_eq!((found[1].label.as_str(), found[1].guess.as_str()), ("a", "b"));
        assert_eq!(found[1].confidence, Some(0.75));
        assert_eq!(worst_mistakes(&labels, &records, &rows, 1).unwrap().len(), 1);
    }

    #[test]
    fn of_several_labels_the_worst_counts() {
        let records = [record(1, "t", many(&["a", "b"])), record(2, "t", many(&["a"]))];
        let labels = LabelSet::from_records(&records, &LabelOptions::default()).unwrap();
        let rows = [vec![0.25, 0.125], vec![0.9, 0.1]];
        let found = worst_mistakes(&labels, &records, &rows, 9).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].label.as_str(), found[0].guess.as_str()), ("a, b", "none"));
        assert_eq!(found[0].confidence, Some(0.875));
    }

    #[test]
    fn numbers_are_far_off_or_near() {
        let records = [record(1, "t", one("1.5")), record(2, "t", one("-2"))];
        let options = LabelOptions { task: Task::Regression, ..LabelOptions::default() };
        let labels = LabelSet::from_records(&records, &options).unwrap();
        let found = worst_mistakes(&labels, &records, &[vec![1.0], vec![1.0]], 9).unwrap();
        assert_eq!((found[0].label.as_str(), found[0].guess.as_str()), ("-2", "1.0000"));
        assert_eq!(found[0].confidence, None);
    }

    #[test]
    fn an_excerpt_is_one_short_line() {
        assert_eq!(excerpt(" a\n b\t"), "a b");
        assert_eq!(excerpt(&"ä".repeat(EXCERPT)), "ä".repeat(EXCERPT));
        assert_eq!(excerpt(&"ä".repeat(EXCERPT + 1)), "ä".repeat(EXCERPT) + "…");
    }
}
