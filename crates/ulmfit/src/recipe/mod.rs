//! Hyper-parameters: recipes, what is set by hand beside them, and their rules for the amount of data.
//!
//! A [`Recipe`] is a file. [`LmRecipe`] and [`ClassifierRecipe`] are its stages, on a shared core,
//! [`TrainingRecipe`]. [`LmRecipe::resolve`] and [`ClassifierRecipe::resolve`] are the one place
//! where recipe, [`Overrides`] and amount of data become the numbers of a training.

mod changes;
mod check;
mod classifier;
mod co_training;
mod dropout_pairs;
mod encoder;
mod encoder_plan;
mod end_to_end;
mod error;
mod file;
mod lm;
mod masked_words;
mod overrides;
mod phase;
mod presets;
mod recompute;
mod resolve;
#[cfg(test)]
mod resolve_tests;
mod rules;
mod stage_file;
mod teacher;
mod tfidf;
mod training;
mod unfreezing;

pub use classifier::ClassifierRecipe;
pub use co_training::CoTrainingRecipe;
pub use dropout_pairs::DropoutPairsRecipe;
pub use encoder::{ContrastiveRecipe, EncoderRecipe};
pub use end_to_end::EndToEndRecipe;
pub use error::RecipeError;
pub use file::Recipe;
pub use lm::LmRecipe;
pub use masked_words::MaskedWordsRecipe;
pub use overrides::Overrides;
pub use phase::{PhaseRecipe, Unfreeze};
pub use presets::PRESETS;
pub use recompute::Recompute;
pub use resolve::{ClassifierData, LmStart};
pub use rules::{FewDocuments, NoBase, ReadOnce, SelfTraining};
pub use teacher::TeacherRecipe;
pub use tfidf::TfIdfRecipe;
pub use training::{BpttKind, Rates, TrainPrecision, TrainingRecipe};
pub use unfreezing::Unfreezing;
