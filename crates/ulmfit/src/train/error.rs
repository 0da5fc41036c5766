//! Why training ended before its end.

use crate::checkpoint::CheckpointError;
use crate::model::LoadError;

/// Why training ended before its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    /// The loss is not a number any more.
    #[error("the loss is {loss} at step {step}; the largest weight is {weight} in `{tensor}`")]
    Loss {
        /// Updates made before.
        step: u64,
        /// The loss.
        loss: f64,
        /// Tensor with the largest weight, or with one that is not finite.
        tensor: String,
        /// That weight.
        weight: f32,
    },
    /// A gradient is not a number any more.
    #[error("the gradient of `{tensor}` is not finite at step {step}")]
    Gradient {
        /// Updates made before.
        step: u64,
        /// First tensor affected.
        tensor: String,
    },
    /// A weight, or what the optimiser remembers of it, is not a number any more.
    #[error("`{tensor}` is not finite after step {step}")]
    Weight {
        /// Updates made so far.
        step: u64,
        /// First tensor affected.
        tensor: String,
    },
    /// There is not a single batch.
    #[error("there is too little text for a single training step")]
    NoSteps,
    /// A snapshot belongs to another model.
    #[error("the checkpoint does not fit the model")]
    Load(#[from] LoadError),
    /// A snapshot could not be written or read.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
}

impl TrainError {
    /// The update at which numbers stopped being finite, if that is what happened.
    pub fn diverged_at(&self) -> Option<u64> {
        match self {
            Self::Loss { step, .. } | Self::Gradient { step, .. } | Self::Weight { step, .. } => {
                Some(*step)
            }
            _ => None,
        }
    }

    /// What to try next.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Loss { .. } | Self::Gradient { .. } | Self::Weight { .. } => Some(
                "lower the learning rate (--lr; in `fit`, that of the language model is --lm-lr) or \
                 clip gradients (--clip), or let the run do it (--on-nan rollback \
                 --checkpoint-every 1000); other settings begin anew with --restart"
                    .into(),
            ),
            Self::NoSteps => Some("give more text or a smaller --batch-size".into()),
            Self::Load(_) => None,
            Self::Checkpoint(error) => error.hint().map(Into::into),
        }
    }
}
