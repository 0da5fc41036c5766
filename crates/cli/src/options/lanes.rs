//! Lanes of a language model's training.

use ulmfit::recipe::Overrides;

/// Parts of a batch that threads compute side by side.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Learning")]
pub(crate) struct LanesOption {
    /// Compute each batch in N parts side by side, for machines with many cores; changes sums by
    /// rounding, so a run keeps its N [default: the recipe's, 1]
    #[arg(long, value_name = "N")]
    lanes: Option<usize>,
}

impl LanesOption {
    /// Puts it among the other hyper-parameters set by hand.
    pub(crate) fn put_into(&self, overrides: &mut Overrides) {
        overrides.lanes = self.lanes;
    }
}
