//! Texts as vectors, for Python.

use crate::documents::{Column, Documents};
use crate::errors::exception;
use crate::interrupt::interruptible;
use crate::model::precision;
use numpy::{PyArray2, PyArrayMethods as _};
use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use ulmfit::Error;

/// Number of documents that are computed before signals are checked.
const CHUNK: usize = 512;

/// A model of any kind that gives each text a vector. It can be shared between threads.
#[pyclass(frozen, module = "ulmfit._ulmfit")]
pub(crate) struct VectorModel(ulmfit::models::vectors::VectorModel);

#[pymethods]
impl VectorModel {
    /// Loads a model by name or folder.
    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf, precision_name: &str) -> PyResult<Self> {
        let load = || {
            let precision = precision(precision_name)?;
            let mut model = ulmfit::models::vectors::VectorModel::load(&path)?;
            model.set_precision(precision);
            Ok::<_, Error>(model)
        };
        py.detach(load).map(Self).map_err(|error| exception(py, &error))
    }

    /// Names of the text columns that it was trained on.
    #[getter]
    fn text_columns(&self) -> Vec<String> {
        self.0.text_columns().to_vec()
    }

    /// The vector of each document, `(n, width)`.
    fn encode<'py>(
        &self,
        py: Python<'py>,
        columns: Vec<Column>,
        threads: Option<usize>,
    ) -> PyResult<Bound<'py, PyArray2<f32>>> {
        let documents = Documents::new(py, columns)?;
        let found = interruptible(py, threads, |stop| {
            let mut all = Vec::new();
            let mut rows = 0;
            for start in (0..documents.len()).step_by(CHUNK) {
                if stop.load(Ordering::Relaxed) {
                    return Err(Error::Stopped);
                }
                let end = documents.len().min(start + CHUNK);
                let texts: Vec<Vec<&str>> = (start..end).map(|row| documents.document(row)).collect();
                let vectors = self.0.vectors(&texts)?;
                rows += vectors.len();
                vectors.iter().for_each(|vector| all.extend_from_slice(vector));
            }
            Ok((rows, all))
        })?;
        let (rows, all) = match found {
            Err(Error::Stopped) => return Err(PyKeyboardInterrupt::new_err(())),
            found => found.map_err(|error| exception(py, &error))?,
        };
        let width = if rows == 0 { 0 } else { all.len() / rows };
        numpy::PyArray1::from_vec(py, all).reshape([rows, width])
    }
}
