//! The texts of the data file, in memory.

use serde::Serialize;
use std::collections::HashMap;
use std::path::Path;
use ulmfit::data::readers::{Columns, LabelUse, Limits, ReadOptions, open};
use ulmfit::data::{DataError, RawLabel};

/// Rows that the page shows of a new file.
const SAMPLE: usize = 5;
/// Characters that it shows of a cell.
const CELL: usize = 160;

/// Which columns to read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Choice {
    /// Text columns; empty: guess.
    pub(super) text: Vec<String>,
    /// Label column.
    pub(super) label: LabelChoice,
}

/// Which column is the label.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum LabelChoice {
    /// The one that looks like it, if there is one.
    #[default]
    Guess,
    /// There is none.
    Absent,
    /// This one.
    Column(String),
}

/// A file of texts.
#[derive(Debug)]
pub(super) struct Table {
    /// Text columns; empty where columns have no names.
    pub(super) text: Vec<String>,
    /// The label column.
    pub(super) label: Option<String>,
    /// All columns, in the order of the file where that is known.
    pub(super) columns: Vec<String>,
    /// The first rows.
    pub(super) sample: Vec<Vec<String>>,
    /// All rows.
    pub(super) rows: Vec<Row>,
    /// Whether some text has several labels.
    pub(super) has_several: bool,
    /// Row by hash; of equal texts the first.
    by_id: HashMap<u64, usize>,
}

/// A text.
#[derive(Debug)]
pub(super) struct Row {
    /// One per text column.
    pub(super) fields: Vec<String>,
    /// What the file says.
    pub(super) label: Option<String>,
    /// Hash of the fields.
    pub(super) id: u64,
}

impl Row {
    /// The hash as the label log has it.
    pub(super) fn name(&self) -> String {
        format!("{:016x}", self.id)
    }

    /// Whether it belongs to the fifth of all texts that no model is trained on. It depends on the
    /// text alone, so that equal texts are on the same side.
    pub(super) fn is_for_test(&self) -> bool {
        self.id.is_multiple_of(5)
    }

    pub(super) fn is_blank(&self) -> bool {
        self.fields.iter().all(|field| field.trim().is_empty())
    }
}

/// Columns and rows as the page shows them.
#[derive(Debug, Serialize)]
pub(super) struct View<'a> {
    columns: &'a [String],
    text: &'a [String],
    label: &'a Option<String>,
    sample: &'a [Vec<String>],
    rows: usize,
    labelled: usize,
    has_several: bool,
}

impl Table {
    /// Reads a file.
    ///
    /// # Errors
    /// As [`open`].
    pub(super) fn read(path: &Path, choice: &Choice) -> Result<Self, DataError> {
        let options = ReadOptions {
            text: choice.text.clone(),
            label: match &choice.label {
                LabelChoice::Column(name) => Some(name.clone()),
                LabelChoice::Guess | LabelChoice::Absent => None,
            },
            labels: match choice.label {
                LabelChoice::Absent => LabelUse::Ignored,
                LabelChoice::Guess | LabelChoice::Column(_) => LabelUse::Optional,
            },
            ..ReadOptions::default()
        };
        let mut records = open(path, &options)?;
        let used = records.columns();
        let held = records.hold(&Limits::default())?;
        let mut has_several = false;
        let mut rows = Vec::with_capacity(held.len());
        for record in held {
            let label = match record.label {
                Some(RawLabel::One(label)) if !label.trim().is_empty() => Some(label),
                Some(RawLabel::Many(labels)) => {
                    has_several = true;
                    Some(labels.join(", "))
                }
                _ => None,
            };
            let id = id_of(&record.fields);
            rows.push(Row { fields: record.fields, label, id });
        }
        let mut by_id = HashMap::new();
        for (number, row) in rows.iter().enumerate() {
            by_id.entry(row.id).or_insert(number);
        }
        let label = used.label.filter(|_| choice.label != LabelChoice::Absent);
        let (columns, sample) = sample(path, &options)?;
        Ok(Self { text: used.text, label, columns, sample, rows, has_several, by_id })
    }

    /// Names of the text columns in files that are written.
    pub(super) fn text_names(&self) -> Vec<String> {
        let is_named = self.text.iter().all(|name| name.parse::<usize>().is_err());
        if is_named && !self.text.is_empty() {
            return self.text.clone();
        }
        match self.text.len() {
            0 | 1 => vec!["text".to_owned()],
            several => (1..=several).map(|n| format!("text{n}")).collect(),
        }
    }

    /// Name of the label column in files that are written.
    pub(super) fn label_name(&self) -> String {
        let named = self.label.clone().filter(|name| name.parse::<usize>().is_err());
        let mut name = named.unwrap_or_else(|| "label".to_owned());
        while self.text_names().contains(&name) {
            name.push('_');
        }
        name
    }

    /// The row that has this hash, as the label log has it.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        self.by_id(u64::from_str_radix(name, 16).ok()?)
    }

    /// The row that has this hash.
    pub(super) fn by_id(&self, id: u64) -> Option<usize> {
        self.by_id.get(&id).copied()
    }

    /// Whether an earlier row has the same text.
    pub(super) fn is_repeated(&self, number: usize) -> bool {
        self.by_id.get(&self.rows[number].id) != Some(&number)
    }

    /// Rows with a label in the file.
    pub(super) fn labelled(&self) -> usize {
        self.rows.iter().filter(|row| row.label.is_some()).count()
    }

    pub(super) fn view(&self) -> View<'_> {
        View {
            columns: &self.columns,
            text: &self.text,
            label: &self.label,
            sample: &self.sample,
            rows: self.rows.len(),
            labelled: self.labelled(),
            has_several: self.has_several,
        }
    }
}

/// All columns and the first rows, to choose columns by.
fn sample(
    path: &Path,
    options: &ReadOptions,
) -> Result<(Vec<String>, Vec<Vec<String>>), DataError> {
    let options = ReadOptions { columns: Columns::Keep, ..options.clone() };
    let first = open(path, &options)?.take(SAMPLE).collect::<Result<Vec<_>, _>>()?;
    let mut columns: Vec<String> = Vec::new();
    for (name, _) in first.iter().flat_map(|record| &record.columns) {
        if !columns.contains(name) {
            columns.push(name.clone());
        }
    }
    let cells = |record: &ulmfit::data::Record| {
        let cell = |name: &String| match record.columns.iter().find(|(other, _)| other == name) {
            Some((_, serde_json::Value::String(text))) => shortened(text),
            Some((_, other)) => shortened(&other.to_string()),
            None => String::new(),
        };
        if columns.is_empty() {
            return record.fields.iter().map(|field| shortened(field)).collect();
        }
        columns.iter().map(cell).collect()
    };
    let rows = first.iter().map(cells).collect();
    Ok((columns, rows))
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(CELL) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// Hash of a text's fields; their lengths keep `["a", "b"]` and `["ab", ""]` apart.
fn id_of(fields: &[String]) -> u64 {
    let mut hasher = blake3::Hasher::new();
    for field in fields {
        hasher.update(&(field.len() as u64).to_le_bytes());
        hasher.update(field.as_bytes());
    }
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
    u64::from_le_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_guessed_or_chosen_and_rows_keep_their_identity() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("notes.csv");
        let rows = "id,note,text,label\n1,x,\"a, b\",good\n2,y,c,\n3,z,\"a, b\",bad\n";
        std::fs::write(&path, rows).unwrap();
        let guessed = Table::read(&path, &Choice::default()).unwrap();
        assert_eq!(guessed.text, ["text"]);
        assert_eq!(guessed.label.as_deref(), Some("label"));
        assert_eq!(guessed.columns, ["id", "note", "text", "label"]);
        assert_eq!(guessed.sample[0], ["1", "x", "a, b", "good"]);
        assert_eq!(guessed.labelled(), 2);
        assert_eq!(guessed.find(&guessed.rows[2].name()), Some(0), "of equal texts the first");
        assert!(guessed.is_repeated(2) && !guessed.is_repeated(1));
        let text = vec!["note".to_owned(), "text".to_owned()];
        let chosen = Table::read(&path, &Choice { text, label: LabelChoice::Absent }).unwrap();
        assert_eq!(chosen.rows[1].fields, ["y", "c"]);
        assert_eq!((chosen.label.as_deref(), chosen.labelled()), (None, 0));
        assert_ne!(chosen.rows[1].id, guessed.rows[1].id);
    }

    #[test]
    fn a_file_of_lines_has_a_text_column_all_the_same() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("lines.txt");
        std::fs::write(&path, "one text\nanother text\n").unwrap();
        let table = Table::read(&path, &Choice::default()).unwrap();
        assert_eq!(table.rows.len(), 2);
        assert_eq!((table.text_names(), table.label_name()), (vec!["text".into()], "label".into()));
    }
}
