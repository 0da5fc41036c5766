//! The tokenizer and vocabulary of a model as a Python object.

use crate::errors::exception;
use crate::threads::in_pool;
use pyo3::prelude::*;
use std::path::PathBuf;
use ulmfit::models::{load_text, open_model, read_config};
use ulmfit::text::TextPipeline;

/// The tokenizer and vocabulary of a model folder, or of what `ulmfit export onnx` wrote.
#[pyclass(frozen, module = "ulmfit._ulmfit")]
pub(crate) struct Tokenizer(TextPipeline);

#[pymethods]
impl Tokenizer {
    /// Loads them from a folder, or from `en` or `en-base`.
    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        let load = || {
            let folder = open_model(&path)?;
            load_text(&folder, &read_config(&folder)?)
        };
        in_pool(py, load)?.map(Self).map_err(|error| exception(py, &error))
    }

    /// Token ids of each text, in reading order.
    fn encode(&self, py: Python<'_>, texts: Vec<String>) -> Vec<Vec<u32>> {
        py.detach(|| texts.iter().map(|text| self.0.encode(&[text.as_str()])).collect())
    }

    /// Tokens of a text, as the model reads them.
    fn tokenize(&self, py: Python<'_>, text: String) -> Vec<String> {
        py.detach(|| self.0.tokenizer().tokenize(&[text.as_str()]))
    }
}
