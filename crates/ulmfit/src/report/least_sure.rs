//! Right answers that were close: texts between two labels.

use super::QuotedRow;
use super::mistake::joined;
use crate::data::labels::{LabelSet, Target, predicted_labels};
use crate::data::{DataError, Record};
use crate::model::scoring::argmax;

/// At most `most` rows that were predicted right, with their numbers, the least confident first; none
/// for numbers.
///
/// `rows` are the model's probabilities, one row per record. With several labels per text, a row is as
/// sure as its least certain label.
///
/// # Errors
/// [`DataError`] when a record has no label, or one that is not in `labels`.
pub fn least_sure(
    labels: &LabelSet,
    records: &[Record],
    rows: &[Vec<f32>],
    most: usize,
) -> Result<Vec<(usize, QuotedRow)>, DataError> {
    let mut found = Vec::new();
    for (at, (record, row)) in records.iter().zip(rows).enumerate() {
        if let Some((classes, confidence)) = right(&labels.target(record)?, row) {
            found.push((at, classes, confidence));
        }
    }
    // a stable sort, so that rows decide between equals
    found.sort_by(|a, b| a.2.total_cmp(&b.2));
    let quoted = |(at, classes, confidence): (usize, Vec<u32>, f64)| {
        let label = joined(labels.names(), &classes);
        (at, QuotedRow::new(&records[at], label.clone(), label, Some(confidence)))
    };
    Ok(found.into_iter().take(most).map(quoted).collect())
}

/// The classes of a row that was predicted right, and how sure of them the model is.
fn right(target: &Target, row: &[f32]) -> Option<(Vec<u32>, f64)> {
    match target {
        Target::Class(class) => {
            let guess = argmax(row);
            (guess == *class as usize).then(|| (vec![*class], f64::from(row[guess])))
        }
        Target::Classes(classes) => {
            let chosen = predicted_labels(row);
            let sure = row.iter().map(|&p| f64::from(p.max(1.0 - p))).reduce(f64::min)?;
            (chosen == *classes).then_some((chosen, sure))
        }
        Target::Value(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::labels::{LabelOptions, Task};
    use crate::data::{Place, RawLabel};
    use std::path::Path;
    use std::sync::Arc;

    fn record(line: u64, label: RawLabel) -> Record {
        let place = Place::new(&Arc::from(Path::new("/home/me/rows.csv")), line);
        let fields = vec![format!("text {line}")];
        Record { fields, label: Some(label), place, columns: Vec::new() }
    }

    fn places(found: &[(usize, QuotedRow)]) -> Vec<String> {
        found.iter().map(|(_, row)| row.place.to_string()).collect()
    }

    #[test]
    fn close_answers_come_first_and_mistakes_not_at_all() {
        let label = |name: &str| RawLabel::One(name.to_owned());
        let records: Vec<Record> =
            ["a", "b", "a", "b"].iter().zip(2..).map(|(name, n)| record(n, label(name))).collect();
        let labels = LabelSet::from_records(&records, &LabelOptions::default()).unwrap();
        let rows = [vec![0.9, 0.1], vec![0.8, 0.2], vec![0.6, 0.4], vec![0.1, 0.9]];
        let found = least_sure(&labels, &records, &rows, 9).unwrap();
        assert_eq!(places(&found), ["rows.csv:4", "rows.csv:2", "rows.csv:5"]);
        let (at, row) = &found[0];
        assert_eq!((*at, &*row.label, &*row.guess, row.row), (2, "a", "a", 4));
        assert_eq!(row.confidence, Some(f64::from(0.6_f32)));
        assert_eq!(least_sure(&labels, &records, &rows, 1).unwrap().len(), 1);
    }

    #[test]
    fn of_several_labels_the_least_certain_counts() {
        let several =
            |names: &[&str]| RawLabel::Many(names.iter().map(|name| (*name).to_owned()).collect());
        let records =
            [record(1, several(&["a"])), record(2, several(&["a", "b"])), record(3, several(&[]))];
        let labels = LabelSet::from_records(&records, &LabelOptions::default()).unwrap();
        let rows = [vec![0.875, 0.25], vec![0.875, 0.25], vec![0.125, 0.375]];
        let found = least_sure(&labels, &records, &rows, 9).unwrap();
        assert_eq!(places(&found), ["rows.csv:3", "rows.csv:1"]);
        let said = |n: usize| (&*found[n].1.label, found[n].1.confidence);
        assert_eq!((said(0), said(1)), (("none", Some(0.625)), ("a", Some(0.75))));
    }

    #[test]
    fn numbers_are_neither_right_nor_wrong() {
        let records =
            [record(1, RawLabel::One("1.5".into())), record(2, RawLabel::One("2".into()))];
        let options = LabelOptions { task: Task::Regression, ..LabelOptions::default() };
        let labels = LabelSet::from_records(&records, &options).unwrap();
        assert!(least_sure(&labels, &records, &[vec![1.5], vec![2.0]], 9).unwrap().is_empty());
    }
}
