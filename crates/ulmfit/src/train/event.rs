//! Events of a training, and who receives them.

use super::Validation;
use super::control::Control;
use serde::{Deserialize, Serialize};

/// Something happened. The fields are pure functions of the run: no clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Event {
    /// An update was made.
    Step {
        /// Updates of the run so far, this one included.
        step: u64,
        /// Updates the run will have in all.
        steps: u64,
        /// Phase, from 0.
        phase: usize,
        /// Epoch over all phases, from 0.
        epoch: usize,
        /// Mean loss of the batches of this update.
        loss: f64,
        /// Learning rate of the highest group.
        lr: f64,
        /// Momentum, if the schedule sets it.
        mom: Option<f64>,
        /// Global norm of the gradients before clipping.
        grad_norm: f64,
        /// Tokens of this update.
        tokens: usize,
    },
    /// An epoch ended.
    Epoch {
        /// Updates of the run so far.
        step: u64,
        /// Phase, from 0.
        phase: usize,
        /// Epoch over all phases, from 0.
        epoch: usize,
        /// Epochs of all phases.
        epochs: usize,
        /// Mean training loss of the epoch, with dropout.
        train_loss: f64,
        /// Held-out figures.
        valid: Option<Validation>,
        /// Whether this epoch has the lowest validation loss of its phase so far, and the recipe
        /// selects by it (early stopping, or keeping the best epoch).
        best: bool,
    },
    /// A phase ended early.
    StoppedEarly {
        /// Phase, from 0.
        phase: usize,
        /// Last epoch run, over all phases.
        epoch: usize,
    },
    /// NT-ASGD began to average weights.
    Averaging {
        /// Epoch over all phases, from 0.
        epoch: usize,
    },
    /// Numbers stopped being finite, and the run went back to an earlier state.
    RolledBack {
        /// Updates of the run at that state.
        step: u64,
        /// Updates of the run when it happened.
        from: u64,
        /// What happened.
        reason: String,
        /// Factor of all learning rates from here on.
        rate_factor: f64,
    },
}

/// Receives events: a progress bar, a log file, a test.
pub trait Observer {
    /// Receives an event; returns whether to continue.
    fn event(&mut self, event: &Event) -> Control;

    /// Returns whether to continue, in the middle of a validation.
    fn poll(&mut self) -> Control {
        Control::Continue
    }
}

/// Ignores all events.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoObserver;

impl Observer for NoObserver {
    fn event(&mut self, _event: &Event) -> Control {
        Control::Continue
    }
}

impl<F: FnMut(&Event) -> Control> Observer for F {
    fn event(&mut self, event: &Event) -> Control {
        self(event)
    }
}
