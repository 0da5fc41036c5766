//! A training run on disk.

use std::fs;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};

use serde::Serialize;
use serde_json::Value;

use super::checkpoints::{Checkpoint, Checkpoints, Retention};
use super::config;
use super::lock::RunLock;
use super::metrics::MetricsLog;
use crate::checkpoint::durable::io_error;
use crate::checkpoint::{CheckpointError, Tensors};

/// The folder of a run, owned by this process until dropped.
///
/// ```text
/// run.lock                the process that works on it
/// config.json             the settings of the run, all defaults filled in
/// metrics.jsonl           one line per step
/// checkpoints/000017/     a position, its tensors, and a manifest with their hashes
/// ```
///
/// Killed at any moment, the run continues from its newest checkpoint with exactly the metrics
/// lines that were there when that was made.
///
/// ```
/// use serde_json::json;
/// use ulmfit::checkpoint::{HostTensor, Retention, RunFolder, Tensors};
/// # let place = tempfile::tempdir()?;
/// let mut run = RunFolder::open_or_create(&place.path().join("run"))?;
/// run.config(&json!({ "seed": 1 }))?;
/// let mut step = match run.latest_checkpoint()? {
///     Some(checkpoint) => checkpoint.position["step"].as_u64().unwrap_or(0),
///     None => 0,
/// };
/// while step < 10 {
///     step += 1;
///     run.append_metrics(&json!({ "step": step, "loss": 1.0 / step as f64 }))?;
/// }
/// let weights = HostTensor::new([3], vec![1.0, 2.0, 3.0]);
/// let tensors = Tensors::from([("weights".to_owned(), weights)]);
/// run.start_checkpoint(json!({ "step": step }), tensors, Retention::Recent)?;
/// // ... train on while it is being written ...
/// run.finish_checkpoint()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    metrics: MetricsLog,
    checkpoints: Checkpoints,
    /// Writes a checkpoint, and returns the folder.
    writing: Option<JoinHandle<Result<Checkpoints, CheckpointError>>>,
    _lock: RunLock, // last: released after the files are closed
}

impl RunFolder {
    /// Takes the lock of a new or existing run and removes what a killed process left unfinished.
    ///
    /// # Errors
    /// [`CheckpointError::Locked`] while another process has it, [`CheckpointError::Io`].
    pub fn open_or_create(path: &Path) -> Result<Self, CheckpointError> {
        fs::create_dir_all(path).map_err(io_error("create", path))?;
        let lock = RunLock::take(path)?;
        Ok(Self {
            path: path.to_owned(),
            metrics: MetricsLog::open(path)?,
            checkpoints: Checkpoints::open(path)?,
            writing: None,
            _lock: lock,
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Stores the settings of a new run; those of an old one must be the same.
    ///
    /// # Errors
    /// [`CheckpointError::ConfigDiffers`] with every difference, [`CheckpointError::RunDamaged`] for
    /// checkpoints without settings, [`CheckpointError::Json`] or [`CheckpointError::Io`].
    pub fn config(&self, resolved: &Value) -> Result<(), CheckpointError> {
        // they are stored first, so without them nobody knows what the checkpoints are of
        if !self.path.join(config::CONFIG).exists() && !self.checkpoints.numbers()?.is_empty() {
            let what = "`config.json` is missing";
            return Err(CheckpointError::RunDamaged { path: self.path.clone(), what });
        }
        config::store_or_compare(&self.path, resolved)
    }

    /// Adds one line to `metrics.jsonl`.
    ///
    /// # Errors
    /// [`CheckpointError::Io`]; then no part of the line is left in the file.
    pub fn append_metrics(&mut self, line: &impl Serialize) -> Result<(), CheckpointError> {
        self.metrics.append(line)
    }

    /// Begins to save a checkpoint and returns at once; a thread of its own writes it, and then
    /// removes older ones, except the last two and the newest anchor.
    ///
    /// If one is still being written, waits for that first. Until this one is whole, those before
    /// it are what a killed run continues from.
    ///
    /// # Errors
    /// That of the checkpoint before; [`CheckpointError::Io`].
    pub fn start_checkpoint(
        &mut self,
        position: Value,
        tensors: Tensors,
        keep: Retention,
    ) -> Result<(), CheckpointError> {
        self.finish_checkpoint()?;
        let (metrics, metrics_bytes) = (self.metrics.handle()?, self.metrics.bytes());
        let mut checkpoints = self.checkpoints.clone();
        self.writing = Some(thread::spawn(move || {
            metrics.sync()?; // a checkpoint never counts on lines that a power cut takes away
            checkpoints.save(position, &tensors, keep, metrics_bytes)?;
            Ok(checkpoints)
        }));
        Ok(())
    }

    /// Waits until the checkpoint that was started is on the disk.
    ///
    /// # Errors
    /// [`CheckpointError::Io`], or [`CheckpointError::Tensors`] for a number that is not finite;
    /// the checkpoints before it are then intact.
    pub fn finish_checkpoint(&mut self) -> Result<(), CheckpointError> {
        if let Some(writing) = self.writing.take() {
            let written = writing.join().unwrap_or_else(|panic| resume_unwind(panic));
            self.checkpoints = written.map_err(|error| match error {
                CheckpointError::Tensors(_) => error,
                _ if !self.path.exists() => CheckpointError::RunRemoved { path: self.path.clone() },
                _ => error,
            })?;
        }
        Ok(())
    }

    /// As [`finish_checkpoint`](Self::finish_checkpoint), without waiting: a checkpoint that is
    /// still being written is left alone.
    ///
    /// # Errors
    /// Those of [`finish_checkpoint`](Self::finish_checkpoint).
    pub fn poll_checkpoint(&mut self) -> Result<(), CheckpointError> {
        if self.writing.as_ref().is_some_and(JoinHandle::is_finished) {
            self.finish_checkpoint()?;
        }
        Ok(())
    }

    /// The newest checkpoint that is intact, or `None` for a run without any.
    ///
    /// Call it once, before the first step: metrics lines written after that checkpoint are
    /// dropped, because their steps are about to be taken again.
    ///
    /// # Errors
    /// [`CheckpointError::NoValidCheckpoint`] when all are damaged,
    /// [`CheckpointError::MetricsTooShort`], [`CheckpointError::Metrics`], [`CheckpointError::Io`].
    pub fn latest_checkpoint(&mut self) -> Result<Option<Checkpoint>, CheckpointError> {
        self.finish_checkpoint()?;
        let latest = self.checkpoints.latest()?;
        self.metrics.truncate(latest.as_ref().map_or(0, |latest| latest.metrics_bytes))?;
        self.metrics.check()?;
        Ok(latest)
    }

    /// Goes back to the newest anchor: newer checkpoints and the metrics lines after it are gone
    /// then. `None` for a run without anchors, which stays as it is.
    ///
    /// # Errors
    /// Those of [`latest_checkpoint`](Self::latest_checkpoint), and what is wrong with the anchor.
    pub fn roll_back(&mut self) -> Result<Option<Checkpoint>, CheckpointError> {
        self.finish_checkpoint()?;
        let anchor = self.checkpoints.back_to_anchor()?;
        if let Some(anchor) = &anchor {
            self.metrics.truncate(anchor.metrics_bytes)?;
        }
        Ok(anchor)
    }
}

/// The lock is not released while a thread still writes.
impl Drop for RunFolder {
    fn drop(&mut self) {
        if let Some(writing) = self.writing.take() {
            let _ = writing.join();
        }
    }
}
