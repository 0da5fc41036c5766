//! What labels are.

use ulmfit::data::labels::{LabelOptions, Task};

/// What labels are.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Classifier")]
pub(crate) struct LabelArgs {
    /// Kind of prediction [default: single, or multi if a row has a list of labels]
    #[arg(long, value_enum)]
    task: Option<Task>,
    /// Maximum number of distinct labels; more are refused as a likely mistake
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    max_labels: usize,
}

impl LabelArgs {
    pub(crate) fn label_options(&self) -> LabelOptions {
        LabelOptions { task: self.task.unwrap_or_default(), max_labels: self.max_labels }
    }
}
