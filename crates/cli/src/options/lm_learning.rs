//! Hyper-parameters of any training that replace those of the recipe.

use super::StepOptions;
use ulmfit::Error;
use ulmfit::recipe::{Overrides, Recipe, TrainPrecision};

/// Hyper-parameters of a language model's training; a classifier has these and more.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Learning")]
pub(crate) struct LmLearningOptions {
    /// Epochs of the last phase; gradual unfreezing adds one epoch per group before it
    #[arg(long, value_name = "N")]
    epochs: Option<usize>,
    /// Peak learning rate of the last layer group
    #[arg(long, value_name = "RATE")]
    lr: Option<f64>,
    #[command(flatten)]
    step: StepOptions,
    /// Batches to accumulate gradients over before each update
    #[arg(long, value_name = "N")]
    accumulate: Option<usize>,
    /// Stop a phase early after this many epochs without improvement
    #[arg(long, value_name = "EPOCHS")]
    patience: Option<usize>,
    /// Keep the weights of the best epoch, by validation loss, instead of the last
    #[arg(long)]
    keep_best: bool,
    /// Number format of matrix products in training; bf16 is fast with AVX-512 BF16 on AMD [default: f32]
    #[arg(long, value_enum)]
    precision: Option<TrainPrecisionArg>,
    /// Sample the softmax gradient of words less probable than this in a language model: unbiased
    /// and faster; 0 is exact [default: the recipe's]
    #[arg(long, value_name = "P")]
    sampled_below: Option<f64>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum TrainPrecisionArg {
    /// Single precision
    F32,
    /// 16-bit factors; sums and weights stay 32-bit
    Bf16,
    /// bf16 where the processor has fast instructions for it (same error rates), else f32
    Auto,
}

impl LmLearningOptions {
    /// The recipe as named, without the other options.
    pub(crate) fn recipe(&self) -> Result<Recipe, Error> {
        self.step.recipe()
    }

    /// What they set by hand.
    pub(crate) fn overrides(&self) -> Overrides {
        Overrides {
            epochs: self.epochs,
            lr: self.lr,
            accumulate: self.accumulate,
            patience: self.patience,
            keep_best: self.keep_best.then_some(true),
            precision: self.precision.map(|precision| match precision {
                TrainPrecisionArg::F32 => TrainPrecision::F32,
                TrainPrecisionArg::Bf16 => TrainPrecision::Bf16,
                TrainPrecisionArg::Auto => TrainPrecision::fastest(),
            }),
            sampled_below: self.sampled_below,
            ..self.step.overrides()
        }
    }
}
