//! The folder of a training run.

mod checkpoints;
mod config;
mod folder;
mod lock;
mod metrics;

#[cfg(all(test, unix, feature = "crash-points"))]
mod crash_tests;
#[cfg(test)]
mod tests;

pub use checkpoints::{Checkpoint, Keep, SkippedCheckpoint};
pub use folder::RunFolder;
