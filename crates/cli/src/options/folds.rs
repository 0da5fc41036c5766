//! Cross-validation.

use ulmfit::Trainer;

/// How many folds a training scores all rows with.
#[derive(Debug, Clone, Copy, clap::Args)]
#[command(next_help_heading = "Classifier")]
pub(crate) struct FoldsOption {
    /// Score all rows by K-fold cross-validation: each fold is predicted by a classifier trained without it.
    /// The final classifier is trained on all rows. Takes about K times longer; `scored.csv` lists every row
    /// with its prediction
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u16).range(2..=100))]
    #[arg(conflicts_with_all = ["test", "valid", "test_share", "valid_share"])]
    folds: Option<u16>,
}

impl FoldsOption {
    /// Whether a cross-validation was asked for.
    pub(crate) fn is_given(self) -> bool {
        self.folds.is_some()
    }

    /// Puts the option into a trainer.
    pub(crate) fn configure(self, trainer: Trainer) -> Trainer {
        match self.folds {
            Some(count) => trainer.folds(usize::from(count)),
            None => trainer,
        }
    }
}
