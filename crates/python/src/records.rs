//! Rows from Python: texts, and labels where there are any.

use crate::documents::{Column, Documents};
use crate::errors;
use pyo3::prelude::*;
use std::path::Path;
use std::sync::Arc;
use ulmfit::data::{Place, RawLabel, Record};

/// A label: one name, or several.
#[derive(FromPyObject)]
pub(crate) enum Label {
    One(String),
    Many(Vec<String>),
}

impl From<Label> for RawLabel {
    fn from(label: Label) -> Self {
        match label {
            Label::One(name) => Self::One(name),
            Label::Many(names) => Self::Many(names),
        }
    }
}

/// Labelled documents.
pub(crate) type Labelled = (Vec<Column>, Vec<Label>);

/// Rows of some columns of texts; `labels` has one for each row.
///
/// # Errors
/// `DataError` if there are more or fewer labels than rows, and as [`Documents::new`].
pub(crate) fn records(
    py: Python<'_>,
    columns: Vec<Column>,
    labels: Option<Vec<Label>>,
) -> PyResult<Vec<Record>> {
    let documents = Documents::new(py, columns)?;
    let count = documents.len();
    if let Some(labels) = labels.as_ref().filter(|labels| labels.len() != count) {
        let message = format!("X has {count} rows, y has {}", labels.len());
        return Err(errors::new(py, "DataError", &message));
    }
    let mut labels = labels.map(Vec::into_iter);
    let file: Arc<Path> = Arc::from(Path::new("X"));
    let record = |row: usize| Record {
        fields: documents.document(row).into_iter().map(str::to_owned).collect(),
        label: labels.as_mut().and_then(Iterator::next).map(Into::into),
        place: Place::new(&file, row as u64 + 1),
        columns: Vec::new(),
    };
    Ok((0..count).map(record).collect())
}
