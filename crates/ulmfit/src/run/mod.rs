//! Runs that survive: run folders, checkpoints, progress, several trainings side by side.

#[cfg(feature = "train")]
mod clock;
#[cfg(feature = "train")]
mod options;
#[cfg(feature = "train")]
mod owner;
#[cfg(feature = "train")]
mod result;
#[cfg(feature = "train")]
mod run_checkpointer;
#[cfg(feature = "train")]
mod runner;
#[cfg(feature = "train")]
mod same_on_all;
#[cfg(feature = "train")]
mod side_by_side;
#[cfg(feature = "train")]
mod stage_names;
#[cfg(feature = "train")]
mod timings;

pub use crate::progress::{NoProgress, Progress, StageName, Work, WorkPhase, WorkTracker, about};
#[cfg(feature = "train")]
pub use options::{CheckpointInterval, OnNan};
#[cfg(feature = "train")]
pub(crate) use result::remove_run;
#[cfg(feature = "train")]
pub use result::{claim, run_folder};
#[cfg(feature = "train")]
pub use run_checkpointer::RunCheckpointer;
#[cfg(feature = "train")]
pub use runner::Runner;
#[cfg(feature = "train")]
pub use same_on_all::{deal_lanes, same_on_all};
#[cfg(feature = "train")]
pub(crate) use stage_names::{
    FOLD, LabelOrigin, LabelSource, LmStage, contrast_again_stage, contrast_stage,
    dropout_pairs_stage, end_to_end_stage, masked_words_stage,
};
#[cfg(feature = "train")]
pub(crate) use timings::Timings;
