//! What labels are.

use ulmfit::data::labels::{LabelOptions, Task};

/// What labels are.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Classifier")]
pub(crate) struct LabelArgs {
    /// Kind of prediction [default: single, or multi if a row has a list of labels]
    #[arg(long, value_enum)]
    task: Option<TaskArg>,
    /// Maximum number of distinct labels; more are refused as a likely mistake
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    max_labels: usize,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum TaskArg {
    /// One label per text
    Single,
    /// Any number of labels per text
    Multi,
    /// One number per text
    Regression,
}

impl LabelArgs {
    pub(crate) fn label_options(&self) -> LabelOptions {
        let task = match self.task {
            None => Task::Auto,
            Some(TaskArg::Single) => Task::Single,
            Some(TaskArg::Multi) => Task::Multi,
            Some(TaskArg::Regression) => Task::Regression,
        };
        LabelOptions { task, max_labels: self.max_labels }
    }
}
