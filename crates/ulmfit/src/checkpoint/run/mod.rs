//! The folder of a training run.

mod checkpoints;
mod config;
mod folder;
mod lock;
mod metrics;

#[cfg(test)]
#[cfg(all(unix, debug_assertions))]
mod crash_tests;
#[cfg(test)]
#[cfg(unix)]
mod disk_tests;
#[cfg(test)]
mod tests;

pub use checkpoints::{Checkpoint, Retention, SkippedCheckpoint};
pub(crate) use config::{CONFIG, VERSION, differences, store_or_compare};
pub use folder::RunFolder;
pub use lock::RunLock;
