//! One row of a data set.

use serde::Serialize;

use super::place::Place;

/// One document, with its label where the data has one.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The text columns in the order they were asked for; most data has one.
    pub fields: Vec<String>,
    /// The label, unless it was ignored or is missing.
    pub label: Option<RawLabel>,
    /// Where the record begins.
    pub place: Place,
    /// Every column with its value, only under [`Columns::Keep`](crate::data::readers::Columns::Keep).
    pub columns: Vec<(String, serde_json::Value)>,
}

impl Record {
    /// Bytes of text in all fields.
    pub fn text_bytes(&self) -> usize {
        self.fields.iter().map(String::len).sum()
    }

    /// Whether it has a label, and not an empty list of them.
    pub fn is_labelled(&self) -> bool {
        self.label.as_ref().is_some_and(|label| !label.names().is_empty())
    }

    /// Whether no field holds anything but white space.
    pub fn is_blank(&self) -> bool {
        self.fields.iter().all(|field| field.trim().is_empty())
    }
}

/// A label as the file has it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(untagged)]
pub enum RawLabel {
    /// One class, or one number.
    One(String),
    /// Any number of classes, none included: a JSON array, or a cell split at a delimiter.
    Many(Vec<String>),
}

impl From<String> for RawLabel {
    fn from(name: String) -> Self {
        Self::One(name)
    }
}

impl From<&str> for RawLabel {
    fn from(name: &str) -> Self {
        Self::One(name.to_owned())
    }
}

impl From<f64> for RawLabel {
    fn from(value: f64) -> Self {
        Self::One(value.to_string())
    }
}

impl<S: Into<String>> From<Vec<S>> for RawLabel {
    fn from(names: Vec<S>) -> Self {
        Self::Many(names.into_iter().map(Into::into).collect())
    }
}

impl RawLabel {
    /// The names in this label.
    pub fn names(&self) -> &[String] {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::Many(names) => names,
        }
    }
}
