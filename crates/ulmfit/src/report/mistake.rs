//! The mistakes that a person should look at first.

use super::QuotedRow;
use crate::data::labels::{LabelSet, Target, predicted_labels};
use crate::data::{DataError, Record};
use crate::model::scoring::argmax;

/// All mistakes, the most confident (for numbers, the largest) first, each with the position of its
/// record.
///
/// `rows` are the model's probabilities or values, one row per record.
///
/// # Errors
/// [`DataError`] when a record has no label, or one that is not in `labels`.
pub fn mistakes(
    labels: &LabelSet,
    records: &[Record],
    rows: &[Vec<f32>],
) -> Result<Vec<(usize, QuotedRow)>, DataError> {
    let mut found = Vec::new();
    for (at, (record, row)) in records.iter().zip(rows).enumerate() {
        let wrong = Wrong::of(labels.names(), &labels.target(record)?, row);
        found.extend(wrong.map(|wrong| (at, wrong)));
    }
    // a stable sort, so that rows decide between equals
    found.sort_by(|a, b| b.1.weight.total_cmp(&a.1.weight));
    let mistake = |(at, wrong): (usize, Wrong)| {
        let confidence = wrong.is_probability.then_some(wrong.weight);
        (at, QuotedRow::new(&records[at], wrong.label, wrong.guess, confidence))
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
        let joined = |classes: &[u32]| joined(names, classes);
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
                let guesses = predicted_labels(row);
                // of a label that the model does not know it is sure that it is absent
                let sure = (0..names.len()).filter_map(|n| {
                    let p = row.get(n).map_or(0.0, |&p| f64::from(p));
                    let wanted = classes.contains(&(n as u32));
                    (wanted != guesses.contains(&(n as u32))).then_some(if wanted {
                        1.0 - p
                    } else {
                        p
                    })
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

/// Names of several labels in one cell.
pub(super) fn joined(names: &[String], classes: &[u32]) -> String {
    let names: Vec<&str> = classes.iter().map(|&n| names[n as usize].as_str()).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::labels::{LabelOptions, Task};
    use crate::data::{Place, RawLabel};
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

    /// At most `most` of them.
    fn worst_mistakes(
        labels: &LabelSet,
        records: &[Record],
        rows: &[Vec<f32>],
        most: usize,
    ) -> Result<Vec<QuotedRow>, DataError> {
        let found = mistakes(labels, records, rows)?;
        Ok(found.into_iter().take(most).map(|(_, mistake)| mistake).collect())
    }

    #[test]
    fn the_surest_come_first_and_rows_decide_between_equals() {
        let rows =
            ["a", "b", "a", "b"].iter().zip(1..).map(|(label, n)| record(n, "t", one(label)));
        let records: Vec<Record> = rows.collect();
        let labels = LabelSet::from_records(&records, &LabelOptions::default()).unwrap();
        let rows = [vec![0.25, 0.75], vec![0.0, 1.0], vec![0.25, 0.75], vec![0.9, 0.1]];
        let found = worst_mistakes(&labels, &records, &rows, 9).unwrap();
        let places: Vec<String> = found.iter().map(|m| m.place.to_string()).collect();
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
}
