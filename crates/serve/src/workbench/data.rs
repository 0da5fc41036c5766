//! Opening a file of texts, and what `check-data` says about it.

use super::bench::{Bench, Inner};
use super::compose::{text_options, write_texts};
use super::saved::{Data, STATE};
use super::table::{Choice, Table};
use super::upload::Upload;
use crate::problem::{Kind, Problem};
use serde::Serialize;
use serde_json::Value;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use ulmfit::Error;
use ulmfit::data::DataError;

/// The file of texts.
pub(super) enum Reading {
    /// None was opened.
    Nothing,
    /// It is being read.
    Running,
    /// It cannot be read so.
    Failed(Unreadable),
    Done(Arc<Table>),
}

/// Why a file cannot be read.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Unreadable {
    detail: String,
    hint: Option<String>,
    /// Columns to choose from, where that would help.
    columns: Vec<String>,
}

/// What `check-data` says.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Check {
    running: bool,
    command: String,
    /// Its document.
    report: Option<Value>,
    /// Its error, without a document.
    failed: Option<String>,
}

impl Bench {
    /// Reads the file that was open last time.
    pub(super) fn reopen(self: &Arc<Self>) {
        let mut inner = self.lock();
        if let Some(data) = inner.saved.data.clone() {
            self.read(&mut inner, data);
        }
    }

    /// Opens a file, and remembers it.
    ///
    /// # Errors
    /// A problem when a training runs, the file is missing, or the state cannot be saved.
    pub(super) fn open_data(self: &Arc<Self>, path: &Path, choice: &Choice) -> Result<(), Problem> {
        let mut inner = self.lock();
        self.refuse_while_training(&inner)?;
        let path = path.canonicalize().map_err(|error| {
            Problem::new(Kind::Invalid, format!("cannot open {}: {error}", path.display()))
        })?;
        let opened = self.open_file(&mut inner, Data::new(path, choice));
        opened.map_err(|error| self.unwritable(STATE, &error))
    }

    /// Opens an uploaded file under its own name, in the place of an earlier one.
    ///
    /// # Errors
    /// As [`open_data`](Self::open_data); then the earlier file is still there, or the new one is not open.
    pub(super) fn open_upload(self: &Arc<Self>, upload: Upload) -> Result<(), Problem> {
        let Upload { file, path } = upload;
        let mut inner = self.lock();
        self.refuse_while_training(&inner)?;
        file.persist(&path).map_err(|error| self.unwritable("data", &error.error))?;
        let opened = self.open_file(&mut inner, Data::new(path, &Choice::default()));
        opened.map_err(|error| self.unwritable(STATE, &error))
    }

    /// Opens a file, and remembers it. The caller has made sure that no training runs.
    ///
    /// # Errors
    /// The system's; then the file before is still the open one.
    pub(super) fn open_file(self: &Arc<Self>, inner: &mut Inner, data: Data) -> io::Result<()> {
        self.remember(inner, |saved| saved.data = Some(data.clone()))?;
        self.read(inner, data);
        Ok(())
    }

    /// Reads the open file again, with other columns.
    ///
    /// # Errors
    /// As [`open_data`](Self::open_data).
    pub(super) fn choose_columns(self: &Arc<Self>, choice: &Choice) -> Result<(), Problem> {
        let path = self.lock().saved.data.as_ref().map(|data| data.path.clone());
        let path = path.ok_or_else(|| Problem::new(Kind::Conflict, "no file is open"))?;
        self.open_data(&path, choice)
    }

    fn read(self: &Arc<Self>, inner: &mut Inner, data: Data) {
        inner.reading = Reading::Running;
        inner.openings += 1;
        let opening = inner.openings;
        inner.proposals.forget();
        inner.check = Check::default();
        let bench = Arc::clone(self);
        thread::spawn(move || {
            let read = Table::read(&data.path, &data.choice());
            let mut inner = bench.lock();
            if inner.openings != opening {
                return; // another file, or another one of the same name, was opened meanwhile
            }
            inner.reading = match read {
                Ok(table) => Reading::Done(Arc::new(table)),
                Err(error) => Reading::Failed(unreadable(error)),
            };
            inner.changed();
            drop(inner);
            bench.check(&data, opening);
        });
    }

    /// Runs `check-data`, and waits for it.
    fn check(self: &Arc<Self>, data: &Data, opening: u64) {
        let Some(table) = self.lock().table() else { return };
        let mut arguments = vec!["check-data".to_owned()];
        if data.no_label {
            // a file without a label column, so that none is guessed
            let all: Vec<usize> = (0..table.rows.len()).collect();
            if write_texts(&self.folder.join("texts.csv"), &table, &all).is_err() {
                return;
            }
            arguments.push("texts.csv".to_owned());
            arguments.extend(text_options(&table.text_names()));
        } else {
            arguments.push(data.path.display().to_string());
            arguments.extend(data_options(data));
        }
        arguments.push("--json".to_owned());
        let job = self.job("check");
        _ = job.stop(); // of the file before
        job.wait(None);
        job.clear();
        let mut inner = self.lock();
        if inner.openings != opening {
            return; // that file has a check of its own
        }
        inner.check = Check { running: true, command: self.shown(&arguments), ..Check::default() };
        drop(inner);
        let ended = job.start(&mut self.command(&arguments)).map(|child| job.wait(Some(child)));
        let out = ended.and_then(|()| std::fs::read(job.out())).unwrap_or_default();
        let report: Option<Value> = serde_json::from_slice(&out).ok();
        let failed = || std::fs::read_to_string(job.log()).unwrap_or_default();
        let mut inner = self.lock();
        if inner.openings == opening {
            inner.check.running = false;
            inner.check.failed = report.is_none().then(failed);
            inner.check.report = report;
        }
    }
}

/// The options that read a file as it was opened.
pub(super) fn data_options(data: &Data) -> Vec<String> {
    let mut options = text_options(&data.text);
    if let Some(label) = &data.label {
        options.extend(["--label".to_owned(), label.clone()]);
    }
    options
}

fn unreadable(error: DataError) -> Unreadable {
    let columns = match &error {
        DataError::NoTextColumn { columns, .. }
        | DataError::UnknownColumn { columns, .. }
        | DataError::NoLabelColumn { columns, .. }
        | DataError::NoLearnedLabel { columns, .. } => columns.clone(),
        _ => Vec::new(),
    };
    let error = Error::from(error);
    let hint = if columns.is_empty() { error.hint() } else { None };
    Unreadable { detail: error.to_string(), hint, columns }
}

/// A name for an uploaded file: that of the upload without anything that leads elsewhere.
pub(super) fn safe_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let keep = |c: char| if c.is_alphanumeric() || "._-".contains(c) { c } else { '_' };
    let name: String = last.chars().map(keep).take(80).collect();
    let name = name.trim_start_matches('.');
    if name.is_empty() { "texts".to_owned() } else { name.to_owned() }
}

/// Where uploaded files go.
pub(super) fn uploads(bench: &Bench) -> PathBuf {
    bench.folder.join("data")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upload_cannot_lead_elsewhere() {
        for (name, wanted) in [
            ("mails.csv", "mails.csv"),
            ("../../etc/passwd", "passwd"),
            ("..", "texts"),
            ("C:\\mails\\june.csv", "june.csv"),
            (".bashrc", "bashrc"),
            ("a\0b\n<c>.csv", "a_b__c_.csv"),
            ("", "texts"),
        ] {
            assert_eq!(safe_name(name), wanted);
        }
        assert!(safe_name(&"é".repeat(500)).chars().count() <= 80);
    }
}
