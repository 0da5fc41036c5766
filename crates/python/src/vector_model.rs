//! Texts as vectors, for Python.

use crate::documents::{Column, each};
use crate::errors::exception;
use crate::model::precision;
use crate::threads::in_pool;
use numpy::{PyArray2, PyArrayMethods as _};
use pyo3::prelude::*;
use std::path::PathBuf;
use ulmfit::Error;

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
        in_pool(py, load)?.map(Self).map_err(|error| exception(py, &error))
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
        let found = each(py, columns, threads, |texts| self.0.vectors(texts))?;
        let (rows, all) = (found.len(), found.concat());
        let width = found.first().map_or(0, Vec::len);
        numpy::PyArray1::from_vec(py, all).reshape([rows, width])
    }
}
