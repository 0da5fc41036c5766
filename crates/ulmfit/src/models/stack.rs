//! Several parts of a classifier as one: stacked generalisation with few weights.
//!
//! Wolpert 1992; with weights that are not negative, Breiman 1996
//! (<https://doi.org/10.1007/BF00117832>). Probabilities are combined as logarithms: the logarithmic
//! opinion pool (Genest & Zidek 1986), of which the temperature of Guo et al. 2017 is the case of
//! one part.

use crate::data::labels::LabelKind;
use serde::{Deserialize, Serialize};

/// Least probability that counts: a part that is wrong for certain must not outvote all others.
pub(crate) const LEAST: f64 = 1e-6;

/// A weight for each part of a classifier, 0 or more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stack {
    /// Factors of the logarithms of the parts' probabilities (log odds where a text may have
    /// several labels), or of their values.
    pub weights: Vec<f64>,
}

impl Stack {
    /// One answer of those of all parts: `rows` has a row of outputs for each part.
    ///
    /// # Panics
    /// Unless there are as many rows as weights.
    pub fn combine(&self, task: LabelKind, rows: &[&[f32]]) -> Vec<f32> {
        assert_eq!(rows.len(), self.weights.len(), "one weight per part");
        let outputs = rows.first().map_or(0, |row| row.len());
        let sum = |output: usize| -> f64 {
            let parts = rows.iter().zip(&self.weights);
            parts.map(|(row, weight)| weight * evidence(task, row[output])).sum()
        };
        let mut sums: Vec<f64> = (0..outputs).map(sum).collect();
        finish(task, &mut sums);
        sums.into_iter().map(|value| value as f32).collect()
    }
}

/// What is weighted and added up: the logarithm of a probability, log odds, or a value.
pub(crate) fn evidence(task: LabelKind, output: f32) -> f64 {
    let p = f64::from(output);
    match task {
        LabelKind::Single => p.max(LEAST).ln(),
        LabelKind::Multi => {
            let p = p.clamp(LEAST, 1.0 - LEAST);
            (p / (1.0 - p)).ln()
        }
        LabelKind::Regression => p,
    }
}

/// From sums of evidence to probabilities or values.
pub(crate) fn finish(task: LabelKind, sums: &mut [f64]) {
    match task {
        LabelKind::Single => {
            let highest = sums.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            sums.iter_mut().for_each(|sum| *sum = (*sum - highest).exp());
            let total: f64 = sums.iter().sum();
            sums.iter_mut().for_each(|sum| *sum /= total);
        }
        LabelKind::Multi => sums.iter_mut().for_each(|sum| *sum = 1.0 / (1.0 + (-*sum).exp())),
        LabelKind::Regression => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_part_with_weight_one_stays_as_it_is() {
        let stack = Stack { weights: vec![1.0] };
        for (task, row) in [
            (LabelKind::Single, vec![0.7, 0.2, 0.1]),
            (LabelKind::Multi, vec![0.7, 0.2, 0.9]),
            (LabelKind::Regression, vec![-3.5]),
        ] {
            let found = stack.combine(task, &[&row]);
            assert!(found.iter().zip(&row).all(|(a, b)| (a - b).abs() < 1e-6), "{found:?}");
        }
    }

    #[test]
    fn parts_that_agree_are_surer_together_and_zero_is_no_veto() {
        let stack = Stack { weights: vec![1.0, 1.0] };
        let found = stack.combine(LabelKind::Single, &[&[0.8, 0.2], &[0.8, 0.2]]);
        assert!((found[0] - 16.0 / 17.0).abs() < 1e-6, "{found:?}"); // odds of 4 squared
        let found = stack.combine(LabelKind::Single, &[&[0.0, 1.0], &[1.0, 0.0]]);
        assert!((found[0] - 0.5).abs() < 1e-6, "{found:?}");
        let halves = Stack { weights: vec![0.5, 0.5] };
        assert_eq!(halves.combine(LabelKind::Regression, &[&[2.0], &[4.0]]), [3.0]);
    }
}
