//! Hyper-parameters: recipes, their rules for the amount of data, and unfreezing schedules.

mod check;
mod fit_to_data;
mod stage_recipe;
mod unfreezing;

pub use fit_to_data::{FewDocuments, NoBase, ReadOnce};
pub use stage_recipe::{
    All, BpttKind, PRESETS, PhaseRecipe, Recipe, RecipeError, StageRecipe, TrainPrecision, Unfreeze,
};
pub use unfreezing::Unfreezing;
