//! Why training ended before its end.

use crate::checkpoint::CheckpointError;
use crate::model::LoadError;
use crate::setting::{Setting, Spelling};

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
        self.hint_in(Spelling::default())
    }

    /// The same with settings as a front end writes them.
    pub fn hint_in(&self, spelling: Spelling) -> Option<String> {
        let name = |setting| spelling.name(setting);
        match self {
            Self::Loss { .. } | Self::Gradient { .. } | Self::Weight { .. } => Some(format!(
                "lower the learning rate ({}; in `fit`, {} is that of the language model), clip \
                 gradients ({}), or let the run lower the rate itself ({} with {}); to change settings, start over with {}",
                name(Setting::Lr),
                name(Setting::LmLr),
                name(Setting::Clip),
                spelling.with(Setting::OnNan, "rollback"),
                spelling.with(Setting::CheckpointEvery, "1000"),
                name(Setting::Restart)
            )),
            Self::NoSteps => {
                Some(format!("give more text, or a smaller {}", name(Setting::BatchSize)))
            }
            Self::Load(_) => None,
            Self::Checkpoint(error) => error.hint_in(spelling),
        }
    }
}
