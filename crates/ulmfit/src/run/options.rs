//! When a run saves its state, and what it does about numbers that are not finite.

use std::time::Duration;

/// How often a checkpoint is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckpointInterval {
    /// After so much time.
    Time(Duration),
    /// After so many updates.
    Updates(u64),
}

impl Default for CheckpointInterval {
    fn default() -> Self {
        Self::Time(Duration::from_mins(10))
    }
}

/// What happens when a loss, a gradient or a weight becomes NaN or infinite.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnNan {
    /// The run ends, and says where it happened.
    #[default]
    Stop,
    /// The run goes back to its last checkpoint on schedule and halves all learning rates from
    /// there on, at most [`MAX_ROLLBACKS`](crate::train::MAX_ROLLBACKS) times.
    Rollback,
}
