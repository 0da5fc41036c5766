//! Of what an update is made.

use std::path::Path;
use ulmfit::Error;
use ulmfit::recipe::{Recipe, StageRecipe};

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
            return Recipe::read(Path::new(&self.recipe));
        }
        Ok(Recipe::preset(&self.recipe)?)
    }

    /// Puts the options into a stage of the recipe that trains `groups` groups, and checks it.
    pub(crate) fn apply(&self, stage: &mut StageRecipe, groups: usize) -> Result<(), Error> {
        self.batch_size.into_iter().for_each(|rows| stage.set_batch_size(rows));
        stage.bptt = self.bptt.unwrap_or(stage.bptt);
        self.drop_mult.into_iter().for_each(|factor| stage.set_drop_mult(factor));
        stage.weight_decay = self.weight_decay.unwrap_or(stage.weight_decay);
        stage.clip = self.clip.or(stage.clip);
        self.lr_factor.into_iter().for_each(|factor| stage.set_lr_factor(factor));
        stage.check()?;
        stage.rates(stage.lr, groups)?; // before any work is done
        Ok(())
    }
}
