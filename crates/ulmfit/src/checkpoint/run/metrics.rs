//! `metrics.jsonl`: one line per step, each exactly once.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::IgnoredAny;

use crate::checkpoint::CheckpointError;
use crate::checkpoint::crash_point::crash_point;
use crate::checkpoint::durable::io_error;

/// The file and its length, which every checkpoint remembers.
///
/// A killed run has lines after its last checkpoint, perhaps half a line; their steps are
/// repeated, so [`truncate`](Self::truncate) drops them first.
#[derive(Debug)]
pub(super) struct MetricsLog {
    path: PathBuf,
    file: File,
    bytes: u64,
}

impl MetricsLog {
    pub(super) fn open(folder: &Path) -> Result<Self, CheckpointError> {
        let path = folder.join("metrics.jsonl");
        if path.is_dir() {
            let what = "`metrics.jsonl` is a folder";
            return Err(CheckpointError::RunDamaged { path: folder.to_owned(), what });
        }
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(io_error("open", &path))?;
        let bytes = file.seek(SeekFrom::End(0)).map_err(io_error("read", &path))?;
        Ok(Self { path, file, bytes })
    }

    /// Length in bytes.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(super) fn append(&mut self, line: &impl Serialize) -> Result<(), CheckpointError> {
        let mut text = serde_json::to_vec(line)
            .map_err(|source| CheckpointError::Json { path: self.path.clone(), source })?;
        text.push(b'\n');
        let (first, second) = text.split_at(text.len() / 2);
        let written = self.file.write_all(first).and_then(|()| {
            crash_point("metrics.half_line");
            self.file.write_all(second)
        });
        if let Err(error) = written {
            // The disk is full: leave whole lines behind. If even that fails, the next resume
            // drops the rest.
            let _ = self.file.set_len(self.bytes);
            let _ = self.file.seek(SeekFrom::Start(self.bytes));
            return Err(io_error("write", &self.path)(error));
        }
        self.bytes += text.len() as u64;
        Ok(())
    }

    /// Reads all lines: a run must not train for hours and fail on them at its end.
    pub(super) fn check(&self) -> Result<(), CheckpointError> {
        let damaged = |source| CheckpointError::Metrics { path: self.path.clone(), source };
        let file = File::open(&self.path).map_err(io_error("read", &self.path))?;
        for line in BufReader::new(file).lines() {
            let line = line.map_err(|source| match source.kind() {
                io::ErrorKind::InvalidData => damaged(source),
                _ => io_error("read", &self.path)(source),
            })?;
            serde_json::from_str::<IgnoredAny>(&line).map_err(|error| damaged(error.into()))?;
        }
        Ok(())
    }

    /// The same file for another thread to sync.
    pub(super) fn handle(&self) -> Result<MetricsHandle, CheckpointError> {
        let file = self.file.try_clone().map_err(io_error("open", &self.path))?;
        Ok(MetricsHandle { path: self.path.clone(), file })
    }

    /// Goes back to an earlier length.
    pub(super) fn truncate(&mut self, bytes: u64) -> Result<(), CheckpointError> {
        if bytes > self.bytes {
            let (path, found) = (self.path.clone(), self.bytes);
            return Err(CheckpointError::MetricsTooShort { path, found, wanted: bytes });
        }
        crash_point("resume.before_truncate");
        self.file
            .set_len(bytes)
            .and_then(|()| self.file.seek(SeekFrom::Start(bytes)))
            .map_err(io_error("write", &self.path))?;
        self.bytes = bytes;
        Ok(())
    }
}

/// Sees to it that lines are on the disk.
#[derive(Debug)]
pub(super) struct MetricsHandle {
    path: PathBuf,
    file: File,
}

impl MetricsHandle {
    pub(super) fn sync(&self) -> Result<(), CheckpointError> {
        crash_point("metrics.before_sync");
        self.file.sync_all().map_err(io_error("write", &self.path))
    }
}
