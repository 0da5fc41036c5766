//! Compares the mean absolute errors of two models of numbers.

use super::compare::{Verdict, Z_POWER, rounded};
use crate::report::metrics::{Z, in_words, mean_interval, student_t};

/// How much lower the mean absolute error of a model is than that of another one on the same rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeanGain {
    /// The other's error minus that of the model; above 0 the model is better.
    pub gain: f64,
    /// Its 95 % interval (Student's t); infinite for one row.
    pub ci95: [f64; 2],
    /// Rows.
    pub n: u64,
}

impl MeanGain {
    /// Compares absolute errors row by row.
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn new(errors: &[f64], of_other: &[f64]) -> Self {
        assert_eq!(errors.len(), of_other.len(), "both must have predicted every row");
        let gains: Vec<f64> =
            errors.iter().zip(of_other).map(|(error, other)| other - error).collect();
        let (gain, ci95) = mean_interval(&gains);
        Self { gain, ci95, n: gains.len() as u64 }
    }

    /// Which one is better, if these rows show it at the 5 % level.
    pub fn verdict(&self) -> Verdict {
        match self.ci95 {
            [low, _] if low > 0.0 => Verdict::First,
            [_, high] if high < 0.0 => Verdict::Second,
            _ => Verdict::Tie,
        }
    }

    /// Rows at which such a gain has a chance of 80 % to be significant at the 5 % level: `((z₁ + z₂) σ / gain)²`.
    /// `None` without a gain or an interval, or if these rows are enough.
    pub fn rows_needed(&self) -> Option<u64> {
        let Self { gain, ci95: [low, high], n } = *self;
        let t = student_t(n.saturating_sub(1) as usize);
        let deviation = (high - low) / 2.0 / t * (n as f64).sqrt();
        let root = (Z + Z_POWER) * deviation / gain;
        let rows = (root * root).ceil();
        (rows.is_finite() && rows > n as f64).then_some(rows as u64)
    }

    /// The size of the difference, its interval, and whether the model's error is lower or higher.
    pub(crate) fn difference(&self) -> (f64, String, &'static str) {
        let Self { gain, ci95: [low, high], .. } = *self;
        if gain < 0.0 {
            (-gain, in_words([-high, -low]), "higher")
        } else {
            (gain, in_words([low, high]), "lower")
        }
    }

    /// How many rows would probably show the difference, as a sentence; `None` where these do, or where there is none.
    pub(crate) fn outlook(&self, count: impl Fn(u64) -> String) -> Option<String> {
        let rows = self.rows_needed().filter(|_| self.verdict() == Verdict::Tie)?;
        let rows = count(rounded(rows));
        Some(format!(
            "If the true difference is that large, about {rows} test rows would show it in four cases out of five"
        ))
    }

    /// The comparison as a sentence or two, without the last full stop.
    pub fn words(&self, rival: &str) -> String {
        let (size, interval, direction) = self.difference();
        let error = format!("mean absolute error {direction} by {size:.4} ({interval})");
        match self.verdict() {
            Verdict::First => format!("The model is better than {rival}: {error}"),
            Verdict::Second => format!("The model is worse than {rival}: {error}"),
            Verdict::Tie => {
                let more = self.outlook(|rows| rows.to_string());
                let more = more.map_or_else(String::new, |more| format!(". {more}"));
                format!("No significant difference from {rival} on {} rows: {error}{more}", self.n)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gain(gain: f64, ci95: [f64; 2]) -> MeanGain {
        MeanGain { gain, ci95, n: 100 }
    }

    #[test]
    fn rows_grow_by_the_square() {
        // an interval of ±0.2 around 0.1: ((1.95996 + 0.84162) / 1.98422 · 2)² = 7.98 times the rows
        assert_eq!(gain(0.1, [-0.1, 0.3]).rows_needed(), Some(798));
        assert_eq!(gain(0.0, [-0.1, 0.1]).rows_needed(), None);
        assert_eq!(gain(0.3, [0.29, 0.31]).rows_needed(), None, "these rows do");
    }

    #[test]
    fn the_lower_error_is_better() {
        let found = MeanGain::new(&[1.0, 2.0, 1.0, 2.0], &[2.0, 3.0, 2.0, 4.0]);
        assert!((found.gain - 1.25).abs() < 1e-12, "{found:?}");
        assert_eq!((found.verdict(), found.n), (Verdict::First, 4));
        let found = MeanGain::new(&[2.0, 3.0, 2.0, 4.0], &[1.0, 2.0, 1.0, 2.0]);
        assert_eq!(found.verdict(), Verdict::Second);
        assert_eq!(found.difference().2, "higher");
        assert_eq!(MeanGain::new(&[1.0], &[9.0]).verdict(), Verdict::Tie, "one row shows nothing");
        assert_eq!(MeanGain::new(&[], &[]).verdict(), Verdict::Tie);
    }

    #[test]
    fn a_difference_is_told_in_the_direction_it_has() {
        let better = gain(0.3, [0.2, 0.4]).words("the mean");
        assert_eq!(
            better,
            "The model is better than the mean: mean absolute error lower by 0.3000 (95 % interval 0.2000 to 0.4000)"
        );
        let worse = gain(-0.3, [-0.4, -0.2]).words("the mean");
        assert!(worse.ends_with("higher by 0.3000 (95 % interval 0.2000 to 0.4000)"), "{worse}");
        let tie = gain(-0.1, [-0.3, 0.1]).words("the mean");
        assert!(tie.starts_with("No significant difference from the mean on 100 rows"), "{tie}");
        assert!(tie.contains("higher by 0.1000 (95 % interval -0.1000 to 0.3000). If"), "{tie}");
        assert!(
            tie.ends_with("about 800 test rows would show it in four cases out of five"),
            "{tie}"
        );
    }
}
