//! `scored.csv` read again, as the probabilities of rows that are at hand.

use super::excerpt::excerpt;
use super::scored_rows::our_columns;
use crate::data::labels::LabelSet;
use crate::data::readers::{
    Columns, Delimiter, EncodingErrors, Format, Header, LabelUse, Quotes, ReadOptions, open,
};
use crate::data::{DataError, Place, RawLabel, Record};
use serde_json::Value;
use std::path::Path;

/// The probabilities of `records` in a file that [`scored_csv`](super::scored_csv) has made of them,
/// one row each, in the order of `labels`.
///
/// # Errors
/// [`DataError`] when the file cannot be read, or was made of other rows: their number, a text or a
/// label differs.
pub fn read_scored(
    path: &Path,
    labels: &LabelSet,
    records: &[Record],
) -> Result<Vec<Vec<f32>>, DataError> {
    let options = ReadOptions {
        text: vec!["1".to_owned()], // any: all columns are kept
        format: Some(Format::Csv),
        header: Header::Present,
        delimiter: Some(Delimiter::COMMA),
        quotes: Quotes::Enclose,
        encoding_errors: EncodingErrors::Fail,
        labels: LabelUse::Ignored,
        columns: Columns::Keep,
        ..ReadOptions::default()
    };
    let ours = our_columns(labels);
    let mut rows = Vec::with_capacity(records.len());
    for (at, scored) in open(path, &options)?.enumerate() {
        let scored = scored?;
        let Some(record) = records.get(at) else {
            return Err(other_count(path, records.len()));
        };
        let found = columns(path, &scored, &ours)?;
        let cell = |name: &str| {
            let at = ours.iter().position(|ours| ours == name);
            at.map_or("", |at| text_of(&found[at].1))
        };
        let label = record.label.as_ref().map(RawLabel::names).unwrap_or_default().join(", ");
        if cell("place") != record.place.without_folder().file_and_line()
            || cell("text") != excerpt(&record.fields.join(" "))
            || cell("label") != label
        {
            let (place, scored) = (record.place.clone(), scored.place);
            return Err(DataError::ScoredOther { place, scored });
        }
        let cells = &found[ours.len() - labels.names().len()..];
        let row = cells.iter().map(|(_, value)| probability(text_of(value), &scored.place));
        rows.push(row.collect::<Result<Vec<f32>, DataError>>()?);
    }
    if rows.len() < records.len() {
        return Err(other_count(path, records.len()));
    }
    Ok(rows)
}

/// Our columns, which are the last; their names may have been made longer.
fn columns<'a>(
    path: &Path,
    scored: &'a Record,
    ours: &[String],
) -> Result<&'a [(String, Value)], DataError> {
    let found = &scored.columns[scored.columns.len().saturating_sub(ours.len())..];
    let prefix = found.first().and_then(|(name, _)| name.strip_suffix(ours[0].as_str()));
    let fits = prefix.is_some_and(|prefix| {
        let names = found.iter().map(|(name, _)| name.strip_prefix(prefix));
        names.eq(ours.iter().map(|name| Some(name.as_str())))
    });
    if fits { Ok(found) } else { Err(DataError::NotScored { path: path.to_owned() }) }
}

fn text_of(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn probability(cell: &str, place: &Place) -> Result<f32, DataError> {
    let found = cell.parse::<f32>().ok().filter(|p| (0.0..=1.0).contains(p));
    found.ok_or_else(|| DataError::NotAProbability { place: place.clone(), cell: cell.to_owned() })
}

fn other_count(path: &Path, rows: usize) -> DataError {
    DataError::ScoredCount { path: path.to_owned(), rows }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::labels::LabelKind;
    use crate::report::scored_csv;
    use std::sync::Arc;

    fn records() -> Vec<Record> {
        let record = |line: u64, text: &str, label: &str| Record {
            fields: vec![text.to_owned()],
            label: Some(RawLabel::One(label.to_owned())),
            place: Place::new(&Arc::from(Path::new("/home/me/rows.csv")), line),
            columns: vec![("place".to_owned(), "here".into())],
        };
        vec![record(2, "a \"text\",\n7", "a"), record(4, "other", "b, c"), record(5, "", "a")]
    }

    fn read(records: &[Record], edit: impl Fn(String) -> String) -> Result<Vec<Vec<f32>>, String> {
        let labels = LabelSet::from_names(LabelKind::Single, vec!["a".into(), "b, c".into()]);
        let rows = [vec![0.75, 0.25], vec![0.1, 0.9], vec![1e-8, 1.0]];
        let made = scored_csv(&labels, &self::records(), &rows, &[0, 1, 0], &[]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scored.csv");
        std::fs::write(&path, edit(String::from_utf8(made).unwrap())).unwrap();
        read_scored(&path, &labels, records).map_err(|error| error.to_string())
    }

    #[test]
    fn the_same_numbers_come_back() {
        let found = read(&records(), |text| text).unwrap();
        assert_eq!(found, [vec![0.75, 0.25], vec![0.1, 0.9], vec![1e-8, 1.0]]);
    }

    #[test]
    fn other_rows_and_other_files_are_refused() {
        let refused = |records: &[Record], from: &str, to: &str| {
            read(records, |text| text.replace(from, to)).unwrap_err()
        };
        let mut fewer = records();
        fewer.pop();
        assert!(refused(&fewer, "", "").contains("2 rows"));
        let mut more = records();
        more.push(more[0].clone());
        assert!(refused(&more, "", "").contains("4 rows"));
        for field in ["text", "label"] {
            let mut other = records();
            match field {
                "text" => other[1].fields = vec!["another".into()],
                _ => other[1].label = Some("a".into()),
            }
            let found = refused(&other, "", "");
            assert!(found.starts_with("/home/me/rows.csv:4: "), "{found}");
        }
        assert!(refused(&records(), "p(a)", "q(a)").contains("not a table of scored rows"));
        assert!(refused(&records(), "0.75,", "1.75,").contains("is not a probability"));
    }
}
