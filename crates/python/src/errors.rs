//! Errors of the library as the Python exceptions that `python/ulmfit/_errors.py` defines.

use pyo3::prelude::*;
use std::error::Error as _;
use ulmfit::{Error, ErrorClass};

/// The exception for an error, with all its causes in the message.
pub(crate) fn exception(py: Python<'_>, error: &Error) -> PyErr {
    let name = match error.class() {
        ErrorClass::Usage => "UsageError",
        ErrorClass::Data => "DataError",
        ErrorClass::MissingInput | ErrorClass::Io | ErrorClass::Locked => "ModelError",
        _ => "UlmfitError",
    };
    let mut message = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let text = cause.to_string();
        if !message.contains(&text) {
            message = format!("{message}: {text}");
        }
        source = cause.source();
    }
    new(py, name, &message)
}

/// An exception of `ulmfit._errors`.
pub(crate) fn new(py: Python<'_>, name: &str, message: &str) -> PyErr {
    let made = py
        .import("ulmfit._errors")
        .and_then(|module| module.getattr(name))
        .and_then(|class| class.call1((message,)));
    match made {
        Ok(exception) => PyErr::from_value(exception),
        Err(error) => error,
    }
}
