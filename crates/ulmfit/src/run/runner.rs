//! Training with a run folder, so that it can be continued after a kill.

use super::clock::{Clock, Elapsed};
use super::options::{CheckpointInterval, OnNan};
use super::owner::RunOwner;
use super::result::remove_run;
use super::run_checkpointer::{
    ProgressObserver, RankCheckpointer, RunCheckpointer, start_checkpoint, stop_asked,
};
use super::same_on_all::same_on_all;
use crate::Error;
use crate::checkpoint::{Checkpoint, CheckpointError, Retention, RunFolder, VERSION};
use crate::fingerprint;
use crate::model::Network;
use crate::progress::{Progress, StageName};
use crate::report::TrainingHistory;
use crate::setting::Setting;
use crate::train::ranks::{Alone, agree, share_snapshot};
use crate::train::{
    Completion, Control, Event, MAX_ROLLBACKS, Plan, Position, Ranks, Snapshot, TrainError,
    Trainee, fit, rollback_factor,
};
use serde_json::Value;
use std::cell::RefCell;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use ulmfit_ops::Device;

/// Runs trainings, each in its own folder below that of the command.
pub struct Runner<'a> {
    /// Progress sink.
    pub progress: &'a mut dyn Progress,
    settings: RunSettings,
    history: RunHistory,
}

/// How trainings are run.
#[derive(Clone)]
pub(crate) struct RunSettings {
    clock: Arc<Clock>,
    folder: Option<PathBuf>,
    every: CheckpointInterval,
    on_nan: OnNan,
    ranks: Arc<dyn Ranks>,
    owner: Arc<RunOwner>,
}

impl RunSettings {
    /// How many updates apart the checkpoints are to which the run can be rolled back.
    fn anchors(&self) -> Option<u64> {
        match (self.on_nan, self.every) {
            (OnNan::Rollback, CheckpointInterval::Updates(every)) => Some(every),
            _ => None,
        }
    }
}

/// The trainings that a runner has done so far.
#[derive(Default)]
pub(crate) struct RunHistory {
    trained: Vec<Trained>,
    continued: bool,
}

/// A finished training.
struct Trained {
    task: StageName,
    plan: Plan,
    groups: Vec<String>,
}

impl<'a> Runner<'a> {
    /// Without a folder nothing is kept and nothing can be continued.
    pub fn new(
        progress: &'a mut dyn Progress,
        folder: Option<PathBuf>,
        every: CheckpointInterval,
    ) -> Self {
        let (clock, ranks) = (Arc::new(Clock::start()), Arc::new(Alone));
        let owner = Arc::default();
        Self::with(
            RunSettings { clock, folder, every, on_nan: OnNan::Stop, ranks, owner },
            progress,
        )
    }

    pub(crate) fn with(settings: RunSettings, progress: &'a mut dyn Progress) -> Self {
        Self { progress, settings, history: RunHistory::default() }
    }

    pub(crate) fn settings(&self) -> &RunSettings {
        &self.settings
    }

    pub(crate) fn history(self) -> RunHistory {
        self.history
    }

    /// Adds the trainings of another runner.
    pub(crate) fn add(&mut self, history: RunHistory) {
        self.history.trained.extend(history.trained);
        self.history.continued |= history.continued;
    }

    /// Sets what to do when the loss becomes NaN.
    ///
    /// # Errors
    /// [`Error::Usage`] for [`OnNan::Rollback`] with checkpoints by the clock: where such a run
    /// goes back to would depend on the machine, and its result with it.
    pub fn with_on_nan(self, on_nan: OnNan) -> Result<Self, Error> {
        if on_nan == OnNan::Rollback && matches!(self.settings.every, CheckpointInterval::Time(_)) {
            let message = "a rollback needs checkpoints after a number of updates".into();
            let hint = format!(
                "add {}, or another number: a rollback by the clock could not be repeated",
                self.progress.spelling().with(Setting::CheckpointEvery, "1000")
            );
            return Err(Error::Usage { message, hint: Some(hint) });
        }
        Ok(Self { settings: RunSettings { on_nan, ..self.settings }, ..self })
    }

    /// Names the command whose state the run folder keeps.
    ///
    /// # Errors
    /// [`CheckpointError::ConfigDiffers`] when another command, or one with another method, was interrupted there: at its
    /// end this one would remove what that one has learned.
    ///
    /// [`CheckpointError::ConfigDiffers`]: crate::checkpoint::CheckpointError::ConfigDiffers
    pub fn for_command(self, command: Value) -> Result<Self, Error> {
        let owner = RunOwner::new(command);
        if let Some(folder) = self.folder() {
            owner.check(folder)?;
        }
        Ok(Self { settings: RunSettings { owner: Arc::new(owner), ..self.settings }, ..self })
    }

    /// Trains together with other ranks, of which rank 0 alone uses the folder. Its language models deal
    /// their lanes; other trainings are the same on every rank.
    #[must_use]
    pub fn with_ranks(self, ranks: Arc<dyn Ranks>) -> Self {
        Self { settings: RunSettings { ranks, ..self.settings }, ..self }
    }

    /// Those it trains with.
    pub fn ranks(&self) -> &Arc<dyn Ranks> {
        &self.settings.ranks
    }

    /// The run folder, if there is one.
    pub fn folder(&self) -> Option<&Path> {
        self.settings.folder.as_deref()
    }

    /// Trains, or continues a training that was interrupted, or returns at once if it was done.
    ///
    /// `identity` is everything the result depends on; a run started with another one is refused.
    ///
    /// # Errors
    /// [`Error::Stopped`] when the user asked to stop, [`Error::Train`] and
    /// [`Error::Checkpoint`].
    pub fn train<D: Device, T: Trainee<D>>(
        &mut self,
        task: &StageName,
        device: &D,
        trainee: &mut T,
        plan: &Plan,
        identity: &Value,
    ) -> Result<(), Error> {
        let ranks = Arc::clone(&self.settings.ranks);
        same_on_all(&*ranks, identity)?;
        self.progress.stage_started(task);
        ulmfit_ops::trim_memory(); // what the stage before has left behind
        let outcome = match self.settings.folder.clone() {
            Some(folder) if ranks.rank() == 0 => {
                self.train_in(&folder, task, device, trainee, plan, identity)
            }
            _ => self.train_beside(task, device, trainee, plan),
        };
        let outcome = outcome.map(|outcome| (outcome, agree(&*ranks, stop_asked(self.progress))));
        self.progress.stage_ended(task);
        let (Completion::Done, Control::Continue) = outcome? else { return Err(Error::Stopped) };
        let (task, plan) = (task.clone(), plan.clone());
        self.history.trained.push(Trained { task, plan, groups: trainee.model().group_names() });
        Ok(())
    }

    /// Without a folder: on its own, or as a rank that takes the state from rank 0.
    fn train_beside<D: Device, T: Trainee<D>>(
        &mut self,
        task: &StageName,
        device: &D,
        trainee: &mut T,
        plan: &Plan,
    ) -> Result<Completion, Error> {
        let ranks = Arc::clone(&self.settings.ranks);
        let anchors = self.settings.anchors().filter(|_| ranks.rank() > 0);
        loop {
            let from = share_snapshot(&*ranks, None);
            let mut observer = ProgressObserver::new(self.progress, task, None, &*ranks);
            let mut saver = RankCheckpointer { anchors };
            match fit(device, trainee, plan, from.as_ref(), &mut observer, &mut saver) {
                // rank 0 finds the same, rolls back and shares where to
                Err(error) if anchors.is_some() && error.diverged_at().is_some() => {}
                outcome => return Ok(outcome?),
            }
        }
    }

    fn train_in<D: Device, T: Trainee<D>>(
        &mut self,
        folder: &Path,
        task: &StageName,
        device: &D,
        trainee: &mut T,
        plan: &Plan,
        identity: &Value,
    ) -> Result<Completion, Error> {
        let mut identity = identity.clone();
        identity[VERSION] = fingerprint::IDENTITIES.into();
        identity["numerics"] = fingerprint::NUMERICS.into();
        let (anchors, ranks) = (self.settings.anchors(), Arc::clone(&self.settings.ranks));
        if let Some(every) = anchors {
            identity["rollback-every"] = every.into(); // the result depends on it
        }
        self.settings.owner.write(folder)?;
        let mut run = RunFolder::open_or_create(&folder.join(&task.name))?;
        run.config(&identity)?;
        let latest = run.latest_checkpoint()?;
        for skipped in latest.iter().flat_map(|checkpoint| &checkpoint.skipped) {
            self.progress.warn(&skipped.to_string());
        }
        let mut from = latest.as_ref().map(read_snapshot).transpose()?;
        if let (Some(from), Some(checkpoint)) = (&from, &latest) {
            self.settings.clock.count_earlier(Elapsed::of(&checkpoint.position));
            self.history.continued = true;
            self.progress.note(&format!("continuing after update {}", from.position.updates));
        }
        let run = RefCell::new(run);
        loop {
            from = share_snapshot(&*ranks, from);
            let mut observer = ProgressObserver::new(self.progress, task, Some(&run), &*ranks);
            let clock = Arc::clone(&self.settings.clock);
            let mut saver =
                RunCheckpointer::new(&run, self.settings.every, anchors).with_clock(clock);
            let outcome = fit(device, trainee, plan, from.as_ref(), &mut observer, &mut saver);
            observer.result()?;
            match outcome {
                Err(error) if anchors.is_some() && error.diverged_at().is_some() => {
                    from = Some(self.roll_back(task, &run, error)?);
                }
                outcome => return Ok(outcome?),
            }
        }
    }

    /// Rolls back to the last anchor and saves another one there, with lower rates.
    ///
    /// After a kill at any moment in between, the run gets here again, because everything is a pure
    /// function of that checkpoint.
    fn roll_back(
        &mut self,
        task: &StageName,
        run: &RefCell<RunFolder>,
        error: TrainError,
    ) -> Result<Snapshot, Error> {
        let mut run = run.borrow_mut();
        let Some(anchor) = run.roll_back()? else { return Err(error.into()) };
        let mut snapshot = read_snapshot(&anchor)?;
        let position = &mut snapshot.position;
        if position.rollbacks == MAX_ROLLBACKS {
            return Err(error.into());
        }
        position.rollbacks += 1;
        let (step, rate_factor) = (position.updates, rollback_factor(position.rollbacks));
        let (from, reason) = (error.diverged_at().unwrap_or(step), error.to_string());
        self.progress.warn(&format!(
            "{reason}: back to update {step}, all learning rates times {rate_factor}"
        ));
        let event = Event::RolledBack { step, from, reason, rate_factor };
        run.append_metrics(&event)?;
        self.progress.event(task, &event);
        start_checkpoint(&mut run, snapshot.clone(), Retention::Anchor, &self.settings.clock)?;
        run.finish_checkpoint()?;
        Ok(snapshot)
    }

    /// Removes the run folder once the result is safe elsewhere.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] when another process uses it, or it cannot be removed.
    pub fn clean(&self) -> Result<(), Error> {
        self.folder().map_or(Ok(()), remove_run)
    }

    /// The histories of the trainings so far, in their order; empty without a folder.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] when the metrics of one cannot be read.
    pub fn courses(&self) -> Result<Vec<TrainingHistory>, Error> {
        let Some(folder) = self.folder() else { return Ok(Vec::new()) };
        let course = |Trained { task, plan, groups }: &Trained| {
            let task_folder = folder.join(&task.name);
            let path = task_folder.join("metrics.jsonl");
            let read = File::open(&path).and_then(|file| {
                TrainingHistory::read(BufReader::new(file), &task.title, plan, groups.clone())
            });
            Ok(read.map_err(|source| match source.kind() {
                io::ErrorKind::InvalidData => CheckpointError::Metrics { path, source },
                _ if !task_folder.exists() => CheckpointError::RunRemoved { path: task_folder },
                _ => CheckpointError::Io { action: "read", path, source },
            })?)
        };
        self.history.trained.iter().map(course).collect()
    }

    /// The time of earlier processes up to the checkpoints that this one continued from.
    pub fn earlier(&self) -> Duration {
        self.settings.clock.earlier()
    }

    /// Whether one of them continued an interrupted run.
    pub fn continued(&self) -> bool {
        self.history.continued
    }

    /// `metrics.jsonl` of every training so far, by task name.
    pub fn metrics(&self) -> Vec<(String, Vec<u8>)> {
        let Some(folder) = self.folder() else { return Vec::new() };
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

fn read_snapshot(checkpoint: &Checkpoint) -> Result<Snapshot, Error> {
    let path = checkpoint.folder().path();
    let position: Position = serde_json::from_value(Elapsed::without(&checkpoint.position))
        .map_err(|source| CheckpointError::Json { path: path.to_owned(), source })?;
    Ok(Snapshot { position, tensors: checkpoint.tensors()? })
}
