//! Options of every command.

use anyhow::Context;

/// Options of every command.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Common {
    /// Print one JSON document on standard output; `predict`, `encode`, `explain` and `tokenize` print one
    /// per row
    #[arg(long, global = true, help_heading = "General")]
    pub(crate) json: bool,
    /// Random seed; the same seed gives the same model, bit for bit
    #[arg(long, global = true, default_value_t = Self::SEED, value_name = "N", help_heading = "General")]
    pub(crate) seed: u64,
    /// Threads to use; they do not change results [default: all cores]
    #[arg(long, global = true, value_name = "K", env = "ULMFIT_THREADS", help_heading = "General")]
    #[arg(value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) threads: Option<u16>,
    /// Print only results and errors
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "General")]
    pub(crate) quiet: bool,
    /// Form of progress, notes and warnings on standard error: text, or JSON with one event per line
    #[arg(long, global = true, value_enum, value_name = "FORM", default_value_t)]
    #[arg(hide_possible_values = true, help_heading = "General")]
    pub(crate) progress: ProgressForm,
    /// Print every training step
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = "General")]
    pub(crate) verbose: u8,
}

/// Form of progress on standard error.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum ProgressForm {
    #[default]
    Text,
    Json,
}

impl Common {
    /// The usual seed.
    pub(crate) const SEED: u64 = 42;

    /// Sizes the thread pool of the whole process.
    pub(crate) fn set_threads(&self) -> anyhow::Result<()> {
        let builder = rayon::ThreadPoolBuilder::new();
        let builder = builder.num_threads(self.threads.map_or(0, usize::from));
        builder.build_global().context("cannot start the threads")
    }
}

/// Threads that will work.
pub(crate) fn thread_count() -> usize {
    rayon::current_num_threads()
}
