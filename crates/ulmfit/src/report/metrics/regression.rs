//! Scores for predicted numbers.

use super::mean_interval;
use serde::Serialize;

/// Scores of predicted numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RegressionScores {
    /// Rows.
    pub n: usize,
    /// Mean squared error.
    pub mse: f64,
    /// Its root, in the unit of the targets.
    pub rmse: f64,
    /// Mean absolute error.
    pub mae: f64,
    /// Its 95 % interval (normal).
    pub mae_ci95: [f64; 2],
    /// Share of the targets' variance that is explained (R²); `None` where they do not vary.
    pub r2: Option<f64>,
    /// Pearson's correlation; `None` where either side does not vary.
    pub pearson: Option<f64>,
}

impl RegressionScores {
    /// Compares `targets` with `predictions`.
    ///
    /// # Panics
    /// If the lengths differ or there is no row.
    pub fn new(targets: &[f64], predictions: &[f64]) -> Self {
        assert_eq!(targets.len(), predictions.len(), "one prediction per target");
        assert!(!targets.is_empty(), "no row to score");
        let n = targets.len() as f64;
        let mean = |of: &[f64]| of.iter().sum::<f64>() / n;
        let (target_mean, guess_mean) = (mean(targets), mean(predictions));
        let sum = |f: &dyn Fn(f64, f64) -> f64| -> f64 {
            targets.iter().zip(predictions).map(|(&t, &p)| f(t, p)).sum()
        };
        let target_spread = sum(&|t, _| (t - target_mean).powi(2));
        let guess_spread = sum(&|_, p| (p - guess_mean).powi(2));
        let together = sum(&|t, p| (t - target_mean) * (p - guess_mean));
        let squares = sum(&|t, p| (t - p).powi(2));
        let spread = (target_spread * guess_spread).sqrt();
        let distances: Vec<f64> =
            targets.iter().zip(predictions).map(|(t, p)| (t - p).abs()).collect();
        let (mae, mae_ci95) = mean_interval(&distances);
        Self {
            n: targets.len(),
            mse: squares / n,
            rmse: (squares / n).sqrt(),
            mae,
            mae_ci95,
            r2: (target_spread > 0.0).then(|| 1.0 - squares / target_spread),
            pearson: (spread > 0.0).then(|| together / spread),
        }
    }
}
