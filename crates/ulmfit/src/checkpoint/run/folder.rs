//! A training run on disk.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;

use super::checkpoints::{Checkpoint, Checkpoints, Keep};
use super::config;
use super::lock::RunLock;
use super::metrics::MetricsLog;
use crate::checkpoint::CheckpointError;
use crate::checkpoint::durable::io_error;

/// The folder of a run, owned by this process until dropped.
///
/// ```text
/// run.lock                who is at work
/// config.json             the settings of the run, all defaults filled in
/// metrics.jsonl           one line a step
/// checkpoints/000017/     a position, its files, and a manifest with their hashes
/// ```
///
/// Killed at any moment, the run continues from its newest checkpoint with exactly the metrics
/// lines that were there when that was made.
///
/// ```
/// use serde_json::json;
/// use ulmfit::checkpoint::{Keep, RunFolder};
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
/// run.save_checkpoint(&json!({ "step": step }), &[("weights", vec![1, 2, 3])], Keep::Best)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    metrics: MetricsLog,
    checkpoints: Checkpoints,
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
    /// [`CheckpointError::ConfigDiffers`] with every difference, [`CheckpointError::Json`] or
    /// [`CheckpointError::Io`].
    pub fn config(&self, resolved: &Value) -> Result<(), CheckpointError> {
        config::store_or_compare(&self.path, resolved)
    }

    /// Adds one line to `metrics.jsonl`.
    ///
    /// # Errors
    /// [`CheckpointError::Io`]; then no part of the line is left in the file.
    pub fn append_metrics(&mut self, line: &impl Serialize) -> Result<(), CheckpointError> {
        self.metrics.append(line)
    }

    /// Saves a checkpoint and returns when it is on the disk; older ones are removed, except the
    /// last two and the best.
    ///
    /// # Errors
    /// [`CheckpointError::Io`]; the checkpoints before it are then intact.
    ///
    /// # Panics
    /// When a file name is not plain, is used twice, or is `checkpoint.json`.
    pub fn save_checkpoint(
        &mut self,
        position: &Value,
        files: &[(&str, Vec<u8>)],
        keep: Keep,
    ) -> Result<(), CheckpointError> {
        self.metrics.sync()?; // a checkpoint never counts on lines that a power cut takes away
        self.checkpoints.save(position, files, keep, self.metrics.bytes())
    }

    /// The newest checkpoint that is intact, or `None` for a run without any.
    ///
    /// Call it once, before the first step: metrics lines written after that checkpoint are
    /// dropped, because their steps are about to be taken again.
    ///
    /// # Errors
    /// [`CheckpointError::NoValidCheckpoint`] when all are damaged,
    /// [`CheckpointError::MetricsTooShort`], [`CheckpointError::Io`].
    pub fn latest_checkpoint(&mut self) -> Result<Option<Checkpoint>, CheckpointError> {
        let latest = self.checkpoints.latest()?;
        self.metrics.truncate(latest.as_ref().map_or(0, |latest| latest.metrics_bytes))?;
        Ok(latest)
    }

    /// The newest intact checkpoint saved with [`Keep::Best`].
    ///
    /// # Errors
    /// [`CheckpointError::Io`].
    pub fn best_checkpoint(&self) -> Result<Option<Checkpoint>, CheckpointError> {
        self.checkpoints.best()
    }
}
