//! `ulmfit._ulmfit`: the engine. The classes for users are in `python/ulmfit`.

mod decisions;
mod documents;
mod errors;
mod interrupt;
mod labelling;
mod language_model;
mod model;
mod progress;
mod records;
mod threads;
mod tokenizer;
mod train;
mod vector_model;

use pyo3::prelude::*;

#[pymodule(gil_used = false)]
mod _ulmfit {
    #[pymodule_export]
    use super::labelling::{check_data, next_texts, suspects};
    #[pymodule_export]
    use super::language_model::LanguageModel;
    #[pymodule_export]
    use super::model::Model;
    #[pymodule_export]
    use super::threads::forget_threads;
    #[pymodule_export]
    use super::tokenizer::Tokenizer;
    #[pymodule_export]
    use super::train::train;
    #[pymodule_export]
    use super::vector_model::VectorModel;

    use super::{Bound, PyModule, PyModuleMethods, PyResult};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
