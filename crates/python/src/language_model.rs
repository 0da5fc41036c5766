//! A language model as a Python object.

use crate::errors::exception;
use crate::threads::in_pool;
use pyo3::prelude::*;
use std::path::PathBuf;
use ulmfit::models::{LmBundle, open_base};

/// A language model: `en`, `en-base`, or a folder.
#[pyclass(frozen, module = "ulmfit._ulmfit")]
pub(crate) struct LanguageModel(LmBundle);

#[pymethods]
impl LanguageModel {
    /// Loads a model by name or folder.
    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        let load = || LmBundle::from_folder(&open_base(&path)?);
        in_pool(py, load)?.map(Self).map_err(|error| exception(py, &error))
    }

    /// Token ids of each text.
    fn encode(&self, py: Python<'_>, texts: Vec<String>) -> Vec<Vec<u32>> {
        py.detach(|| texts.iter().map(|text| self.0.text.encode(&[text.as_str()])).collect())
    }

    /// Tokens of a text, as the model reads them.
    fn tokenize(&self, py: Python<'_>, text: String) -> Vec<String> {
        py.detach(|| self.0.text.tokenizer().tokenize(&[text.as_str()]))
    }

    /// Number of words or subwords in its vocabulary.
    #[getter]
    fn vocabulary_size(&self) -> usize {
        self.0.text.vocab().len()
    }
}
