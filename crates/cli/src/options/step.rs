//! Of what an update is made.

use std::path::Path;
use ulmfit::Error;
use ulmfit::recipe::{Overrides, Recipe};

/// The recipe, and what an update is made of.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Learning")]
pub(crate) struct StepOptions {
    /// Hyper-parameters: default, paper-2018, imdb-scripts-2018, fastai-2, or a .toml file
    #[arg(long, value_name = "NAME|FILE", default_value = "default")]
    recipe: String,
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
}

impl StepOptions {
    /// The recipe as named, without the other options.
    pub(crate) fn recipe(&self) -> Result<Recipe, Error> {
        if Path::new(&self.recipe).extension().is_some_and(|end| end == "toml") {
            return Ok(Recipe::read(Path::new(&self.recipe))?);
        }
        Ok(Recipe::preset(&self.recipe)?)
    }

    /// What they set by hand.
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
