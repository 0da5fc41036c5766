//! Recipe, batches, dropout and regularisation.

use std::path::Path;
use ulmfit::Error;
use ulmfit::recipe::{Overrides, Recipe};

/// Recipe, batches, dropout and regularisation.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Learning")]
pub(crate) struct StepOptions {
    /// Hyper-parameters: default, paper-2018, imdb-scripts-2018, fastai-2, or a .toml file
    #[arg(long, value_name = "NAME|FILE", default_value = "default")]
    recipe: String,
    /// Set a field of the recipe: `train.dropout.weight=0.3`, `encoder.contrastive.updates=100`
    #[arg(long, value_name = "FIELD=VALUE")]
    set: Vec<String>,
    /// Divide the learning rate by this for each layer further from the output (1: the same for all)
    #[arg(long, value_name = "FACTOR")]
    lr_factor: Option<f64>,
    /// Batch size
    #[arg(long, value_name = "N")]
    batch_size: Option<usize>,
    /// Length of a back-propagation-through-time window, in tokens
    #[arg(long, value_name = "N")]
    bptt: Option<usize>,
    /// Multiply all dropout probabilities by this
    #[arg(long, value_name = "FACTOR")]
    drop_mult: Option<f64>,
    /// Weight decay
    #[arg(long, value_name = "WD")]
    weight_decay: Option<f64>,
    /// Clip the global gradient norm to this
    #[arg(long, value_name = "NORM")]
    clip: Option<f64>,
}

impl StepOptions {
    /// The named recipe with the fields that were set, without the other options.
    pub(crate) fn recipe(&self) -> Result<Recipe, Error> {
        let is_file = Path::new(&self.recipe).extension().is_some_and(|end| end == "toml");
        let recipe = if is_file {
            Recipe::read(Path::new(&self.recipe))
        } else {
            Recipe::preset(&self.recipe)
        };
        Ok(recipe?.set(&self.set)?)
    }

    /// The settings that were given explicitly.
    pub(crate) fn overrides(&self) -> Overrides {
        Overrides {
            lr_factor: self.lr_factor,
            batch_size: self.batch_size,
            bptt: self.bptt,
            drop_mult: self.drop_mult,
            weight_decay: self.weight_decay,
            clip: self.clip,
            ..Overrides::default()
        }
    }
}
