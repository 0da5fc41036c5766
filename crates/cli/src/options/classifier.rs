//! What a classifier predicts and how it is built, without its hyper-parameters.

use super::labels::LabelArgs;
use ulmfit::Trainer;
use ulmfit::input::SplitFractions;
use ulmfit::model::HeadConfig;
use ulmfit::stages::ClassifyOptions;

/// What a classifier is to be.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Classifier")]
pub(crate) struct ClassifierOptions {
    #[command(flatten)]
    labels: LabelArgs,
    /// Units of a hidden layer of the head; repeat for several layers, 0 for none
    #[arg(long, value_name = "N", default_values_t = [50])]
    head: Vec<usize>,
    /// Weight the loss by inverse label frequency, for unbalanced labels
    #[arg(long)]
    balance: bool,
    /// Share of the rows to hold out for validation, unless --valid is given [default: 0.1 if
    /// --keep-best or --patience select on it or there is no test set; else 0]
    #[arg(long, value_name = "SHARE", value_parser = share)]
    valid_share: Option<f64>,
    /// Share of the rows to hold out for testing, unless --test is given; 0, with --valid-share 0,
    /// trains on all rows and scores nothing [default: 0.2; for `train` 0]
    #[arg(long, value_name = "SHARE", value_parser = share)]
    test_share: Option<f64>,
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(share) if (0.0..1.0).contains(&share) => Ok(share),
        _ => Err("give a number from 0 to below 1".into()),
    }
}

impl ClassifierOptions {
    /// Puts the options into a trainer.
    pub(crate) fn configure(&self, mut trainer: Trainer, seed: u64) -> Trainer {
        if let Some(share) = self.valid_share {
            trainer = trainer.validation_share(share);
        }
        if let Some(share) = self.test_share {
            trainer = trainer.test_share(share);
        }
        trainer.classifier(self.classify(seed))
    }

    pub(crate) fn classify(&self, seed: u64) -> ClassifyOptions {
        let hidden = self.head.iter().copied().filter(|&width| width > 0).collect();
        let head = HeadConfig { hidden, ..HeadConfig::default() };
        ClassifyOptions { labels: self.labels.label_options(), head, balance: self.balance, seed }
    }

    /// SplitFractions to hold out, for experiments; `test` is the usual share for the test, `has_test`
    /// whether there is a test set, `selects` whether the recipe needs a validation set.
    pub(crate) fn shares(&self, test: f64, has_test: bool, selects: bool) -> SplitFractions {
        let test = self.test_share.unwrap_or(test);
        let usual = if selects || !(has_test || test > 0.0) { 0.1 } else { 0.0 };
        SplitFractions { valid: self.valid_share.unwrap_or(usual), test }
    }
}
