//! When to answer, and with how many labels.

use ulmfit::decisions::Rule;

/// When to answer, and with how many labels.
#[derive(Debug, Clone, Copy, clap::Args)]
#[command(next_help_heading = "Decision")]
pub(crate) struct DecisionOptions {
    /// Answer only if the confidence is at least P; other texts get `"abstained": true`. With
    /// several labels per text, predict those with a probability of at least P
    #[arg(long, value_name = "P", conflicts_with_all = ["max_error", "coverage"])]
    threshold: Option<f32>,
    /// Answer only above the confidence at which at most this share of the answers is wrong, with
    /// 95 % confidence, according to the model's calibration (exact binomial bound)
    #[arg(long, value_name = "E", conflicts_with = "coverage")]
    max_error: Option<f64>,
    /// Predict a set of labels that contains the right one with at least this probability, according
    /// to the model's calibration (split conformal); for numbers, an interval
    #[arg(long, value_name = "C")]
    coverage: Option<f64>,
    /// With --coverage: for the texts of each class, not only for all texts together
    #[arg(long, requires = "coverage")]
    per_class: bool,
}

impl DecisionOptions {
    /// The rule that was asked for, if one was.
    pub(crate) fn rule(self) -> Option<Rule> {
        let Self { threshold, max_error, coverage, per_class } = self;
        let threshold = threshold.map(Rule::Threshold);
        let max_error = max_error.map(Rule::MaxError);
        let coverage = coverage.map(|share| Rule::Coverage { share, per_class });
        threshold.or(max_error).or(coverage)
    }
}
