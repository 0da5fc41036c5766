//! Hyper-parameters of a classifier that replace those of the recipe.

use super::LmLearningOptions;
use std::path::PathBuf;
use ulmfit::Error;
use ulmfit::recipe::{Overrides, Recipe, Recompute, Unfreezing};

/// Hyper-parameters of a classifier's training.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Learning")]
pub(crate) struct LearningOptions {
    #[command(flatten)]
    any: LmLearningOptions,
    /// Label smoothing of the classifier
    #[arg(long, value_name = "EPSILON")]
    label_smoothing: Option<f64>,
    /// Unfreezing schedule of the classifier [default: the recipe's]
    #[arg(long, value_enum, value_name = "HOW")]
    unfreeze: Option<Unfreezing>,
    /// Maximum number of unlabelled texts to pseudo-label for self-training; 0 turns it off
    /// [default: the recipe's]
    #[arg(long, value_name = "N")]
    self_training: Option<usize>,
    /// Recompute a document's activations in the backward pass instead of keeping them: less memory, the
    /// same weights [default: auto]
    #[arg(long, value_enum, value_name = "WHEN")]
    recompute: Option<Recompute>,
}

impl LearningOptions {
    /// Refuses `--self-training` without texts to label.
    pub(crate) fn check_unlabeled(&self, unlabeled: &[PathBuf]) -> Result<(), Error> {
        if unlabeled.is_empty() && self.self_training.is_some_and(|texts| texts > 0) {
            let message = "--self-training has no texts to label".into();
            let hint = Some("give texts without labels with --unlabeled".into());
            return Err(Error::Usage { message, hint });
        }
        Ok(())
    }

    /// The recipe as named, without the other options.
    pub(crate) fn recipe(&self) -> Result<Recipe, Error> {
        self.any.recipe()
    }

    /// What they set by hand for a classifier.
    pub(crate) fn overrides(&self) -> Overrides {
        Overrides {
            label_smoothing: self.label_smoothing,
            unfreezing: self.unfreeze,
            self_training: self.self_training,
            recompute: self.recompute,
            ..self.any.overrides()
        }
    }

    /// What they set by hand for the language model before it: how it is computed, and its own
    /// epochs and rate; all else is for the classifier.
    pub(crate) fn lm_overrides(&self, epochs: Option<usize>, lr: Option<f64>) -> Overrides {
        Overrides { epochs, lr, ..self.any.overrides().arithmetic() }
    }
}
