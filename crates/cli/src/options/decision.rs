//! When to answer, and with how many labels.

use ulmfit::decisions::Rule;

/// When to answer, and with how many labels.
#[derive(Debug, Clone, Copy, clap::Args)]
#[command(next_help_heading = "Decision")]
pub(crate) struct DecisionOptions {
    /// Answer only if the confidence is at least P; other texts get `"abstained": true`. With several labels
    /// per text, predict the labels with a probability of at least P; abstain if another label is likely (0.5
    /// or more), or if no label reaches P and it is not certain enough that none applies
    #[arg(long, value_name = "P", conflicts_with_all = ["max_error", "coverage"], value_parser = threshold)]
    threshold: Option<f32>,
    /// Answer only above the confidence threshold at which at most this share of the answers is wrong, with
    /// 95 % certainty, according to the model's calibration (exact binomial bound)
    #[arg(long, value_name = "E", conflicts_with = "coverage", value_parser = share)]
    max_error: Option<f64>,
    /// Predict a set of labels that contains the right one with at least this probability, according
    /// to the model's calibration (split conformal); for numbers, an interval
    #[arg(long, value_name = "C", value_parser = share)]
    coverage: Option<f64>,
    /// With --coverage: guarantee it for the texts of each class, not only for all texts together
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

/// A share such as `0.05` or `5%`.
fn share(text: &str) -> Result<f64, String> {
    let number = |text: &str| text.trim().parse::<f64>().ok();
    let share = match text.strip_suffix('%') {
        Some(percent) => number(percent).map(|percent| percent / 100.0),
        None => number(text),
    };
    match share {
        Some(share) if (2.0..=100.0).contains(&share) && !text.ends_with('%') => {
            Err(format!("a share is between 0 and 1; write {} or {text}%", share / 100.0))
        }
        Some(share) => Ok(share),
        None => Err("a share is a number between 0 and 1, or a percentage such as 5%".to_owned()),
    }
}

/// The same as the confidences of a model are computed.
fn threshold(text: &str) -> Result<f32, String> {
    match text.parse() {
        Ok(plain) if plain <= 1.0 => Ok(plain), // without a detour over f64
        _ => share(text).map(|share| share as f32),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_as_people_write_them() {
        assert_eq!(share("0.05"), Ok(0.05));
        assert_eq!(share("5%"), Ok(0.05));
        assert_eq!(share("100 %"), Ok(1.0));
        assert_eq!(threshold("0.83"), Ok(0.83));
        assert_eq!(threshold("83%"), Ok(0.83));
        assert_eq!(threshold("80").unwrap_err(), "a share is between 0 and 1; write 0.8 or 80%");
        assert!(share("5").unwrap_err().contains("write 0.05 or 5%"));
        assert!(share("few").unwrap_err().contains("such as 5%"));
        assert_eq!(share("-1"), Ok(-1.0)); // the rule refuses it
    }
}
