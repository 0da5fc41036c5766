//! `scored.csv`: every labelled row with its prediction.

use super::excerpt::excerpt;
use super::mistake::Wrong;
use crate::data::labels::{LabelKind, LabelSet, Target, predicted_labels};
use crate::data::{DataError, Record};
use crate::model::scoring::argmax;

/// Names of our columns, before the probabilities.
const OURS: [&str; 7] = ["place", "text", "label", "prediction", "confidence", "right", "fold"];
/// What they begin with where the data has one of them.
const PREFIX: &str = "scored_";

/// Names of our columns, which stand behind those of the data.
pub(super) fn our_columns(labels: &LabelSet) -> Vec<String> {
    let probabilities = labels.names().iter().map(|name| format!("p({name})"));
    OURS.iter().map(|name| (*name).to_owned()).chain(probabilities).collect()
}

/// A CSV file: columns of the data that are not among `left_out`, then where each row is from, the
/// beginning of its text, its label, its prediction, the fold it was held out in, from 1, and the
/// probability of each label; a number has none.
///
/// If a column of the data has the name of one of ours, all of ours begin with `scored_`.
///
/// # Errors
/// [`DataError`] when a record has no label.
pub fn scored_csv(
    labels: &LabelSet,
    records: &[Record],
    rows: &[Vec<f32>],
    folds: &[usize],
    left_out: &[String],
) -> Result<Vec<u8>, DataError> {
    let names = records.first().map_or(&[][..], |record| &record.columns[..]);
    let own: Vec<&String> =
        names.iter().map(|(name, _)| name).filter(|name| !left_out.contains(name)).collect();
    let ours = our_columns(labels);
    let mut prefix = String::new();
    while ours.iter().any(|name| own.iter().any(|column| **column == format!("{prefix}{name}"))) {
        prefix.push_str(PREFIX);
    }
    let head = own.iter().map(|name| (*name).clone());
    let head = head.chain(ours.iter().map(|name| format!("{prefix}{name}")));
    let mut text = line(&head.collect::<Vec<_>>());
    for ((record, row), fold) in records.iter().zip(rows).zip(folds) {
        let of = |name: &&String| {
            let found = record.columns.iter().find(|(other, _)| other == *name);
            found.map_or_else(String::new, |(_, value)| match value {
                serde_json::Value::String(text) => text.clone(),
                serde_json::Value::Null => String::new(),
                other => other.to_string(),
            })
        };
        let mut cells: Vec<String> = own.iter().map(of).collect();
        let target = labels.target(record)?;
        let joined = |classes: &[u32]| {
            let names: Vec<&str> =
                classes.iter().map(|&n| labels.names()[n as usize].as_str()).collect();
            names.join(", ")
        };
        let wrong = Wrong::of(labels.names(), &target, row);
        let (label, guess, confidence) = match (&target, labels.kind()) {
            (Target::Class(class), _) => {
                let best = argmax(row);
                (joined(&[*class]), joined(&[best as u32]), row[best].to_string())
            }
            (Target::Classes(classes), LabelKind::Multi) => {
                (joined(classes), joined(&predicted_labels(row)), String::new())
            }
            (Target::Value(value), _) => (value.to_string(), row[0].to_string(), String::new()),
            (Target::Classes(_), _) => unreachable!("only a multi-label set gives lists"),
        };
        let right = match target {
            Target::Value(_) => String::new(),
            _ => wrong.is_none().to_string(),
        };
        cells.extend([
            record.place.without_folder().file_and_line(),
            excerpt(&record.fields.join(" ")),
            label,
            guess,
            confidence,
            right,
            (fold + 1).to_string(),
        ]);
        // none of a number, which has no names
        cells.extend(labels.names().iter().zip(row).map(|(_, p)| p.to_string()));
        text += &line(&cells);
    }
    Ok(text.into_bytes())
}

/// A row of CSV (RFC 4180).
fn line(cells: &[String]) -> String {
    let quoted = cells.iter().map(|cell| {
        if cell.contains(['"', ',', '\n', '\r']) {
            format!("\"{}\"", cell.replace('"', "\"\""))
        } else {
            cell.clone()
        }
    });
    quoted.collect::<Vec<_>>().join(",") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Place, RawLabel};
    use std::path::Path;
    use std::sync::Arc;

    #[test]
    fn every_row_is_there_with_its_own_columns() {
        let record = |line: u64, id: &str, label: &str| Record {
            fields: vec![format!("a \"text\", {id}")],
            label: Some(RawLabel::One(label.to_owned())),
            place: Place::new(&Arc::from(Path::new("/home/me/rows.csv")), line),
            columns: vec![
                ("id".to_owned(), id.into()),
                ("body".to_owned(), "x".into()),
                ("fold".to_owned(), serde_json::Value::Null),
            ],
        };
        let records = [record(2, "7", "a"), record(3, "8", "b")];
        let labels = LabelSet::from_names(LabelKind::Single, vec!["a".into(), "b".into()]);
        let rows = [vec![0.75, 0.25], vec![0.5, 0.5]];
        let left_out = ["body".to_owned()];
        let found = scored_csv(&labels, &records, &rows, &[0, 1], &left_out).unwrap();
        assert_eq!(
            String::from_utf8(found).unwrap(),
            "id,fold,scored_place,scored_text,scored_label,scored_prediction,scored_confidence,\
             scored_right,scored_fold,scored_p(a),scored_p(b)\n\
             7,,rows.csv:2,\"a \"\"text\"\", 7\",a,a,0.75,true,1,0.75,0.25\n\
             8,,rows.csv:3,\"a \"\"text\"\", 8\",b,a,0.5,false,2,0.5,0.5\n"
        );
    }
}
