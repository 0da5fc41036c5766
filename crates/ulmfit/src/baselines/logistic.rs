//! Multinomial logistic regression, to its one optimum.

use super::TfIdfOptions;
use super::sparse::Sparse;
use crate::optim::{dot, lbfgs};
use rayon::prelude::*;

/// Weights `[F, C]` and biases `[C]`.
#[derive(Clone, Debug)]
pub(crate) struct Logistic {
    classes: usize,
    weights: Vec<f64>, // biases are the last row
}

impl Logistic {
    /// Minimises `strength · Σ cross entropy + |w|² / 2`; biases are not penalised.
    pub(crate) fn fit(
        rows: &Sparse,
        classes: usize,
        targets: &[u32],
        options: &TfIdfOptions,
    ) -> Self {
        let columns = rows.transposed();
        let penalised = rows.columns() * classes;
        let objective = |weights: &[f64]| {
            let mut errors = logits(rows, weights, classes);
            let losses = errors.par_chunks_mut(classes).zip(targets).map(|(row, &target)| {
                let loss = softmax(row, target as usize);
                row[target as usize] -= 1.0;
                loss
            });
            let loss: f64 = losses.collect::<Vec<_>>().iter().sum();
            let mut gradient = columns.times(&errors, classes);
            for class in 0..classes {
                gradient.push(errors.iter().skip(class).step_by(classes).sum());
            }
            for g in &mut gradient {
                *g *= options.strength;
            }
            for (g, w) in gradient.iter_mut().zip(&weights[..penalised]) {
                *g += w;
            }
            let penalty = dot(&weights[..penalised], &weights[..penalised]) / 2.0;
            (options.strength * loss + penalty, gradient)
        };
        let weights = lbfgs(vec![0.0; penalised + classes], options.max_iterations, objective);
        Self { classes, weights }
    }

    /// One row of probabilities for each row of features.
    pub(crate) fn probabilities(&self, rows: &Sparse) -> Vec<f64> {
        let mut scores = logits(rows, &self.weights, self.classes);
        for row in scores.chunks_mut(self.classes) {
            softmax(row, 0);
        }
        scores
    }
}

/// `[N, C]`.
fn logits(rows: &Sparse, weights: &[f64], classes: usize) -> Vec<f64> {
    let biases = &weights[rows.columns() * classes..];
    let mut scores = rows.times(weights, classes);
    for row in scores.chunks_mut(classes) {
        row.iter_mut().zip(biases).for_each(|(score, bias)| *score += bias);
    }
    scores
}

/// Turns scores into probabilities and returns the loss of `target`.
fn softmax(row: &mut [f64], target: usize) -> f64 {
    let highest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let score = row[target] - highest;
    for value in row.iter_mut() {
        *value = (*value - highest).exp();
    }
    let sum: f64 = row.iter().sum();
    for value in row {
        *value /= sum;
    }
    sum.ln() - score
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of `LogisticRegression(C=10, tol=1e-8)` on the same five rows.
    #[test]
    fn probabilities_are_sklearns() {
        let mut rows = Sparse::new(2);
        for row in [[1.0, 0.0], [0.8, 0.6], [0.0, 1.0], [0.6, 0.8], [-0.6, 0.8]] {
            rows.push_row([(0, row[0]), (1, row[1])]);
        }
        let model = Logistic::fit(&rows, 3, &[0, 0, 1, 1, 2], &TfIdfOptions::default());
        let found = model.probabilities(&rows);
        for (found, wanted) in found.iter().zip(SKLEARN) {
            assert!((found - wanted).abs() < 1e-4, "{found} {wanted}");
        }
    }

    const SKLEARN: [f64; 15] = [
        0.932_547, 0.058_801, 0.008_652, 0.595_316, 0.377_282, 0.027_402, 0.088_243, 0.698_950,
        0.212_807, 0.356_358, 0.593_766, 0.049_876, 0.027_535, 0.271_203, 0.701_262,
    ];
}
