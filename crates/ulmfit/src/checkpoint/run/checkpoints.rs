//! The last two checkpoints of a run, and its anchor.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ErrorClass;
use crate::checkpoint::crash_point::crash_point;
use crate::checkpoint::durable::{io_error, rename, sync_folder};
use crate::checkpoint::{
    CheckpointError, Dtype, FolderWriter, ModelFolder, Overwrite, Tensors, peek_tensors,
    read_tensors,
};

const STATE: &str = "checkpoint.json";
const TENSORS: &str = "state.safetensors";
const RECENT: usize = 2;

/// How long a checkpoint is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retention {
    /// Until two newer ones exist.
    Recent,
    /// Until a newer anchor exists: what [`RunFolder::roll_back`](super::RunFolder::roll_back)
    /// goes back to.
    Anchor,
}

/// A checkpoint whose files were all verified.
#[derive(Debug)]
pub struct Checkpoint {
    /// The position that was given when it was saved.
    pub position: Value,
    /// Newer checkpoints that are damaged, newest first; tell the user.
    pub skipped: Vec<SkippedCheckpoint>,
    pub(super) metrics_bytes: u64,
    folder: ModelFolder,
}

impl Checkpoint {
    /// Reads the tensors that were saved, verified again.
    ///
    /// # Errors
    /// Those of [`ModelFolder::read`] and [`read_tensors`].
    pub fn tensors(&self) -> Result<Tensors, CheckpointError> {
        let bytes = self.folder.read(TENSORS)?;
        let shapes = peek_tensors(&bytes)?.into_iter().map(|tensor| (tensor.name, tensor.dims));
        read_tensors(&bytes, &shapes.collect())
    }

    /// The folder itself.
    pub fn folder(&self) -> &ModelFolder {
        &self.folder
    }
}

/// A damaged checkpoint that was passed over.
#[derive(Debug, thiserror::Error)]
#[error("skipped a damaged checkpoint: {reason}")]
pub struct SkippedCheckpoint {
    /// What is wrong with it.
    #[source]
    pub reason: CheckpointError,
}

/// `checkpoint.json`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    schema: u32,
    anchor: bool,
    metrics_bytes: u64,
    position: Value,
}

/// The folder `checkpoints`, with numbered folders in it.
#[derive(Clone, Debug)]
pub(super) struct Checkpoints {
    path: PathBuf,
    /// Found damaged by [`latest`](Self::latest); they go when a new one is safe.
    damaged: BTreeSet<u64>,
}

impl Checkpoints {
    /// Opens the folder and clears away what dead processes left there; the caller has the lock.
    pub(super) fn open(run: &Path) -> Result<Self, CheckpointError> {
        let path = run.join("checkpoints");
        fs::create_dir_all(&path).map_err(io_error("create", &path))?;
        for entry in fs::read_dir(&path).map_err(io_error("read", &path))? {
            let entry = entry.map_err(io_error("read", &path))?;
            if entry.file_name().to_string_lossy().starts_with('.') {
                let litter = entry.path();
                fs::remove_dir_all(&litter).map_err(io_error("remove", &litter))?;
            }
        }
        Ok(Self { path, damaged: BTreeSet::new() })
    }

    pub(super) fn save(
        &mut self,
        position: Value,
        tensors: &Tensors,
        keep: Retention,
        metrics_bytes: u64,
    ) -> Result<(), CheckpointError> {
        let number = self.numbers()?.last().map_or(1, |last| last + 1);
        let target = self.numbered(number);
        let mut writer = FolderWriter::create_in_existing(&target, Overwrite::Refuse)?;
        writer.write_tensors(TENSORS, tensors, Dtype::F32)?;
        let state = State { schema: 1, anchor: keep == Retention::Anchor, metrics_bytes, position };
        let state = serde_json::to_vec(&state)
            .map_err(|source| CheckpointError::Json { path: self.path.join(STATE), source })?;
        writer.write(STATE, &state)?;
        writer.finish()?;
        self.rotate(number, keep)
    }

    /// The newest intact checkpoint; `None` when nothing was saved.
    pub(super) fn latest(&mut self) -> Result<Option<Checkpoint>, CheckpointError> {
        let mut skipped = Vec::new();
        for number in self.numbers()?.into_iter().rev() {
            match self.load(number) {
                Ok(checkpoint) => return Ok(Some(Checkpoint { skipped, ..checkpoint })),
                Err(reason) => {
                    self.damaged.insert(number);
                    skipped.push(SkippedCheckpoint { reason });
                }
            }
        }
        let count = skipped.len();
        match skipped.into_iter().next() {
            None => Ok(None),
            Some(newest) => Err(CheckpointError::NoValidCheckpoint {
                path: self.path.clone(),
                count,
                source: Box::new(newest.reason),
            }),
        }
    }

    /// Removes what is newer than the newest anchor, and returns that one; `None` if there is none.
    pub(super) fn back_to_anchor(&mut self) -> Result<Option<Checkpoint>, CheckpointError> {
        let numbers = self.numbers()?;
        let is_anchor = |&&number: &&u64| self.state(number).is_ok_and(|state| state.anchor);
        let Some(&anchor) = numbers.iter().rev().find(is_anchor) else { return Ok(None) };
        let checkpoint = self.load(anchor)?; // before anything is removed
        // The newest first: whatever is left if we are killed, its lines are in the metrics.
        for &number in numbers.iter().rev().take_while(|&&number| number > anchor) {
            self.remove(number)?;
        }
        Ok(Some(checkpoint))
    }

    /// Removes the damaged ones and all but the last two and the newest anchor.
    fn rotate(&mut self, newest: u64, keep: Retention) -> Result<(), CheckpointError> {
        let mut anchor_found = keep == Retention::Anchor;
        let mut recent = 1;
        for number in self.numbers()?.into_iter().rev().filter(|&number| number != newest) {
            let intact = match self.state(number) {
                _ if self.damaged.contains(&number) => None,
                Ok(state) => Some(state),
                Err(error) if error.class() == ErrorClass::Io => return Err(error),
                Err(_) => None,
            };
            let anchor = intact.as_ref().is_some_and(|state| state.anchor) && !anchor_found;
            anchor_found |= anchor;
            recent += usize::from(intact.is_some());
            if !anchor && (recent > RECENT || intact.is_none()) {
                self.remove(number)?;
            }
        }
        self.damaged.clear();
        Ok(())
    }

    /// Removes a checkpoint under a hidden name, so that half of one is never seen.
    fn remove(&self, number: u64) -> Result<(), CheckpointError> {
        let (path, hidden) = (self.numbered(number), self.path.join(format!(".{number:06}.gone")));
        rename(&path, &hidden)?;
        crash_point("rotation.renamed");
        sync_folder(&self.path)?;
        fs::remove_dir_all(&hidden).map_err(io_error("remove", &hidden))?;
        crash_point("rotation.removed");
        Ok(())
    }

    fn load(&self, number: u64) -> Result<Checkpoint, CheckpointError> {
        let folder = ModelFolder::open(&self.numbered(number))?;
        let State { metrics_bytes, position, .. } = parse(&folder)?;
        Ok(Checkpoint { position, skipped: Vec::new(), metrics_bytes, folder })
    }

    /// The small file alone, without hashing gigabytes of weights.
    fn state(&self, number: u64) -> Result<State, CheckpointError> {
        parse(&ModelFolder::open_unverified(&self.numbered(number))?)
    }

    fn numbered(&self, number: u64) -> PathBuf {
        self.path.join(format!("{number:06}"))
    }

    /// Numbers of all checkpoints, ascending.
    pub(super) fn numbers(&self) -> Result<Vec<u64>, CheckpointError> {
        let mut numbers = Vec::new();
        for entry in fs::read_dir(&self.path).map_err(io_error("read", &self.path))? {
            let name = entry.map_err(io_error("read", &self.path))?.file_name();
            numbers.extend(name.to_str().and_then(|name| name.parse::<u64>().ok()));
        }
        numbers.sort_unstable();
        Ok(numbers)
    }
}

fn parse(folder: &ModelFolder) -> Result<State, CheckpointError> {
    serde_json::from_slice(&folder.read(STATE)?)
        .map_err(|source| CheckpointError::Json { path: folder.path().join(STATE), source })
}
