//! Passes the progress of a training to Python.

use crate::errors::exception;
use crate::interrupt::interruptible;
use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;
use std::sync::atomic::{AtomicBool, Ordering};
use ulmfit::Error;
use ulmfit::run::{Progress, StageName};
use ulmfit::train::{Control, Event};

/// Calls `callback(kind, stage, data)`, if there is one; `data` is JSON or a text.
pub(crate) struct Told<'a> {
    pub(crate) callback: Option<Py<PyAny>>,
    /// Set when the user wants to stop.
    pub(crate) stop: &'a AtomicBool,
    /// The exception that the callback raised.
    pub(crate) failed: Option<PyErr>,
}

impl Told<'_> {
    fn tell(&mut self, kind: &str, stage: &str, data: &str) {
        let Some(callback) = &self.callback else { return };
        let told = Python::attach(|py| callback.call1(py, (kind, stage, data)).map(drop));
        if let (Err(error), None) = (told, &self.failed) {
            self.failed = Some(error);
        }
    }

    fn control(&self) -> Control {
        if self.stop_asked() { Control::Stop } else { Control::Continue }
    }
}

impl Progress for Told<'_> {
    fn stage_started(&mut self, stage: &StageName) {
        self.tell("stage", &stage.name, &stage.title);
    }

    fn stop_asked(&self) -> bool {
        self.failed.is_some() || self.stop.load(Ordering::Relaxed)
    }

    fn event(&mut self, stage: &StageName, event: &Event) -> Control {
        if self.callback.is_some() {
            let data = serde_json::to_string(event).expect("events serialise");
            self.tell("event", &stage.name, &data);
        }
        self.control()
    }

    fn note(&mut self, text: &str) {
        self.tell("note", "", text);
    }

    fn warn(&mut self, text: &str) {
        self.tell("warning", "", text);
    }
}

/// Runs `work`, which can be stopped and tells `callback` what it does.
///
/// # Errors
/// What `callback` raised, `KeyboardInterrupt` after Ctrl-C, and those of `work`.
pub(crate) fn told<T: Send>(
    py: Python<'_>,
    threads: Option<usize>,
    callback: Option<Py<PyAny>>,
    work: impl FnOnce(&mut Told<'_>) -> Result<T, Error> + Send,
) -> PyResult<T> {
    let (result, failed) = interruptible(py, threads, |stop| {
        let mut told = Told { callback, stop, failed: None };
        (work(&mut told), told.failed)
    })?;
    if let Some(raised) = failed {
        return Err(raised);
    }
    match result {
        Err(Error::Stopped) => Err(PyKeyboardInterrupt::new_err(())),
        result => result.map_err(|error| exception(py, &error)),
    }
}
