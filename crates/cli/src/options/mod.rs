//! Options that several commands share.

mod classifier;
mod common;
mod data;
mod learning;
mod network;
mod run;

pub(crate) use classifier::ClassifierOptions;
pub(crate) use common::{Common, thread_count};
pub(crate) use data::DataOptions;
pub(crate) use learning::LearningOptions;
pub(crate) use network::{DirectionOption, NetworkOptions, VocabOptions};
pub(crate) use run::{RunOptions, overwrite_of};
