//! Lanes of a language model's training.

use ulmfit::recipe::Overrides;

/// Parts of a batch that threads compute side by side.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Learning")]
pub(crate) struct LanesOption {
    /// Compute each batch in N parts in parallel, for machines with many cores; N changes how sums are
    /// rounded, so a run must keep it [default: the recipe's, 1]
    #[arg(long, value_name = "N")]
    lanes: Option<usize>,
}

impl LanesOption {
    /// Puts it among the other hyper-parameters set by hand.
    pub(crate) fn put_into(&self, overrides: &mut Overrides) {
        overrides.lanes = self.lanes;
    }
}
