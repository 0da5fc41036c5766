//! Between the training loop and the run folder: events and checkpoints.

use super::clock::Clock;
use super::options::CheckpointInterval;
use crate::checkpoint::{CheckpointError, Retention, RunFolder};
use crate::progress::{Progress, StageName};
use crate::train::ranks::agree;
use crate::train::{Checkpointer, Control, Event, Observer, Ranks, Snapshot, TrainError};
use std::cell::RefCell;
use std::sync::Arc;
use std::time::Instant;

/// Writes events to the metrics of a run and passes them on to a [`Progress`].
pub(crate) struct ProgressObserver<'a> {
    progress: &'a mut dyn Progress,
    task: &'a StageName,
    run: Option<&'a RefCell<RunFolder>>,
    ranks: &'a dyn Ranks,
    failed: Option<CheckpointError>,
}

impl<'a> ProgressObserver<'a> {
    pub(crate) fn new(
        progress: &'a mut dyn Progress,
        task: &'a StageName,
        run: Option<&'a RefCell<RunFolder>>,
        ranks: &'a dyn Ranks,
    ) -> Self {
        Self { progress, task, run, ranks, failed: None }
    }

    /// What went wrong with the metrics.
    pub(crate) fn result(self) -> Result<(), CheckpointError> {
        self.failed.map_or(Ok(()), Err)
    }
}

impl Observer for ProgressObserver<'_> {
    fn event(&mut self, event: &Event) -> Control {
        let written = self.run.map_or(Ok(()), |run| run.borrow_mut().append_metrics(event));
        if let Err(error) = written {
            self.failed.get_or_insert(error);
            return Control::Stop;
        }
        let own = self.progress.event(self.task, event);
        // of the others the loop takes no answer
        if matches!(event, Event::Step { .. }) { agree(self.ranks, own) } else { own }
    }

    fn poll(&mut self) -> Control {
        agree(self.ranks, stop_asked(self.progress))
    }
}

/// Whether the user asked this process to stop.
pub(crate) fn stop_asked(progress: &dyn Progress) -> Control {
    if progress.stop_asked() { Control::Stop } else { Control::Continue }
}

/// Makes checkpoints of a run.
pub struct RunCheckpointer<'a> {
    run: &'a RefCell<RunFolder>,
    every: CheckpointInterval,
    /// Those after a multiple of this many updates are anchors, to which a run can be rolled back.
    anchors: Option<u64>,
    last: Instant,
    clock: Arc<Clock>,
}

impl<'a> RunCheckpointer<'a> {
    /// Saves into `run`, `every` so often.
    pub fn new(
        run: &'a RefCell<RunFolder>,
        every: CheckpointInterval,
        anchors: Option<u64>,
    ) -> Self {
        Self { run, every, anchors, last: Instant::now(), clock: Arc::new(Clock::start()) }
    }

    /// The same with the clock of the whole command.
    pub(crate) fn with_clock(self, clock: Arc<Clock>) -> Self {
        Self { clock, ..self }
    }
}

impl Checkpointer for RunCheckpointer<'_> {
    fn due(&mut self, updates: u64) -> Result<bool, TrainError> {
        self.run.borrow_mut().poll_checkpoint()?;
        Ok(match self.every {
            _ if updates == 0 => self.anchors.is_some(),
            CheckpointInterval::Time(time) => self.last.elapsed() >= time,
            CheckpointInterval::Updates(every) => updates.is_multiple_of(every.max(1)),
        })
    }

    fn save(&mut self, snapshot: Snapshot) -> Result<(), TrainError> {
        let on_schedule = |every: u64| snapshot.position.updates.is_multiple_of(every.max(1));
        let keep = if self.anchors.is_some_and(on_schedule) {
            Retention::Anchor
        } else {
            Retention::Recent
        };
        start_checkpoint(&mut self.run.borrow_mut(), snapshot, keep, &self.clock)?;
        self.last = Instant::now();
        Ok(())
    }

    fn finish(&mut self) -> Result<(), TrainError> {
        Ok(self.run.borrow_mut().finish_checkpoint()?)
    }
}

/// What ranks other than 0 do when it makes checkpoints: nothing but find the same weights that are not
/// finite, if the run can be rolled back for them.
pub(crate) struct RankCheckpointer {
    pub(crate) anchors: Option<u64>,
}

impl Checkpointer for RankCheckpointer {
    fn due(&mut self, updates: u64) -> Result<bool, TrainError> {
        Ok(self.anchors.is_some_and(|every| updates.is_multiple_of(every.max(1))))
    }

    fn save(&mut self, _snapshot: Snapshot) -> Result<(), TrainError> {
        Ok(())
    }
}

/// Starts writing a snapshot.
pub(crate) fn start_checkpoint(
    run: &mut RunFolder,
    snapshot: Snapshot,
    keep: Retention,
    clock: &Clock,
) -> Result<(), CheckpointError> {
    let mut position = serde_json::to_value(&snapshot.position).expect("plain data serialises");
    clock.elapsed().put(&mut position);
    run.start_checkpoint(position, snapshot.tensors, keep)
}
