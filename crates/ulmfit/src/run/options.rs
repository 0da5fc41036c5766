//! How often a run saves its state, and what it does about NaN and infinity.

use std::time::Duration;

/// How often a checkpoint is saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckpointInterval {
    /// After this much time.
    Time(Duration),
    /// After this many updates.
    Updates(u64),
}

impl Default for CheckpointInterval {
    fn default() -> Self {
        Self::Time(Duration::from_mins(10))
    }
}

/// What happens when a loss, a gradient or a weight becomes NaN or infinite.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
pub enum OnNan {
    /// Stop with an error
    ///
    /// The error says where it happened.
    #[default]
    Stop,
    /// Go back to the last checkpoint and halve the learning rate
    ///
    /// From there on all learning rates are halved, at most
    /// [`MAX_ROLLBACKS`](crate::train::MAX_ROLLBACKS) times.
    Rollback,
}
