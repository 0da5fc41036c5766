//! A classifier as a Python object.

use crate::decisions::{Decided, Explained, decided, explained, method, rule};
use crate::documents::{CHUNK, Column, Documents, each};
use crate::errors::exception;
use crate::interrupt::interruptible;
use crate::records::{Labelled, records};
use crate::threads::in_pool;
use numpy::{PyArray2, PyArrayMethods as _, PyReadwriteArray2};
use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use ulmfit::checkpoint::{FolderWriter, ModelFolder, Overwrite};
use ulmfit::data::labels::LabelKind;
use ulmfit::run::Progress;
use ulmfit::{Classifier, Error, Precision};

/// Batch size. It changes the speed, but no bit of a prediction.
const BATCH: usize = 64;

/// A trained classifier. It can be shared between threads.
#[pyclass(frozen, module = "ulmfit._ulmfit")]
pub(crate) struct Model {
    classifier: Classifier,
    /// The files of the model folder, which are what is pickled.
    files: BTreeMap<String, Vec<u8>>,
    hash: String,
}

pub(crate) fn precision(name: &str) -> Result<Precision, Error> {
    Ok(match name {
        "f32" => Precision::F32,
        "bf16" => Precision::Bf16,
        "int8" => Precision::Int8,
        "auto" => Precision::for_prediction(),
        _ => {
            let message = format!("precision is \"{name}\"; use f32, bf16, int8 or auto");
            return Err(Error::Usage { message, hint: None });
        }
    })
}

impl Model {
    pub(crate) fn open(path: &Path, precision: Precision) -> Result<Self, Error> {
        let folder = ModelFolder::open(path)?;
        let mut files = BTreeMap::new();
        for (name, _) in folder.files() {
            files.insert(name.to_owned(), folder.read(name)?);
        }
        let manifest = path.join("manifest.json");
        let read = std::fs::read(&manifest);
        let read = read.map_err(|source| ulmfit::checkpoint::CheckpointError::Io {
            action: "read",
            path: manifest,
            source,
        })?;
        files.insert("manifest.json".to_owned(), read);
        let classifier = Classifier::load(path)?.with_precision(precision);
        Ok(Self { classifier, files, hash: folder.hash() })
    }

    /// The classifier.
    pub(crate) fn classifier(&self) -> &Classifier {
        &self.classifier
    }

    /// Writes the files of the model folder.
    fn write(&self, folder: &Path) -> std::io::Result<()> {
        self.files.iter().try_for_each(|(name, bytes)| std::fs::write(folder.join(name), bytes))
    }

    fn fill(
        &self,
        documents: &Documents,
        row_length: usize,
        out: &mut [f32],
        stop: &AtomicBool,
    ) -> Result<(), Error> {
        for (chunk, out) in out.chunks_mut(CHUNK * row_length).enumerate() {
            if stop.load(Ordering::Relaxed) {
                break;
            }
            let rows = chunk * CHUNK..chunk * CHUNK + out.len() / row_length;
            let texts: Vec<Vec<&str>> = rows.map(|row| documents.document(row)).collect();
            let answers = self.classifier.bundle().probabilities(&texts, BATCH)?;
            for (out, answer) in out.chunks_exact_mut(row_length).zip(answers) {
                out.copy_from_slice(&answer);
            }
        }
        Ok(())
    }
}

/// Keeps warnings for Python.
#[derive(Default)]
struct Warnings(Vec<String>);

impl Progress for Warnings {
    fn warn(&mut self, text: &str) {
        self.0.push(text.to_owned());
    }
}

#[pymethods]
impl Model {
    /// Loads a model folder.
    #[staticmethod]
    fn load(py: Python<'_>, path: std::path::PathBuf, precision: &str) -> PyResult<Self> {
        let load = || Self::open(&path, crate::model::precision(precision)?);
        in_pool(py, load)?.map_err(|error| exception(py, &error))
    }

    /// Loads a model folder from the bytes of its files.
    #[staticmethod]
    fn from_files(
        py: Python<'_>,
        files: BTreeMap<String, Vec<u8>>,
        precision: &str,
    ) -> PyResult<Self> {
        let folder = tempfile::tempdir()?;
        for (name, bytes) in &files {
            let is_plain = Path::new(name).file_name().is_some_and(|plain| plain == name.as_str());
            if !is_plain {
                let message = format!("`{name}` is not a file name");
                return Err(crate::errors::new(py, "ModelError", &message));
            }
            std::fs::write(folder.path().join(name), bytes)?;
        }
        let load = || Self::open(folder.path(), crate::model::precision(precision)?);
        in_pool(py, load)?.map_err(|error| exception(py, &error))
    }

    /// The files of the model folder, by name.
    fn files<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let files = PyDict::new(py);
        for (name, bytes) in &self.files {
            files.set_item(name, PyBytes::new(py, bytes))?;
        }
        Ok(files)
    }

    /// A file of the model folder as text; `None` if there is no such file.
    fn text_file(&self, name: &str) -> Option<String> {
        self.files.get(name).map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }

    /// Hash of the model folder, without what differs between repeated trainings, such as times.
    #[getter]
    fn hash(&self) -> &str {
        &self.hash
    }

    /// Names of the labels, in the order of the columns of `predict`.
    #[getter]
    fn labels(&self) -> Vec<String> {
        self.classifier.labels().to_vec()
    }

    /// `single`, `multi` or `regression`.
    #[getter]
    fn task(&self) -> &'static str {
        match self.classifier.task() {
            LabelKind::Single => "single",
            LabelKind::Multi => "multi",
            LabelKind::Regression => "regression",
        }
    }

    /// Names of the text columns that it was trained on.
    #[getter]
    fn text_columns(&self) -> Vec<String> {
        self.classifier.text_columns().to_vec()
    }

    /// Probabilities `[n, C]`, or numbers `[n, 1]`, for documents given as columns of texts.
    fn predict<'py>(
        &self,
        py: Python<'py>,
        columns: Vec<Column>,
        threads: Option<usize>,
    ) -> PyResult<Bound<'py, PyArray2<f32>>> {
        let documents = Documents::new(py, columns)?;
        let row_length = self.classifier.labels().len().max(1);
        let array = PyArray2::<f32>::zeros(py, [documents.len(), row_length], false);
        let mut view: PyReadwriteArray2<'_, f32> = array.readwrite();
        let out = view.as_slice_mut().expect("it was just made, in one piece");
        let filled = interruptible(py, threads, |stop| {
            self.fill(&documents, row_length, out, stop).map(|()| stop.load(Ordering::Relaxed))
        })?;
        if filled.map_err(|error| exception(py, &error))? {
            return Err(PyKeyboardInterrupt::new_err(()));
        }
        drop(view);
        Ok(array)
    }

    /// A decision for each document: labels, whether it is left to a person, the set, the interval.
    fn decide(
        &self,
        py: Python<'_>,
        columns: Vec<Column>,
        asked: (String, f64, bool),
        threads: Option<usize>,
    ) -> PyResult<(Vec<Decided>, Vec<String>)> {
        let (name, value, per_class) = asked;
        let rule = rule(&name, value, per_class).map_err(|error| exception(py, &error))?;
        let policy = interruptible(py, threads, |_| self.classifier.policy(rule))?;
        let policy = policy.map_err(|error| exception(py, &error))?;
        let found = each(py, columns, threads, |texts| {
            let decisions = self.classifier.decide(texts, &policy)?;
            Ok(decisions.into_iter().map(decided).collect())
        })?;
        Ok((found, policy.warnings.clone()))
    }

    /// An explanation for each document: output, its answer, its answer to an empty text, words.
    fn explain(
        &self,
        py: Python<'_>,
        columns: Vec<Column>,
        how: &str,
        threads: Option<usize>,
    ) -> PyResult<Vec<Explained>> {
        let how = method(how).map_err(|error| exception(py, &error))?;
        each(py, columns, threads, |texts| {
            let found = self.classifier.explain(texts, how)?;
            Ok(found.iter().zip(texts).map(|(found, fields)| explained(found, fields)).collect())
        })
    }

    /// The same model with a calibration on labelled texts that it was not trained on, and warnings.
    fn calibrated(
        &self,
        py: Python<'_>,
        rows: Labelled,
        precision: &str,
        threads: Option<usize>,
    ) -> PyResult<(Self, Vec<String>)> {
        let rows = records(py, rows.0, Some(rows.1))?;
        let (from, place) = (tempfile::tempdir()?, tempfile::tempdir()?);
        self.write(from.path())?;
        let precision = crate::model::precision(precision);
        let precision = precision.map_err(|error| exception(py, &error))?;
        let found = interruptible(py, threads, |_| {
            let mut model = Classifier::load(from.path())?.with_precision(precision);
            let mut told = Warnings::default();
            model.calibrate(&rows, &mut told)?;
            let path = place.path().join("model");
            let writer = FolderWriter::create(&path, Overwrite::Refuse)?;
            model.save_calibration(from.path(), writer)?;
            Ok::<_, Error>((Self::open(&path, precision)?, told.0))
        })?;
        found.map_err(|error| exception(py, &error))
    }
}
