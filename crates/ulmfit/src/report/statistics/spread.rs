//! Several runs of the same experiment: their spread, and whether two experiments differ.

use serde::{Deserialize, Serialize};

/// Mean and spread of some runs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// Runs.
    pub n: usize,
    /// Their mean.
    pub mean: f64,
    /// Standard deviation of a run (`n - 1`); `None` for a single run.
    pub sd: Option<f64>,
    /// The least.
    pub min: f64,
    /// The largest.
    pub max: f64,
}

/// How two spreads compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Separation {
    /// The first is lower, by more than the spread of both.
    Lower,
    /// The first is higher, by more than the spread of both.
    Higher,
    /// The difference is within the spread.
    Within,
    /// A single run has no spread to compare with.
    Unknown,
}

impl Spread {
    /// Spread of some runs; `None` if there are none.
    pub fn from_runs(runs: &[f64]) -> Option<Self> {
        let n = runs.len();
        let mean = runs.iter().sum::<f64>() / n as f64;
        let squares: f64 = runs.iter().map(|run| (run - mean).powi(2)).sum();
        Some(Self {
            n,
            mean,
            sd: (n > 1).then(|| (squares / (n - 1) as f64).sqrt()),
            min: runs.iter().copied().reduce(f64::min)?,
            max: runs.iter().copied().reduce(f64::max)?,
        })
    }

    /// Compares with another: they differ if the ranges of their runs do not touch, and their means
    /// differ by more than the two standard deviations together.
    ///
    /// This is not a significance test, which three seeds do not allow. It keeps readers of a table from
    /// trusting the last digit.
    pub fn separation(&self, other: &Self) -> Separation {
        let (Some(one), Some(two)) = (self.sd, other.sd) else { return Separation::Unknown };
        let difference = self.mean - other.mean;
        let touch = self.min <= other.max && other.min <= self.max;
        if touch || difference.abs() <= one + two {
            Separation::Within
        } else if difference < 0.0 {
            Separation::Lower
        } else {
            Separation::Higher
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spread_is_the_textbooks() {
        let spread = Spread::from_runs(&[0.1, 0.2, 0.6]).unwrap();
        assert!((spread.mean - 0.3).abs() < 1e-12);
        assert!((spread.sd.unwrap() - 0.07_f64.sqrt()).abs() < 1e-12);
        assert_eq!([spread.min, spread.max].map(f64::to_bits), [0.1, 0.6].map(f64::to_bits));
        assert_eq!(Spread::from_runs(&[0.5]).unwrap().sd, None);
        assert_eq!(Spread::from_runs(&[]), None);
    }

    #[test]
    fn only_gaps_beyond_the_spread_count() {
        let compare = |a: &[f64], b: &[f64]| {
            Spread::from_runs(a).unwrap().separation(&Spread::from_runs(b).unwrap())
        };
        assert_eq!(compare(&[0.10, 0.11], &[0.20, 0.21]), Separation::Lower);
        assert_eq!(compare(&[0.20, 0.21], &[0.10, 0.11]), Separation::Higher);
        assert_eq!(compare(&[0.10, 0.14], &[0.13, 0.20]), Separation::Within, "the ranges touch");
        assert_eq!(compare(&[0.10, 0.14], &[0.141, 0.18]), Separation::Within, "a hair's breadth");
        assert_eq!(compare(&[0.10], &[0.90, 0.91]), Separation::Unknown);
    }
}
