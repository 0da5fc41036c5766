//! Hyper-parameters that replace those of the recipe.

use std::path::Path;
use ulmfit::Error;
use ulmfit::stages::{Recipe, StageRecipe, TrainPrecision, Unfreezing};

/// Hyper-parameters that replace those of the recipe.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Learning")]
pub(crate) struct LearningOptions {
    /// Hyper-parameters: default, paper-2018, imdb-scripts-2018, fastai-2, or a .toml file
    #[arg(long, value_name = "NAME|FILE", default_value = "default")]
    recipe: String,
    /// Passes over the data (of the last phase, when unfreezing gradually)
    #[arg(long, value_name = "N")]
    epochs: Option<usize>,
    /// Peak learning rate of the highest layers
    #[arg(long, value_name = "RATE")]
    lr: Option<f64>,
    /// Each lower layer learns this much slower (1: all alike)
    #[arg(long, value_name = "FACTOR")]
    lr_factor: Option<f64>,
    /// Rows of a batch
    #[arg(long, value_name = "N")]
    batch_size: Option<usize>,
    /// Tokens of a window of back-propagation through time
    #[arg(long, value_name = "N")]
    bptt: Option<usize>,
    /// Factor of all dropout probabilities
    #[arg(long, value_name = "FACTOR")]
    drop_mult: Option<f64>,
    /// Decay of weights
    #[arg(long, value_name = "WD")]
    weight_decay: Option<f64>,
    /// Largest norm of the gradients
    #[arg(long, value_name = "NORM")]
    clip: Option<f64>,
    /// Batches averaged into one update
    #[arg(long, value_name = "N")]
    accumulate: Option<usize>,
    /// Epochs without improvement after which a phase ends
    #[arg(long, value_name = "EPOCHS")]
    patience: Option<usize>,
    /// Keep the weights of the best epoch instead of the last one's
    #[arg(long)]
    keep_best: bool,
    /// Numbers of matrix products in training; bf16 is fast with AVX-512 BF16 [default: f32]
    #[arg(long, value_enum)]
    precision: Option<TrainPrecisionArg>,
    /// Words less likely than this are sampled in the gradient of a language model's softmax:
    /// right on average, and faster (0: all are counted) [default: the recipe's]
    #[arg(long, value_name = "P")]
    sampled_below: Option<f64>,
    /// Label smoothing of a classifier
    #[arg(long, value_name = "EPSILON")]
    label_smoothing: Option<f64>,
    /// Which layers learn when, for a classifier [default: the recipe's]
    #[arg(long, value_enum, value_name = "HOW")]
    unfreeze: Option<UnfreezeArg>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum TrainPrecisionArg {
    /// Single precision
    F32,
    /// Factors of 16 bits, sums and weights of 32
    Bf16,
    /// f32, until training with bf16 has been measured to make equal errors
    Auto,
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
        if Path::new(&self.recipe).extension().is_some_and(|end| end == "toml") {
            return Recipe::read(Path::new(&self.recipe));
        }
        Ok(Recipe::preset(&self.recipe)?)
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
        self.put_arithmetic(language);
        lm_epochs.into_iter().for_each(|epochs| language.set_epochs(epochs));
        lm_lr.into_iter().for_each(|lr| language.set_lr(lr));
        language.check()?;
        Ok(recipe)
    }

    /// Puts into a stage only how it is computed.
    fn put_arithmetic(&self, stage: &mut StageRecipe) {
        stage.sampled_below = self.sampled_below.unwrap_or(stage.sampled_below);
        if let Some(precision) = self.precision {
            stage.precision = match precision {
                TrainPrecisionArg::F32 | TrainPrecisionArg::Auto => TrainPrecision::F32,
                TrainPrecisionArg::Bf16 => TrainPrecision::Bf16,
            };
        }
    }

    /// Puts the options into a stage of the recipe that trains `groups` groups.
    pub(crate) fn apply(&self, stage: &mut StageRecipe, groups: usize) -> Result<(), Error> {
        fn put<T: Copy>(place: &mut T, value: Option<T>) {
            *place = value.unwrap_or(*place);
        }
        self.batch_size.into_iter().for_each(|rows| stage.set_batch_size(rows));
        put(&mut stage.bptt, self.bptt);
        put(&mut stage.drop_mult, self.drop_mult);
        put(&mut stage.weight_decay, self.weight_decay);
        put(&mut stage.accumulate, self.accumulate);
        put(&mut stage.label_smoothing, self.label_smoothing);
        self.put_arithmetic(stage);
        stage.clip = self.clip.or(stage.clip);
        stage.patience = self.patience.or(stage.patience);
        stage.keep_best |= self.keep_best;
        if let Some(factor) = self.lr_factor {
            (stage.lr_factor, stage.lr_groups) = (Some(factor), None);
        }
        if let Some(how) = self.unfreeze {
            let how = match how {
                UnfreezeArg::Gradual => Unfreezing::Gradual,
                UnfreezeArg::Full => Unfreezing::Full,
                UnfreezeArg::Last => Unfreezing::Last,
                UnfreezeArg::ChainThaw => Unfreezing::ChainThaw,
            };
            stage.set_unfreezing(how, groups);
        }
        if let Some(lr) = self.lr {
            stage.set_lr(lr);
        }
        if let Some(epochs) = self.epochs {
            stage.set_epochs(epochs);
        }
        stage.check()?;
        stage.rates(stage.lr, groups)?; // before any work is done
        Ok(())
    }
}
