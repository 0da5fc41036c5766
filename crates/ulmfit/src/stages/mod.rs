//! The stages: pretrain, fine-tune, train, evaluate. [`fit()`] runs all that are needed.
//!
//! A stage takes texts and a recipe and gives back a model: text pipeline, networks, labels.

#[cfg(feature = "train")]
mod baselines;
#[cfg(feature = "train")]
pub(crate) mod classify;
mod evaluate;
#[cfg(feature = "train")]
pub(crate) mod fit;
#[cfg(feature = "train")]
pub(crate) mod folds;
#[cfg(feature = "train")]
pub(crate) mod language;
#[cfg(feature = "train")]
pub(crate) mod lm_summary;
#[cfg(feature = "train")]
mod lr_find;
#[cfg(feature = "train")]
pub mod model_card;
#[cfg(feature = "train")]
pub(crate) mod options;
#[cfg(feature = "train")]
pub(crate) mod report_on;
#[cfg(feature = "train")]
pub(crate) mod self_training;
#[cfg(feature = "train")]
pub(crate) mod train;
#[cfg(feature = "train")]
mod trained_classifier;

#[cfg(feature = "train")]
pub use baselines::{answers, tfidf_guesses};
#[cfg(feature = "train")]
pub use classify::{ClassifierJob, LabelledText, classify};
pub use evaluate::{Evaluated, LmReport, evaluate_classifier, evaluate_language_model};
#[cfg(feature = "train")]
pub use fit::{FitInput, fit};
#[cfg(feature = "train")]
pub use language::{LmJob, finetune, pretrain, transfer};
#[cfg(feature = "train")]
pub use lr_find::{find_classifier_rate, find_lm_rate};
#[cfg(feature = "train")]
pub use options::{ClassifyOptions, FitOptions, TrainOptions};
#[cfg(feature = "train")]
pub use self_training::{FirstClassifier, SelfTrained, draw, self_train};
#[cfg(feature = "train")]
pub use train::{TrainInput, train};
#[cfg(feature = "train")]
pub use trained_classifier::TrainedClassifier;
