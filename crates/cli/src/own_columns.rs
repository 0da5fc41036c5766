//! The columns that a record brings along, as cells of a table.

use serde_json::Value;
use ulmfit::data::Record;

/// A column of a record; empty where it is absent or null.
pub(crate) fn of_column(record: &Record, name: &str) -> String {
    let value = record.columns.iter().find(|(other, _)| other == name);
    value.map_or_else(String::new, |(_, value)| cell(value))
}

/// A value as the cell of a table; empty for null.
pub(crate) fn cell(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
