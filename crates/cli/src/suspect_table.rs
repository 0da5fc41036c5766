//! Rows whose label is probably wrong: for a person, as JSON, and as a CSV file to correct.

use crate::csv_style::CsvStyle;
use crate::own_columns::of_column;
use crate::shortened::shortened;
use crate::whole_file::WholeFile;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use ulmfit::data::readers::ColumnUse;
use ulmfit::data::{RawLabel, Record};
use ulmfit::labelling::suspects::{Suspect, Suspects};
use ulmfit::report::Table;

/// Added columns of the file.
const OURS: [&str; 6] =
    ["suspect", "suggested", "confidence", "given_confidence", "near_duplicates", "place"];
/// Characters of a text that are listed.
const SHOWN: usize = 60;
/// Characters of another cell that are listed.
const SHOWN_CELL: usize = 20;
/// Columns of the data that are listed.
const SHOWN_COLUMNS: usize = 2;

/// What was found, with the columns of the data.
pub(crate) struct SuspectTable<'a> {
    pub(crate) found: &'a Suspects,
    pub(crate) columns: &'a ColumnUse,
}

/// The columns of the written file that hold text and label.
#[derive(Debug, PartialEq)]
pub(crate) struct Written {
    pub(crate) text: Vec<String>,
    pub(crate) label: String,
}

impl SuspectTable<'_> {
    fn record(&self, suspect: &Suspect) -> &Record {
        &self.found.records[suspect.issue.row]
    }

    /// The first `most` as a table.
    pub(crate) fn in_words(&self, most: usize) -> String {
        let own = &self.columns.unread[..self.columns.unread.len().min(SHOWN_COLUMNS)];
        let heads = ["place"].into_iter().chain(own.iter().map(String::as_str));
        let listed = &self.found.found[..self.found.found.len().min(most)];
        let contradicted = listed.iter().any(|suspect| !suspect.contradicted_by.is_empty());
        let ours = ["label", "p(label)", "suggested", "p(suggested)"].into_iter();
        let ours = ours.chain(contradicted.then_some("near-duplicates say")).chain(["text"]);
        let mut table = Table::new(heads.chain(ours));
        for suspect in listed {
            let record = self.record(suspect);
            let mut cells = vec![record.place.to_string()];
            cells.extend(own.iter().map(|name| shortened(&of_column(record, name), SHOWN_CELL)));
            let others: BTreeSet<&str> =
                suspect.contradicted_by.iter().map(|&row| self.label(row)).collect();
            cells.extend([
                self.found.name(suspect.issue.given).to_owned(),
                format!("{:.3}", suspect.issue.given_probability),
                self.found.name(suspect.issue.suggested).to_owned(),
                format!("{:.3}", suspect.issue.suggested_probability),
            ]);
            cells.extend(contradicted.then(|| others.into_iter().collect::<Vec<_>>().join(", ")));
            cells.push(shortened(&record.fields.join(" "), SHOWN));
            table.row(cells);
        }
        table.to_string()
    }

    /// All of them.
    pub(crate) fn as_json(&self) -> Vec<Value> {
        let one = |suspect: &Suspect| {
            let record = self.record(suspect);
            let own = record.columns.iter().filter(|(name, _)| self.columns.unread.contains(name));
            let own: Map<String, Value> = own.cloned().collect();
            let duplicates = suspect.contradicted_by.iter().map(
                |&row| json!({ "place": self.found.records[row].place, "label": self.label(row) }),
            );
            json!({
                "place": record.place,
                "columns": own,
                "text": record.fields.join(" "),
                "label": self.found.name(suspect.issue.given),
                "suggested": self.found.name(suspect.issue.suggested),
                "confidence": suspect.issue.suggested_probability,
                "given_confidence": suspect.issue.given_probability,
                "near_duplicates": duplicates.collect::<Vec<Value>>(),
            })
        };
        self.found.found.iter().map(one).collect()
    }

    /// Writes all rows of the data with all their columns, the suspects first, then the others with the
    /// least probable label first, and says what the columns of text and label are called.
    pub(crate) fn write(&self, file: WholeFile) -> anyhow::Result<Written> {
        let records = &self.found.records;
        let own = OwnColumns::of(records, self.columns);
        let mut prefix = String::new();
        while OURS.iter().any(|ours| own.names.contains(&format!("{prefix}{ours}"))) {
            prefix.push_str("suspect_");
        }
        let mut writer = CsvStyle::of(self.columns).writer(file)?;
        let ours = OURS.iter().map(|ours| format!("{prefix}{ours}"));
        writer.write_record(own.names.iter().cloned().chain(ours))?;
        for (rank, suspect) in self.found.found.iter().enumerate() {
            let record = self.record(suspect);
            let mut cells = own.cells(record);
            let duplicates = suspect.contradicted_by.iter();
            let duplicates =
                duplicates.map(|&row| format!("{} {}", records[row].place, self.label(row)));
            cells.extend([
                (rank + 1).to_string(),
                self.found.name(suspect.issue.suggested).to_owned(),
                suspect.issue.suggested_probability.to_string(),
                suspect.issue.given_probability.to_string(),
                duplicates.collect::<Vec<_>>().join("; "),
                record.place.to_string(),
            ]);
            writer.write_record(&cells)?;
        }
        for issue in &self.found.others {
            let record = &records[issue.row];
            let mut cells = own.cells(record);
            cells.extend([
                String::new(),
                self.found.name(issue.suggested).to_owned(),
                issue.suggested_probability.to_string(),
                issue.given_probability.to_string(),
                String::new(),
                record.place.to_string(),
            ]);
            writer.write_record(&cells)?;
        }
        writer.into_inner().map_err(csv::IntoInnerError::into_error)?.finish()?;
        Ok(own.written)
    }

    fn label(&self, row: usize) -> &str {
        label(&self.found.records[row])
    }
}

/// The columns of the data in the written file.
struct OwnColumns {
    names: Vec<String>,
    /// Whether records carry them; otherwise they are texts and label.
    kept: bool,
    written: Written,
}

impl OwnColumns {
    fn of(records: &[Record], used: &ColumnUse) -> Self {
        // columns without names are called by their numbers, which a header may not be
        let unnamed = used.text.iter().chain(&used.label).any(|name| name.parse::<usize>().is_ok());
        if let (Some(label), false) = (&used.label, unnamed || records[0].columns.is_empty()) {
            let mut names: Vec<String> = Vec::new();
            for (name, _) in records.iter().flat_map(|record| &record.columns) {
                // objects of JSON lines may have more columns than the first
                if !names.contains(name) {
                    names.push(name.clone());
                }
            }
            let written = Written { text: used.text.clone(), label: label.clone() };
            return Self { names, kept: true, written };
        }
        let text: Vec<String> = match records[0].fields.len() {
            1 => vec!["text".to_owned()],
            count => (1..=count).map(|n| format!("text{n}")).collect(),
        };
        let label = "label".to_owned();
        let names = text.iter().chain([&label]).cloned().collect();
        Self { names, kept: false, written: Written { text, label } }
    }

    fn cells(&self, record: &Record) -> Vec<String> {
        if self.kept {
            return self.names.iter().map(|name| of_column(record, name)).collect();
        }
        record.fields.iter().cloned().chain([label(record).to_owned()]).collect()
    }
}

fn label(record: &Record) -> &str {
    let names = record.label.as_ref().map(RawLabel::names).unwrap_or_default();
    names.first().map_or("", String::as_str)
}

/// A command that trains on the corrected file.
pub(crate) fn next_command(file: &Path, written: &Written) -> String {
    let quoted = |text: &str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
        if !text.is_empty() && text.chars().all(plain) {
            text.to_owned()
        } else {
            format!("'{}'", text.replace('\'', r"'\''"))
        }
    };
    let text = written.text.iter().map(|name| format!(" --text {}", quoted(name)));
    let file = quoted(&file.display().to_string());
    format!(
        "ulmfit fit {file}{} --label {} -o MODEL",
        text.collect::<String>(),
        quoted(&written.label)
    )
}
