//! Options that several commands share.

mod classifier;
mod common;
mod data;
mod experiment;
mod labels;
mod learning;
mod network;
mod precision;
mod run;

pub(crate) use classifier::ClassifierOptions;
pub(crate) use common::{Common, thread_count};
pub(crate) use data::DataOptions;
pub(crate) use experiment::ExperimentOptions;
pub(crate) use labels::LabelArgs;
pub(crate) use learning::LearningOptions;
pub(crate) use network::{
    BaseWordsOption, DirectionOption, FROM_SCRATCH, NetworkOptions, VocabOptions,
};
pub(crate) use precision::PrecisionOption;
pub(crate) use run::{RunOptions, overwrite_of};
