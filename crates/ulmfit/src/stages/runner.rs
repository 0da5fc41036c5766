//! Training with a run folder behind it, so that it survives being killed.

use super::Error;
use super::progress::{Progress, Task};
use crate::checkpoint::{
    Checkpoint, CheckpointError, Dtype, Keep, RunFolder, RunLock, Tensors, peek_tensors,
    read_tensors, write_tensors,
};
use crate::train::{
    Checkpointer, Event, Outcome, Plan, Position, Snapshot, TrainError, Trainee, fit,
};
use serde_json::Value;
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use ulmfit_ops::Device;

/// File of a checkpoint that holds all tensors.
const STATE: &str = "state.safetensors";

/// How often a checkpoint is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Every {
    /// After so much time.
    Time(Duration),
    /// After so many updates.
    Updates(u64),
}

impl Default for Every {
    fn default() -> Self {
        Self::Time(Duration::from_mins(10))
    }
}

/// Runs trainings one after the other, each in its own folder below that of the command.
pub struct Runner<'a> {
    /// Who watches.
    pub progress: &'a mut dyn Progress,
    folder: Option<PathBuf>,
    every: Every,
}

impl<'a> Runner<'a> {
    /// Without a folder nothing is kept and nothing can be continued.
    pub fn new(progress: &'a mut dyn Progress, folder: Option<PathBuf>, every: Every) -> Self {
        Self { progress, folder, every }
    }

    /// Where the state of this command lies, if it is kept.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// Trains, or continues a training that was interrupted, or returns at once if it was done.
    ///
    /// `identity` is everything the result depends on; a run begun with another one is refused.
    ///
    /// # Errors
    /// [`Error::Stopped`] when the watcher asked to stop, [`Error::Train`] and
    /// [`Error::Checkpoint`].
    pub fn train<D: Device, T: Trainee<D>>(
        &mut self,
        task: &Task,
        device: &D,
        trainee: &mut T,
        plan: &Plan,
        identity: &Value,
    ) -> Result<(), Error> {
        self.progress.task(task);
        let Some(folder) = &self.folder else {
            let progress = &mut *self.progress;
            let mut observer = |event: &Event| progress.event(event);
            let mut none = crate::train::NoCheckpoints;
            return finished(fit(device, trainee, plan, None, &mut observer, &mut none)?);
        };
        let mut run = RunFolder::open_or_create(&folder.join(&task.name))?;
        run.config(identity)?;
        let latest = run.latest_checkpoint()?;
        for skipped in latest.iter().flat_map(|checkpoint| &checkpoint.skipped) {
            self.progress.warn(&skipped.to_string());
        }
        let from = latest.map(|checkpoint| read_snapshot(&checkpoint)).transpose()?;
        if let Some(from) = &from {
            self.progress.note(&format!("continuing after update {}", from.position.updates));
        }
        let shared = RefCell::new(run);
        let failed = RefCell::new(None);
        let progress = &mut *self.progress;
        let mut observer = |event: &Event| {
            if let Err(error) = shared.borrow_mut().append_metrics(event) {
                failed.borrow_mut().get_or_insert(error);
                return crate::train::Control::Stop;
            }
            progress.event(event)
        };
        let mut saver = Saver { run: &shared, every: self.every, last: Instant::now() };
        let outcome = fit(device, trainee, plan, from.as_ref(), &mut observer, &mut saver)?;
        match failed.into_inner() {
            Some(error) => Err(error.into()),
            None => finished(outcome),
        }
    }

    /// Removes the run folder once the result is safe elsewhere.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] when another process is at it, or it cannot be removed.
    pub fn clean(&self) -> Result<(), Error> {
        let Some(folder) = self.folder.as_deref().filter(|folder| folder.exists()) else {
            return Ok(());
        };
        let tasks = std::fs::read_dir(folder).into_iter().flatten().flatten();
        for task in tasks.filter(|task| task.path().is_dir()) {
            drop(RunLock::take(&task.path())?); // fails while somebody works there
        }
        std::fs::remove_dir_all(folder).map_err(|source| {
            let path = folder.to_owned();
            CheckpointError::Io { action: "remove", path, source }.into()
        })
    }

    /// `metrics.jsonl` of every training so far, by task name.
    pub fn metrics(&self) -> Vec<(String, Vec<u8>)> {
        let Some(folder) = &self.folder else { return Vec::new() };
        let mut found: Vec<_> = std::fs::read_dir(folder)
            .into_iter()
            .flatten()
            .filter_map(|entry| {
                let path = entry.ok()?.path();
                let name = path.file_name()?.to_str()?.to_owned();
                Some((name, std::fs::read(path.join("metrics.jsonl")).ok()?))
            })
            .collect();
        found.sort();
        found
    }
}

/// Folder of a command whose result will be `output`.
pub fn run_folder(output: &Path) -> PathBuf {
    let mut name = output.file_name().unwrap_or_default().to_owned();
    name.push(".run");
    output.with_file_name(name)
}

fn finished(outcome: Outcome) -> Result<(), Error> {
    match outcome {
        Outcome::Done => Ok(()),
        Outcome::Stopped => Err(Error::Stopped),
    }
}

struct Saver<'a> {
    run: &'a RefCell<RunFolder>,
    every: Every,
    last: Instant,
}

impl Checkpointer for Saver<'_> {
    fn due(&mut self, updates: u64) -> bool {
        match self.every {
            Every::Time(time) => self.last.elapsed() >= time,
            Every::Updates(every) => updates.is_multiple_of(every.max(1)),
        }
    }

    fn save(&mut self, snapshot: Snapshot) -> Result<(), TrainError> {
        let position = serde_json::to_value(&snapshot.position).expect("plain data serialises");
        let bytes = write_tensors(&snapshot.tensors, Dtype::F32)?;
        self.run.borrow_mut().save_checkpoint(&position, &[(STATE, bytes)], Keep::Recent)?;
        self.last = Instant::now();
        Ok(())
    }
}

fn read_snapshot(checkpoint: &Checkpoint) -> Result<Snapshot, Error> {
    let path = checkpoint.folder().path();
    let position: Position = serde_json::from_value(checkpoint.position.clone())
        .map_err(|source| CheckpointError::Json { path: path.to_owned(), source })?;
    let bytes = checkpoint.read(STATE)?;
    let found = peek_tensors(&bytes)?;
    let shapes = found.into_iter().map(|tensor| (tensor.name, tensor.dims)).collect();
    let tensors: Tensors = read_tensors(&bytes, &shapes)?;
    Ok(Snapshot { position, tensors })
}
