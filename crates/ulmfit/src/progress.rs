//! What a stage tells while it works.

#[cfg(feature = "train")]
use crate::train::{Control, Event};

/// A long piece of work that is about to begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageName {
    /// For people: "fine-tune the language model, forward".
    pub title: String,
    /// For files: `finetune-forward`.
    pub name: String,
}

/// Somebody who watches: a terminal, a test, nobody.
///
/// Several tasks may go on side by side; one thread tells of all.
pub trait Progress {
    /// Training begins: until [`stage_ended`](Self::stage_ended) there is something to save, and a
    /// request to stop should be told by [`event`](Self::event) and
    /// [`stop_asked`](Self::stop_asked). Before and after, whoever watches may end the program.
    fn stage_started(&mut self, _task: &StageName) {}

    /// It has ended, and what there is to save is saved.
    fn stage_ended(&mut self, _task: &StageName) {}

    /// Whether somebody asked to stop.
    fn stop_asked(&self) -> bool {
        false
    }

    /// Something happened in training; says whether to go on.
    #[cfg(feature = "train")]
    fn event(&mut self, _task: &StageName, _event: &Event) -> Control {
        Control::Continue
    }

    /// Part of a task without events is done: documents read, batches scored.
    fn tick(&mut self, _what: &str, _done: usize, _total: Option<usize>) {}

    /// A fact the user should know.
    fn note(&mut self, _text: &str) {}

    /// A fact the user should act on.
    fn warn(&mut self, text: &str) {
        self.note(text);
    }
}

/// Watches nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoProgress;

impl Progress for NoProgress {}
