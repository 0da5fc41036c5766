//! Texts from Python without copies: lists of `str`, and objects with the Arrow interface.

use crate::errors::{self, exception};
use crate::interrupt::interruptible;
use arrow_array::cast::AsArray as _;
use arrow_array::{Array as _, ArrayRef, DictionaryArray, types};
use arrow_schema::DataType;
use pyo3::exceptions::{PyKeyboardInterrupt, PyTypeError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3_arrow::input::AnyArray;
use std::sync::atomic::Ordering;
use ulmfit::Error;

/// Number of documents that are computed before signals are checked.
pub(crate) const CHUNK: usize = 512;

/// A column of texts.
pub(crate) enum Column {
    Strings(Vec<PyBackedStr>),
    Arrow { chunks: Vec<ArrayRef>, ends: Vec<usize> },
}

impl<'a, 'py> FromPyObject<'a, 'py> for Column {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        let speaks_arrow = |name: &str| object.hasattr(name);
        if speaks_arrow("__arrow_c_stream__")? || speaks_arrow("__arrow_c_array__")? {
            return Self::from_arrow(&object);
        }
        let mut strings = Vec::with_capacity(object.len().unwrap_or(0));
        for (row, item) in object.try_iter()?.enumerate() {
            let item = item?;
            strings.push(item.extract().map_err(|_| not_a_text(row, &item))?);
        }
        Ok(Self::Strings(strings))
    }
}

fn not_a_text(row: usize, item: &Bound<'_, PyAny>) -> PyErr {
    let missing = item.is_none() || item.ne(item).unwrap_or(false);
    let kind = item.get_type().name().map_or_else(|_| "object".to_owned(), |name| name.to_string());
    let message = if missing {
        format!("X[{row}] is missing; fill missing texts with \"\" or remove these rows")
    } else {
        format!("X[{row}] is {kind}, not str")
    };
    errors::new(item.py(), "DataError", &message)
}

impl Column {
    fn from_arrow(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = object.py();
        let reader = object.extract::<AnyArray>()?.into_reader()?;
        let (mut chunks, mut ends, mut end) = (Vec::new(), Vec::new(), 0);
        for chunk in reader {
            let chunk = chunk.map_err(|error| PyTypeError::new_err(error.to_string()))?;
            if !is_text(chunk.data_type()) {
                let message = format!("X is a column of type {}, not of texts", chunk.data_type());
                return Err(errors::new(py, "DataError", &message));
            }
            if let Some(row) = missing(&chunk) {
                let row = end + row;
                let message = format!(
                    "X[{row}] is missing; fill missing texts with \"\" or remove these rows"
                );
                return Err(errors::new(py, "DataError", &message));
            }
            end += chunk.len();
            ends.push(end);
            chunks.push(chunk);
        }
        Ok(Self::Arrow { chunks, ends })
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Strings(strings) => strings.len(),
            Self::Arrow { ends, .. } => ends.last().copied().unwrap_or(0),
        }
    }

    /// The text of a row.
    ///
    /// # Panics
    /// If there is no such row.
    pub(crate) fn text(&self, row: usize) -> &str {
        match self {
            Self::Strings(strings) => &strings[row],
            Self::Arrow { chunks, ends } => {
                let chunk = ends.partition_point(|&end| end <= row);
                let start = chunk.checked_sub(1).map_or(0, |before| ends[before]);
                value(&chunks[chunk], row - start)
            }
        }
    }
}

fn is_text(kind: &DataType) -> bool {
    match kind {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, values) => is_text(values),
        _ => false,
    }
}

/// A cell that is null, or else refers to a null in its dictionary.
fn missing(array: &ArrayRef) -> Option<usize> {
    let null = (array.null_count() > 0).then(|| (0..array.len()).find(|&row| array.is_null(row)));
    if let Some(Some(row)) = null {
        return Some(row);
    }
    let dictionary = array.as_any_dictionary_opt()?;
    let values = dictionary.values();
    if values.null_count() == 0 {
        return None;
    }
    dictionary.normalized_keys().iter().position(|&key| values.is_null(key))
}

fn value(array: &ArrayRef, row: usize) -> &str {
    match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().value(row),
        DataType::LargeUtf8 => array.as_string::<i64>().value(row),
        DataType::Utf8View => array.as_string_view().value(row),
        DataType::Dictionary(key, _) => match **key {
            DataType::Int8 => of_dictionary(array.as_dictionary::<types::Int8Type>(), row),
            DataType::Int16 => of_dictionary(array.as_dictionary::<types::Int16Type>(), row),
            DataType::Int32 => of_dictionary(array.as_dictionary::<types::Int32Type>(), row),
            DataType::Int64 => of_dictionary(array.as_dictionary::<types::Int64Type>(), row),
            DataType::UInt8 => of_dictionary(array.as_dictionary::<types::UInt8Type>(), row),
            DataType::UInt16 => of_dictionary(array.as_dictionary::<types::UInt16Type>(), row),
            DataType::UInt32 => of_dictionary(array.as_dictionary::<types::UInt32Type>(), row),
            _ => of_dictionary(array.as_dictionary::<types::UInt64Type>(), row),
        },
        other => unreachable!("{other} was refused"),
    }
}

fn of_dictionary<K: types::ArrowDictionaryKeyType>(array: &DictionaryArray<K>, row: usize) -> &str {
    let key = array.key(row).expect("nulls were refused");
    value(array.values(), key)
}

/// Documents of one or more columns of texts.
pub(crate) struct Documents(Vec<Column>);

impl Documents {
    /// # Errors
    /// `DataError` if there is no column, or columns differ in length.
    pub(crate) fn new(py: Python<'_>, columns: Vec<Column>) -> PyResult<Self> {
        let lengths: Vec<usize> = columns.iter().map(Column::len).collect();
        match lengths.first() {
            None => Err(errors::new(py, "DataError", "there is no column of texts")),
            Some(first) if lengths.iter().any(|length| length != first) => {
                Err(errors::new(py, "DataError", "the columns of texts differ in length"))
            }
            Some(_) => Ok(Self(columns)),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.0[0].len()
    }

    /// The texts of a document, one per column.
    pub(crate) fn document(&self, row: usize) -> Vec<&str> {
        self.0.iter().map(|column| column.text(row)).collect()
    }
}

/// What `answer` makes of documents, some at a time.
///
/// # Errors
/// As [`Documents::new`], `KeyboardInterrupt` after Ctrl-C, and those of `answer`.
pub(crate) fn each<T: Send>(
    py: Python<'_>,
    columns: Vec<Column>,
    threads: Option<usize>,
    answer: impl Fn(&[Vec<&str>]) -> Result<Vec<T>, Error> + Send + Sync,
) -> PyResult<Vec<T>> {
    let documents = Documents::new(py, columns)?;
    let found = interruptible(py, threads, |stop| {
        let mut all = Vec::with_capacity(documents.len());
        for start in (0..documents.len()).step_by(CHUNK) {
            if stop.load(Ordering::Relaxed) {
                return Err(Error::Stopped);
            }
            let rows = start..documents.len().min(start + CHUNK);
            let texts: Vec<Vec<&str>> = rows.map(|row| documents.document(row)).collect();
            all.extend(answer(&texts)?);
        }
        Ok(all)
    })?;
    match found {
        Err(Error::Stopped) => Err(PyKeyboardInterrupt::new_err(())),
        found => found.map_err(|error| exception(py, &error)),
    }
}
