//! The training loop, the only one.
//!
//! [`fit`] runs the phases of a [`Plan`] over a [`Trainee`]: a language model on a stream of
//! tokens ([`LmTrainee`]) or a classifier on labelled documents ([`ClassifierTrainee`]). All it
//! does is a pure function of the plan and the [`Position`], so a run continues exactly from a
//! [`Snapshot`].

mod classifier;
mod control;
pub mod distillation;
mod divergence;
pub mod dropout_pairs;
mod dual;
pub mod end_to_end;
mod error;
mod event;
mod fit;
mod folds;
mod hypercolumns;
mod lane_masks;
mod lanes;
pub mod linear_head;
mod lm;
mod lr_find;
pub mod masked_words;
pub(crate) mod measure;
mod multi_task;
mod naive_bayes;
pub mod ngrams;
pub mod pair_labels;
pub mod pairs;
mod plan;
pub(crate) mod pseudo_labels;
pub mod ranks;
mod scale;
mod snapshot;
mod sparse;
mod trainee;
pub mod word_masks;

pub use classifier::{ClassifierTrainee, Labelled, LossConfig};
pub use control::Control;
pub use divergence::{MAX_ROLLBACKS, rollback_factor};
pub use error::TrainError;
pub use event::{Event, NoObserver, Observer};
pub use fit::{Completion, fit};
pub use hypercolumns::{FeatureRows, HypercolumnTrainee};
pub use lm::LmTrainee;
pub use lr_find::{LrFindOptions, lr_find};
pub use multi_task::{LmTask, MultiTaskTrainee};
pub use plan::{Phase, Plan};
pub use ranks::Ranks;
pub use snapshot::{Checkpointer, NoCheckpoints, Position, Snapshot};
pub use trainee::{StepLoss, StepPlan, Trainee, Validation};
