//! The rows that a classifier predicts wrong, as CSV.

use crate::csv_style::CsvStyle;
use crate::own_columns::of_column;
use crate::shortened::shortened;
use crate::whole_file::{Existing, WholeFile};
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::Path;
use ulmfit::data::Record;
use ulmfit::data::readers::ColumnUse;
use ulmfit::report::{QuotedRow, Table};

/// Added columns; `record` counts the records of the data from 1, `line` the lines of `file`, `row` the
/// rows of a spreadsheet, its header included.
const OURS: [&str; 8] =
    ["record", "file", "line", "row", "text", "label", "prediction", "confidence"];

/// A CSV file that appears complete or not at all.
pub(crate) struct MistakeTable(WholeFile);

impl MistakeTable {
    /// Claims the place of the file, before hours of work.
    pub(crate) fn create(path: &Path) -> anyhow::Result<Self> {
        Ok(Self(WholeFile::create(path, Existing::Refuse { hint: "remove it" })?))
    }

    /// Writes one row per mistake: the columns that are neither text nor label, then the added ones.
    pub(crate) fn write(
        self,
        columns: &ColumnUse,
        records: &[Record],
        mistakes: &[(usize, QuotedRow)],
    ) -> anyhow::Result<()> {
        let others = &columns.unread;
        let mut prefix = String::new();
        while OURS.iter().any(|ours| others.contains(&format!("{prefix}{ours}"))) {
            prefix.push_str("mistake_");
        }
        let mut writer = CsvStyle::of(columns).writer(self.0)?;
        let header = OURS.iter().map(|ours| format!("{prefix}{ours}"));
        writer.write_record(others.iter().cloned().chain(header))?;
        for (at, mistake) in mistakes {
            let record = &records[*at];
            let mut cells: Vec<String> =
                others.iter().map(|name| of_column(record, name)).collect();
            cells.extend([
                (at + 1).to_string(),
                record.place.file.display().to_string(),
                record.place.line.to_string(),
                mistake.row.to_string(),
                mistake.text.clone(),
                mistake.label.clone(),
                mistake.guess.clone(),
                mistake.confidence.map(|p| p.to_string()).unwrap_or_default(),
            ]);
            writer.write_record(&cells)?;
        }
        writer.into_inner().map_err(csv::IntoInnerError::into_error)?.finish()
    }
}

/// Mistakes that are listed for a person.
const LISTED: usize = 10;
/// Characters of their texts.
const SHOWN: usize = 60;

/// The first mistakes as a table under their heading; nothing if there are none.
pub(crate) fn mistakes_in_words(mistakes: &[(usize, QuotedRow)]) -> anyhow::Result<String> {
    if mistakes.is_empty() {
        return Ok(String::new());
    }
    let mut table = Table::new(["place", "actual", "predicted", "confidence", "text"]);
    for (_, mistake) in mistakes.iter().take(LISTED) {
        table.row([
            mistake.place.to_string(),
            mistake.label.clone(),
            mistake.guess.clone(),
            mistake.confidence.map(|p| format!("{p:.3}")).unwrap_or_default(),
            shortened(&mistake.text, SHOWN),
        ]);
    }
    let (all, listed) = (mistakes.len(), mistakes.len().min(LISTED));
    let title = if all > listed {
        format!("{listed} of {all} mistakes, the most confident first; --mistakes FILE has all")
    } else {
        "mistakes, the most confident first".to_owned()
    };
    let mut text = String::new();
    write!(text, "\n{title}\n{table}")?;
    Ok(text)
}

/// All mistakes, each with the columns that are neither text nor label.
pub(crate) fn mistakes_as_json(
    columns: &ColumnUse,
    records: &[Record],
    mistakes: &[(usize, QuotedRow)],
) -> Vec<Value> {
    let one = |(at, mistake): &(usize, QuotedRow)| {
        let record = &records[*at];
        let own = record.columns.iter().filter(|(name, _)| columns.unread.contains(name));
        let own: serde_json::Map<String, Value> = own.cloned().collect();
        json!({
            "record": at + 1,
            "file": record.place.file.display().to_string(),
            "line": record.place.line,
            "row": mistake.row,
            "columns": own,
            "text": mistake.text,
            "label": mistake.label,
            "prediction": mistake.guess,
            "confidence": mistake.confidence,
        })
    };
    mistakes.iter().map(one).collect()
}
