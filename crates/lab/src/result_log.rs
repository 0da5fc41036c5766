//! `results.jsonl`: one line per finished run.

use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use ulmfit::checkpoint::CheckpointError;

/// A finished run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunResult {
    /// Row of the table, or method.
    pub method: String,
    /// Root of its randomness.
    pub seed: u64,
    /// Number of labels in the training set.
    pub labels: usize,
    /// Hash of everything that the result depends on.
    pub key: String,
    /// Share of the scored rows that were predicted wrong.
    pub error: f64,
    /// Rows scored.
    pub rows: usize,
    /// Numbers of those that were predicted wrong.
    pub wrong: Vec<u32>,
    /// How long it took, without language models that other runs share; for a run that was interrupted,
    /// the time since it was continued.
    pub seconds: f64,
}

/// All lines of the file.
#[derive(Debug)]
pub(crate) struct ResultLog {
    path: PathBuf,
    cells: Vec<RunResult>,
}

impl ResultLog {
    /// Reads the lines there are. What a killed process left of its last line goes.
    pub(crate) fn open(path: &Path) -> Result<Self, CheckpointError> {
        let mut log = Self { path: path.to_owned(), cells: Vec::new() };
        log.refresh()?;
        Ok(log)
    }

    /// Reads the file again, which other processes may add to.
    pub(crate) fn refresh(&mut self) -> Result<(), CheckpointError> {
        let path = &self.path;
        let mut file = match OpenOptions::new().read(true).write(true).open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(failed("open", path)(error)),
        };
        file.lock().map_err(failed("lock", path))?; // nobody is writing a line now
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(failed("read", path))?;
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        if whole < text.len() {
            file.set_len(whole as u64).map_err(failed("write", path))?;
        }
        let cells = text[..whole].lines().map(serde_json::from_str).collect::<Result<_, _>>();
        let json = |source| CheckpointError::Json { path: path.clone(), source };
        self.cells = cells.map_err(json)?;
        Ok(())
    }

    pub(crate) fn find(&self, key: &str) -> Option<&RunResult> {
        self.cells.iter().find(|cell| cell.key == key)
    }

    /// Adds a line; it is on the disk when this returns.
    pub(crate) fn add(&mut self, cell: RunResult) -> Result<(), CheckpointError> {
        let mut line = serde_json::to_vec(&cell).expect("plain data serialises");
        line.push(b'\n');
        let write = |mut file: File| {
            file.lock()?;
            file.write_all(&line)?;
            file.sync_all()
        };
        let file = OpenOptions::new().create(true).append(true).open(&self.path);
        file.and_then(write).map_err(failed("write", &self.path))?;
        self.cells.push(cell);
        Ok(())
    }
}

pub(crate) fn failed(
    action: &'static str,
    path: &Path,
) -> impl FnOnce(io::Error) -> CheckpointError {
    let path = path.to_owned();
    move |source| CheckpointError::Io { action, path, source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn cell(key: &str) -> RunResult {
        let (method, wrong) = ("ulmfit".to_owned(), vec![3, 7]);
        let (error, key) = (0.2, key.to_owned());
        RunResult { method, seed: 1, labels: 90, key, error, rows: 10, wrong, seconds: 1.5 }
    }

    #[test]
    fn a_torn_line_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("results.jsonl");
        let mut ledger = ResultLog::open(&path).unwrap();
        ledger.add(cell("a")).unwrap();
        ledger.add(cell("b")).unwrap();
        let whole = fs::read_to_string(&path).unwrap();
        for torn in whole.find('\n').unwrap() + 1..whole.len() {
            fs::write(&path, &whole[..torn]).unwrap();
            let mut ledger = ResultLog::open(&path).unwrap();
            assert_eq!(ledger.find("a"), Some(&cell("a")));
            assert_eq!(ledger.find("b"), None, "{torn}");
            ledger.add(cell("b")).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), whole);
        }
    }

    #[test]
    fn what_is_no_result_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("results.jsonl");
        fs::write(&path, "something else\n").unwrap();
        assert!(matches!(ResultLog::open(&path), Err(CheckpointError::Json { .. })));
    }
}
