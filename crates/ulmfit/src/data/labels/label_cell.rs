//! A label cell to a label.

use serde_json::Value;

use crate::data::error::DataError;
use crate::data::place::Place;
use crate::data::readers::{LabelUse, ReadOptions, Warnings};
use crate::data::record::RawLabel;

/// How label cells are understood in one file.
#[derive(Clone, Copy)]
pub(crate) struct LabelCell {
    wanted: LabelUse,
    delimiter: Option<char>,
}

impl LabelCell {
    pub(crate) fn new(options: &ReadOptions) -> Self {
        Self { wanted: options.labels, delimiter: options.label_delimiter }
    }

    /// A cell of text; blank means none, unless cells are lists.
    pub(crate) fn text(
        self,
        cell: &str,
        place: &Place,
        warnings: &mut Warnings,
    ) -> Result<Option<RawLabel>, DataError> {
        match self.delimiter {
            Some(delimiter) => {
                let names = cell.split(delimiter).map(str::trim).filter(|name| !name.is_empty());
                Ok(Some(RawLabel::Many(names.map(str::to_owned).collect())))
            }
            None if cell.trim().is_empty() => self.missing(place, warnings),
            None => Ok(Some(RawLabel::One(cell.trim().to_owned()))),
        }
    }

    /// A JSON value.
    pub(crate) fn value(
        self,
        value: Option<&Value>,
        place: &Place,
        warnings: &mut Warnings,
    ) -> Result<Option<RawLabel>, DataError> {
        match value {
            None | Some(Value::Null) => self.missing(place, warnings),
            Some(value) => match (raw(value, place), self.wanted) {
                (Ok(RawLabel::One(cell)), _) => self.text(&cell, place, warnings),
                (Ok(label), _) => Ok(Some(label)),
                // A guessed column that holds no labels must not stop a prediction.
                (Err(_), LabelUse::Optional) => self.missing(place, warnings),
                (Err(error), _) => Err(error),
            },
        }
    }

    /// No label at all.
    pub(crate) fn missing(
        self,
        place: &Place,
        warnings: &mut Warnings,
    ) -> Result<Option<RawLabel>, DataError> {
        match self.wanted {
            LabelUse::Required => Err(DataError::MissingLabel { place: place.clone() }),
            LabelUse::Optional => {
                warnings.unlabelled.add(place);
                Ok(None)
            }
            LabelUse::Ignored => Ok(None),
        }
    }
}

fn raw(value: &Value, place: &Place) -> Result<RawLabel, DataError> {
    match value {
        Value::Array(values) => {
            let names = values.iter().map(|value| scalar(value, place)).collect::<Result<_, _>>();
            names.map(RawLabel::Many)
        }
        value => scalar(value, place).map(RawLabel::One),
    }
}

fn scalar(value: &Value, place: &Place) -> Result<String, DataError> {
    match value {
        Value::String(name) => Ok(name.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(truth) => Ok(truth.to_string()),
        other => Err(DataError::BadLabel { place: place.clone(), found: kind(other) }),
    }
}

/// What a JSON value is, for messages.
pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
