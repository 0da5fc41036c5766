//! Hyper-parameters of a classifier that replace those of the recipe.

use super::LmLearningOptions;
use ulmfit::Error;
use ulmfit::recipe::{Recipe, StageRecipe, Unfreezing};

/// Hyper-parameters of a classifier's training.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Learning")]
pub(crate) struct LearningOptions {
    #[command(flatten)]
    any: LmLearningOptions,
    /// Label smoothing of a classifier
    #[arg(long, value_name = "EPSILON")]
    label_smoothing: Option<f64>,
    /// Which layers learn when, for a classifier [default: the recipe's]
    #[arg(long, value_enum, value_name = "HOW")]
    unfreeze: Option<UnfreezeArg>,
    /// Most texts without labels that a first classifier labels, for a second one to learn those
    /// that it is surest of; 0 for none [default: the recipe's]
    #[arg(long, value_name = "N")]
    self_training: Option<usize>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum UnfreezeArg {
    /// Highest layer first, one more an epoch, then all (the paper's)
    Gradual,
    /// All from the start
    Full,
    /// Only the highest
    Last,
    /// One layer at a time, then all
    ChainThaw,
}

impl LearningOptions {
    /// The recipe as named, without the other options.
    pub(crate) fn recipe(&self) -> Result<Recipe, Error> {
        self.any.recipe()
    }

    /// The recipe for all stages on a base of `layers` layers: the options are the classifier's;
    /// fine-tuning takes only how it is computed from them, and its own epochs and rate.
    pub(crate) fn all_stages(
        &self,
        layers: usize,
        lm_epochs: Option<usize>,
        lm_lr: Option<f64>,
    ) -> Result<Recipe, Error> {
        let mut recipe = self.recipe()?;
        self.apply(&mut recipe.train, layers + 2)?;
        let language = &mut recipe.finetune;
        self.any.put_arithmetic(language);
        lm_epochs.into_iter().for_each(|epochs| language.set_epochs(epochs));
        lm_lr.into_iter().for_each(|lr| language.set_lr(lr));
        language.check()?;
        Ok(recipe)
    }

    /// Puts the options into a stage of the recipe that trains `groups` groups, and checks it.
    pub(crate) fn apply(&self, stage: &mut StageRecipe, groups: usize) -> Result<(), Error> {
        stage.label_smoothing = self.label_smoothing.unwrap_or(stage.label_smoothing);
        if let Some(how) = self.unfreeze {
            let how = match how {
                UnfreezeArg::Gradual => Unfreezing::Gradual,
                UnfreezeArg::Full => Unfreezing::Full,
                UnfreezeArg::Last => Unfreezing::Last,
                UnfreezeArg::ChainThaw => Unfreezing::ChainThaw,
            };
            stage.set_unfreezing(how, groups);
        }
        self.self_training.into_iter().for_each(|texts| stage.set_self_training(texts));
        self.any.apply(stage, groups) // its epochs are those of the last phase
    }
}
