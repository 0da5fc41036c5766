//! What a stage reports while it runs.

mod tracker;
mod work;

pub use tracker::WorkTracker;
pub use work::{Work, WorkPhase, about};

use crate::setting::Spelling;
#[cfg(feature = "train")]
use crate::train::{Control, Event};

/// The name of a training: one network in one stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageName {
    /// For people: "fine-tune the language model, forward".
    pub title: String,
    /// For files: `finetune-forward`.
    pub name: String,
}

/// Progress sink: a terminal, a log, a test.
///
/// Several trainings may run side by side; all their events come from one thread.
pub trait Progress {
    /// Training begins. Until [`stage_ended`](Self::stage_ended) there is something to save, and a
    /// request to stop should be answered by [`event`](Self::event) and
    /// [`stop_asked`](Self::stop_asked). Before and after, the sink may end the program.
    fn stage_started(&mut self, _task: &StageName) {}

    /// Training has ended, and everything is saved.
    fn stage_ended(&mut self, _task: &StageName) {}

    /// Whether the user asked to stop.
    fn stop_asked(&self) -> bool {
        false
    }

    /// Something happened in training; returns whether to continue.
    #[cfg(feature = "train")]
    fn event(&mut self, _task: &StageName, _event: &Event) -> Control {
        Control::Continue
    }

    /// Part of some work without events is done: documents read, batches scored.
    fn tick(&mut self, _what: &str, _done: usize, _total: Option<usize>) {}

    /// Whether to estimate the time of the whole job before it begins, which takes a second or two.
    fn wants_plan(&self) -> bool {
        false
    }

    /// The whole job, with its expected time, before it begins.
    fn planned(&mut self, _work: &Work) {}

    /// How settings are written in notes and warnings.
    fn spelling(&self) -> Spelling {
        Spelling::default()
    }

    /// A fact the user should know.
    fn note(&mut self, _text: &str) {}

    /// A fact the user should act on.
    fn warn(&mut self, text: &str) {
        self.note(text);
    }
}

/// Ignores everything.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoProgress;

impl Progress for NoProgress {}
