//! Units of a regression.

use serde::{Deserialize, Serialize};

/// Mean and standard deviation of the values that a regression was trained on.
///
/// The network's output is a number of standard deviations above the mean: its last layer has no
/// bias, and its learning rates are those of numbers around one. Values are scaled on the way in
/// and restored on the way out, as scikit-learn's `TransformedTargetRegressor` does it with a
/// `StandardScaler`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TargetScale {
    /// Mean of the values.
    pub mean: f64,
    /// Their standard deviation, divided by their number; 1 where all are equal.
    pub sd: f64,
}

impl TargetScale {
    /// Mean and spread of values; `None` without any, or if the spread is not finite.
    pub fn from_values(values: &[f64]) -> Option<Self> {
        let first = *values.first()?;
        if values.iter().all(|value| value.total_cmp(&first).is_eq()) {
            return Some(Self { mean: first, sd: 1.0 }).filter(Self::is_valid);
        }
        let n = values.len() as f64;
        let mean = values.iter().map(|value| value / n).sum::<f64>();
        let variance = values.iter().map(|value| (value - mean).powi(2) / n).sum::<f64>();
        Some(Self { mean, sd: variance.sqrt() }).filter(Self::is_valid)
    }

    /// Whether values can be scaled and restored, as `f32`.
    pub fn is_valid(&self) -> bool {
        (self.mean as f32).is_finite() && (self.sd as f32).is_finite() && self.sd > 0.0
    }

    /// A value in the network's units.
    pub fn scale(&self, value: f64) -> f64 {
        (value - self.mean) / self.sd
    }

    /// An output of the network as a value.
    pub fn restore(&self, output: f64) -> f64 {
        output * self.sd + self.mean
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers of scikit-learn's `StandardScaler` for the same values.
    #[test]
    fn mean_and_deviation_of_the_population() {
        let scale = TargetScale::from_values(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]).unwrap();
        assert!((scale.mean - 5.0).abs() < 1e-12 && (scale.sd - 2.0).abs() < 1e-12, "{scale:?}");
        assert!((scale.scale(9.0) - 2.0).abs() < 1e-12);
        assert!((scale.restore(-1.5) - 2.0).abs() < 1e-12);
    }

    #[test]
    fn values_without_spread_or_without_end() {
        assert_eq!(TargetScale::from_values(&[0.1; 3]), Some(TargetScale { mean: 0.1, sd: 1.0 }));
        assert_eq!(TargetScale::from_values(&[]), None);
        assert_eq!(TargetScale::from_values(&[f64::MAX, -f64::MAX]), None);
        assert_eq!(TargetScale::from_values(&[f64::INFINITY; 2]), None);
    }
}
