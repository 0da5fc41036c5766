//! Options that several commands share.

mod classifier;
mod common;
mod data;
mod decision;
mod duration;
mod experiment;
mod explain;
mod file_target;
mod folder_name;
mod folds;
mod labels;
mod lanes;
mod learning;
mod lm_learning;
mod network;
mod precision;
mod ranks;
mod rows;
mod run;
mod shard;
mod size;
mod step;
mod target;
mod vocab;

pub(crate) use classifier::ClassifierOptions;
pub(crate) use common::{Common, ProgressForm, thread_count};
pub(crate) use data::DataOptions;
pub(crate) use decision::DecisionOptions;
pub(crate) use duration::some_time;
#[cfg(feature = "serve")]
pub(crate) use duration::time;
pub(crate) use experiment::ExperimentOptions;
pub(crate) use explain::ExplainArg;
pub(crate) use file_target::FileTarget;
pub(crate) use folder_name::folder_name;
pub(crate) use folds::FoldsOption;
pub(crate) use labels::LabelArgs;
pub(crate) use lanes::LanesOption;
pub(crate) use learning::LearningOptions;
pub(crate) use lm_learning::LmLearningOptions;
pub(crate) use network::{DirectionOption, NetworkOptions};
pub(crate) use precision::PrecisionOption;
pub(crate) use ranks::RanksOption;
pub(crate) use rows::LabelledRows;
pub(crate) use run::{RunOptions, overwrite_of};
pub(crate) use shard::Shard;
#[cfg(feature = "serve")]
pub(crate) use size::size;
pub(crate) use step::StepOptions;
pub(crate) use target::Target;
pub(crate) use vocab::{
    BaseWordsOption, FROM_SCRATCH, LanguageOption, VocabOptions, VocabSizeOptions,
};
