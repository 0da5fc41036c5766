//! Multinomial logistic regression, to its one optimum.

use super::TfIdfOptions;
use super::sparse::Sparse;
use rayon::prelude::*;
use std::collections::VecDeque;

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

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// `x + factor · direction`.
fn moved(x: &[f64], factor: f64, direction: &[f64]) -> Vec<f64> {
    x.iter().zip(direction).map(|(x, d)| x + factor * d).collect()
}

/// Minimum of a smooth convex function that returns its value and gradient.
///
/// L-BFGS with backtracking (Nocedal & Wright 2006, algorithms 7.4 and 3.1). Stops when the
/// gradient is a hundred-thousandth of the first one.
fn lbfgs(mut x: Vec<f64>, most: usize, f: impl Fn(&[f64]) -> (f64, Vec<f64>)) -> Vec<f64> {
    const MEMORY: usize = 6;
    let mut pairs: VecDeque<(Vec<f64>, Vec<f64>, f64)> = VecDeque::new(); // steps s, changes y, sᵀy
    let (mut value, mut gradient) = f(&x);
    let enough = 1e-5 * dot(&gradient, &gradient).sqrt();
    for _ in 0..most {
        if dot(&gradient, &gradient).sqrt() <= enough {
            break;
        }
        let mut direction: Vec<f64> = gradient.iter().map(|g| -g).collect();
        let mut shares = Vec::with_capacity(pairs.len());
        for (s, y, sy) in pairs.iter().rev() {
            let share = dot(s, &direction) / sy;
            direction = moved(&direction, -share, y);
            shares.push(share);
        }
        let scale = match pairs.back() {
            Some((_, y, sy)) => sy / dot(y, y),
            None => 1.0 / dot(&gradient, &gradient).sqrt(),
        };
        for d in &mut direction {
            *d *= scale;
        }
        for ((s, y, sy), share) in pairs.iter().zip(shares.iter().rev()) {
            direction = moved(&direction, share - dot(y, &direction) / sy, s);
        }
        let slope = dot(&direction, &gradient);
        let mut stride = 1.0;
        let next = loop {
            let candidate = moved(&x, stride, &direction);
            let (reached, slopes) = f(&candidate);
            if reached <= value + 1e-4 * stride * slope {
                break Some((candidate, reached, slopes));
            }
            stride /= 2.0;
            if stride < 1e-10 {
                break None; // as low as rounding allows
            }
        };
        let Some((candidate, reached, slopes)) = next else {
            break;
        };
        let (s, y) = (moved(&candidate, -1.0, &x), moved(&slopes, -1.0, &gradient));
        let sy = dot(&s, &y);
        if sy > 0.0 {
            pairs.push_back((s, y, sy));
            if pairs.len() > MEMORY {
                pairs.pop_front();
            }
        }
        (x, value, gradient) = (candidate, reached, slopes);
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lbfgs_finds_the_bottom_of_a_narrow_bowl() {
        let bowl = |x: &[f64]| {
            let (a, b) = (x[0] - 3.0, x[1] + 1.0);
            (a * a + 500.0 * b * b + a * b, vec![2.0 * a + b, 1000.0 * b + a])
        };
        let found = lbfgs(vec![0.0, 0.0], 100, bowl);
        assert!((found[0] - 3.0).abs() < 0.01 && (found[1] + 1.0).abs() < 0.001, "{found:?}");
    }

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
