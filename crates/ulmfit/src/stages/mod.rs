//! What a user does: pretrain, fine-tune, train, evaluate, predict.
//!
//! A stage takes texts and a [`Recipe`] and gives back a bundle: text pipeline, networks,
//! labels. Bundles are saved as folders. [`fit()`] runs all stages one after the other.

mod base;
#[cfg(feature = "train")]
mod baselines;
#[cfg(feature = "train")]
mod bench;
#[cfg(feature = "train")]
mod bench_checkpoint;
mod bundle;
#[cfg(test)]
mod bundle_hostile_tests;
mod config_check;
mod predict;
mod progress;
#[cfg(feature = "train")]
mod range_test;

#[cfg(feature = "train")]
mod classify;
mod compact;
#[cfg(feature = "train")]
mod corpus;
mod directions;
mod error;
mod evaluate;
mod exchange;
#[cfg(feature = "train")]
mod experiments;
#[cfg(feature = "train")]
mod fingerprint;
#[cfg(feature = "train")]
mod fit;
mod generate;
#[cfg(feature = "train")]
mod language;
#[cfg(feature = "train")]
mod laps;
#[cfg(feature = "train")]
mod outcome;
#[cfg(feature = "train")]
mod papers;
#[cfg(feature = "train")]
mod reading;
#[cfg(feature = "train")]
mod recipe;
#[cfg(feature = "train")]
mod recipe_check;
#[cfg(feature = "train")]
mod recipe_for_data;
#[cfg(feature = "train")]
mod rows;
#[cfg(feature = "train")]
mod runner;
#[cfg(feature = "train")]
mod saver;
#[cfg(feature = "train")]
mod self_training;
#[cfg(feature = "train")]
mod side_by_side;
mod summary;
mod texts;
#[cfg(feature = "train")]
mod train;
#[cfg(feature = "train")]
mod unfreezing;

pub use base::{ENGLISH, ENGLISH_BASE, embedded_name, english, open_base, open_model};
#[cfg(feature = "train")]
pub use bench::{BenchOptions, ClassifierSpeed, Speed, bench_classifier, bench_lm};
#[cfg(feature = "train")]
pub use bench_checkpoint::{CheckpointSpeed, bench_checkpoint};
pub use bundle::{
    ClassifierBundle, LmBundle, ModelConfig, NetworkConfig, Papers, load_text, read_config,
};
#[cfg(feature = "train")]
pub use classify::{ClassifyOptions, LabelledText, classify};
pub use compact::compact;
pub use config_check::ConfigFault;
#[cfg(feature = "train")]
pub use corpus::{HoldOut, LmInput, LmText, Vocabulary, corpus_folder};
pub use error::Error;
pub use evaluate::{LmReport, evaluate_classifier, evaluate_language_model};
pub use exchange::{FromFastai, from_fastai};
#[cfg(feature = "train")]
pub use experiments::{
    AblationOptions, AblationReport, AblationRow, Cell, Lab, LabelCurveInput, LabelCurveOptions,
    LabelCurveReport, LabelMethod, LabelRow, METHODS, Method, MethodCurve, ablate, label_curve,
};
#[cfg(feature = "train")]
pub use fit::{FitInput, FitOptions, fit};
pub use generate::{GenerateOptions, generate};
#[cfg(feature = "train")]
pub use language::{finetune, lm_batches, pretrain, transfer};
#[cfg(feature = "train")]
pub use outcome::Outcome;
#[cfg(feature = "train")]
pub use papers::LmPapers;
pub use predict::{Prediction, Probabilities};
pub use progress::{Progress, Quiet, Task};
#[cfg(feature = "train")]
pub use range_test::{find_classifier_rate, find_lm_rate};
#[cfg(feature = "train")]
pub use recipe::{All, BpttKind, PRESETS, PhaseRecipe, Recipe, RecipeError, StageRecipe};
#[cfg(feature = "train")]
pub use recipe::{TrainPrecision, Unfreeze};
#[cfg(feature = "train")]
pub use recipe_for_data::{FewDocuments, NoBase, ReadOnce};
#[cfg(feature = "train")]
pub use rows::{RowsInput, Shares, labelled};
#[cfg(feature = "train")]
pub use runner::{Every, OnNan, Runner, claim, run_folder};
#[cfg(feature = "train")]
pub use self_training::SelfTraining;
pub use summary::{BaseModel, MainScore, ModelSummary};
pub use texts::{Document, Texts, encode, read_texts};
#[cfg(feature = "train")]
pub use train::{TrainInput, TrainOptions, train};
#[cfg(feature = "train")]
pub use unfreezing::Unfreezing;

pub use crate::report::ClassifierEvaluation;
#[cfg(feature = "train")]
pub use crate::report::{DirectionScore, Report};
