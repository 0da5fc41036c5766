//! Where experiments are kept, and how often each is run.

use super::run::IntervalArg;
use std::path::Path;
use ulmfit::Error;
use ulmfit::run::Progress;
use ulmfit_lab::{ExperimentFolder, Sharing};

/// Where experiments are kept, and how often each is run.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Run")]
pub(crate) struct ExperimentOptions {
    /// Runs per setting; their seeds count up from --seed
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..))]
    seeds: u16,
    /// Save a checkpoint this often: 10m, 30s, 2h, or a number of updates
    #[arg(long, value_name = "TIME|N", default_value = "10m")]
    checkpoint_every: IntervalArg,
    /// Share the runs with other workers: start the same command with --worker as often as you like, also on
    /// other machines that have the folder. Each worker takes runs that no other is working on, and continues
    /// those of workers that have died
    #[arg(long)]
    worker: bool,
}

impl ExperimentOptions {
    /// Roots of the runs' randomness.
    pub(crate) fn seeds(&self, first: u64) -> Vec<u64> {
        (0..u64::from(self.seeds)).map(|n| first.wrapping_add(n)).collect()
    }

    /// Opens the folder of the experiments.
    pub(crate) fn lab<'a>(
        &self,
        output: &Path,
        progress: &'a mut dyn Progress,
    ) -> Result<ExperimentFolder<'a>, Error> {
        crate::signals::install();
        let sharing = if self.worker { Sharing::Worker } else { Sharing::Alone };
        ExperimentFolder::open(progress, output, self.checkpoint_every.0, sharing)
    }
}
