//! The weights of a portfolio's parts, from answers that no part has learned.

use crate::data::labels::LabelKind;
use crate::models::stack::{Stack, evidence, finish};

/// Answers of all parts to the same rows, and what the rows should be.
pub(crate) struct Answers<'a> {
    task: LabelKind,
    /// What each part says about each row, as it is weighted and added up.
    evidence: Vec<Vec<Vec<f64>>>,
    targets: &'a [Vec<f32>],
}

/// Pull towards equal weights, in rows: the squared distance of each weight from their mean costs as
/// much as half the squared error of so many, in units of the variance of the values.
const PULL: f64 = 4.0;
/// The largest weight.
const MOST: f64 = 20.0;
/// Rounds over the weights at most.
const ROUNDS: usize = 100;
/// The longest step of a weight: far from the minimum the curvature says little.
const LONGEST_STEP: f64 = 0.5;
/// Weights that move less have arrived.
const STILL: f64 = 1e-6;

/// How likely a label is taken to be right: rows that are all answered well would make the weights grow
/// without end, and so few do not prove that much (Platt 1999, "Probabilistic outputs for support
/// vector machines", section 2.2, whose prior has one row more of each kind).
fn certainty(rows: usize) -> f64 {
    (rows as f64 + 1.0) / (rows as f64 + 2.0)
}

impl<'a> Answers<'a> {
    /// `parts` are the outputs of each part for each row; of a row, the target is the class, a flag
    /// for each label, or a value, as [`Labelled::targets`](crate::train::Labelled::targets).
    pub(crate) fn new(task: LabelKind, parts: &[Vec<Vec<f32>>], targets: &'a [Vec<f32>]) -> Self {
        let of_row = |row: &Vec<f32>| row.iter().map(|&p| evidence(task, p)).collect();
        let evidence = parts.iter().map(|rows| rows.iter().map(of_row).collect()).collect();
        Self { task, evidence, targets }
    }

    /// The weights of some parts, 0 or more, that make the targets of `rows` most likely, as far as so few rows
    /// are believed (of values, that have the least squared error and add up to 1), pulled a little towards equal ones.
    ///
    /// The loss is convex in the weights, so that one weight after the other comes to the only
    /// minimum there is.
    pub(crate) fn weights(&self, parts: &[usize], rows: &[usize]) -> Stack {
        if self.task == LabelKind::Regression {
            return self.weights_of_values(parts, rows);
        }
        let count = parts.len();
        let start = 1.0 / count as f64;
        let mut weights = vec![start; count];
        for _ in 0..ROUNDS {
            let mut moved = 0.0_f64;
            for part in 0..count {
                let (slope, curvature) = self.derivatives((parts, &weights), rows, part);
                let before = weights[part];
                if curvature > 0.0 {
                    let step = (slope / curvature).clamp(-LONGEST_STEP, LONGEST_STEP);
                    weights[part] = (before - step).clamp(0.0, MOST);
                }
                moved = moved.max((weights[part] - before).abs());
            }
            if moved < STILL {
                break;
            }
        }
        if weights.iter().all(|&weight| weight == 0.0) {
            weights.fill(start); // no part knows anything: none is better than another
        }
        Stack { weights }
    }

    /// The same for values, as a weighted mean of what the parts say (Breiman 1996, "Stacked regressions", whose
    /// weights are 0 or more; with a sum of 1 neither the origin nor the unit of the values matters). Of each pair of
    /// parts one gives to the other, again and again.
    fn weights_of_values(&self, parts: &[usize], rows: &[usize]) -> Stack {
        let count = parts.len();
        let mut weights = vec![1.0 / count as f64; count];
        let variance = self.variance(rows);
        let value = |part: usize, row: usize| self.evidence[parts[part]][row][0];
        for _ in 0..ROUNDS {
            let mut moved = 0.0_f64;
            for (one, other) in (0..count).flat_map(|one| (0..one).map(move |other| (one, other))) {
                let mut slope = PULL * (weights[one] - weights[other]);
                let mut curvature = 2.0 * PULL;
                for &row in rows {
                    let together: f64 =
                        (0..count).map(|part| weights[part] * value(part, row)).sum();
                    let gain = value(one, row) - value(other, row);
                    slope += (together - f64::from(self.targets[row][0])) * gain / variance;
                    curvature += gain * gain / variance;
                }
                let given = (-slope / curvature).clamp(-weights[one], weights[other]);
                weights[one] += given;
                weights[other] -= given;
                moved = moved.max(given.abs());
            }
            if moved < STILL {
                break;
            }
        }
        Stack { weights }
    }

    /// The same weight for some parts, and of all such weights the one that [`weights`](Self::weights) would find for
    /// the mean of what they say.
    pub(crate) fn equal_weights(&self, parts: &[usize], rows: &[usize]) -> Stack {
        let count = parts.len() as f64;
        let of_row = |row: usize| -> Vec<f64> {
            let outputs = 0..self.evidence[parts[0]][row].len();
            let mean = |output: usize| -> f64 {
                parts.iter().map(|&part| self.evidence[part][row][output]).sum::<f64>() / count
            };
            outputs.map(mean).collect()
        };
        let together = (0..self.targets.len()).map(of_row).collect();
        let answers = Self { task: self.task, evidence: vec![together], targets: self.targets };
        let weight = answers.weights(&[0], rows).weights[0] / count;
        Stack { weights: vec![weight; parts.len()] }
    }

    /// The mean loss of some parts on some rows: negative log likelihood, or squared error.
    pub(crate) fn loss(&self, parts: &[usize], stack: &Stack, rows: &[usize]) -> f64 {
        let of_row = |&row: &usize| {
            let sums = self.outputs(parts, &stack.weights, row);
            let target = &self.targets[row];
            match self.task {
                LabelKind::Single => -sums[target[0] as usize].max(f64::MIN_POSITIVE).ln(),
                LabelKind::Multi => {
                    let each = sums.iter().zip(target).map(|(p, &wanted)| {
                        let right = if wanted > 0.5 { *p } else { 1.0 - p };
                        -right.max(f64::MIN_POSITIVE).ln()
                    });
                    each.sum::<f64>() / sums.len() as f64
                }
                LabelKind::Regression => (sums[0] - f64::from(target[0])).powi(2),
            }
        };
        rows.iter().map(of_row).sum::<f64>() / rows.len().max(1) as f64
    }

    /// Combined outputs of a row.
    fn outputs(&self, parts: &[usize], weights: &[f64], row: usize) -> Vec<f64> {
        let outputs = self.evidence[parts[0]][row].len();
        let sum = |output: usize| -> f64 {
            let parts = parts.iter().zip(weights);
            parts.map(|(&part, weight)| weight * self.evidence[part][row][output]).sum()
        };
        let mut sums: Vec<f64> = (0..outputs).map(sum).collect();
        finish(self.task, &mut sums);
        sums
    }

    /// First and second derivative of the loss by one of the weights.
    fn derivatives(
        &self,
        (parts, weights): (&[usize], &[f64]),
        rows: &[usize],
        one: usize,
    ) -> (f64, f64) {
        let mean = weights.iter().sum::<f64>() / weights.len() as f64;
        // of the sum of squared distances from the mean
        let share = 1.0 - 1.0 / weights.len() as f64;
        let mut slope = PULL * (weights[one] - mean);
        let mut curvature = PULL * share;
        let sure = certainty(rows.len());
        for &row in rows {
            let found = self.outputs(parts, weights, row);
            let own = &self.evidence[parts[one]][row];
            let target = &self.targets[row];
            match self.task {
                LabelKind::Single => {
                    let expected: f64 = found.iter().zip(own).map(|(p, e)| p * e).sum();
                    let square: f64 = found.iter().zip(own).map(|(p, e)| p * e * e).sum();
                    let right = own[target[0] as usize];
                    let others = own.iter().sum::<f64>() - right;
                    let rest = (1.0 - sure) / (own.len() - 1).max(1) as f64;
                    slope += expected - (sure * right + rest * others);
                    curvature += (square - expected * expected).max(0.0);
                }
                LabelKind::Multi => {
                    for ((p, e), &wanted) in found.iter().zip(own).zip(target) {
                        let wanted = if wanted > 0.5 { sure } else { 1.0 - sure };
                        slope += (p - wanted) * e;
                        curvature += p * (1.0 - p) * e * e;
                    }
                }
                LabelKind::Regression => unreachable!("values have weights of their own"),
            }
        }
        (slope, curvature)
    }

    /// The variance of the values, 1 if they are all equal.
    fn variance(&self, rows: &[usize]) -> f64 {
        let values: Vec<f64> = rows.iter().map(|&row| f64::from(self.targets[row][0])).collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let squares = values.iter().map(|value| (value - mean).powi(2));
        let variance = squares.sum::<f64>() / values.len() as f64;
        if variance > 0.0 { variance } else { 1.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Probabilities of two classes, where a part is sure of `p` and right in `right` of 100 rows.
    fn part(p: f32, right: usize) -> Vec<Vec<f32>> {
        (0..100)
            .map(|n| if n * 37 % 100 < right { vec![p, 1.0 - p] } else { vec![1.0 - p, p] })
            .collect()
    }

    #[test]
    fn the_weight_of_a_single_part_is_its_inverse_temperature() {
        let parts = vec![part(0.99, 75)];
        let targets = vec![vec![0.0]; 100];
        let answers = Answers::new(LabelKind::Single, &parts, &targets);
        let rows: Vec<usize> = (0..100).collect();
        let stack = answers.weights(&[0], &rows);
        let sure = certainty(100);
        let right = 0.75 * sure + 0.25 * (1.0 - sure);
        let wanted = (right / (1.0 - right)).ln() / 99.0_f64.ln();
        assert!((stack.weights[0] - wanted).abs() < 1e-4, "{stack:?} {wanted}");
    }

    #[test]
    fn few_rows_that_are_all_right_do_not_make_sure() {
        let parts = vec![part(0.9, 100)];
        let targets = vec![vec![0.0]; 100];
        let answers = Answers::new(LabelKind::Single, &parts, &targets);
        let rows: Vec<usize> = (0..20).collect();
        let stack = answers.weights(&[0], &rows);
        let found = answers.outputs(&[0], &stack.weights, 0)[0];
        assert!((found - 21.0 / 22.0).abs() < 1e-4, "{stack:?} {found}");
    }

    #[test]
    fn a_part_that_guesses_has_no_say_and_a_better_one_more() {
        let half: Vec<Vec<f32>> =
            (0..100).map(|n| if n % 2 == 0 { vec![0.9, 0.1] } else { vec![0.1, 0.9] }).collect();
        let parts = vec![part(0.9, 90), half];
        let targets = vec![vec![0.0]; 100];
        let answers = Answers::new(LabelKind::Single, &parts, &targets);
        let rows: Vec<usize> = (0..100).collect();
        let stack = answers.weights(&[0, 1], &rows);
        assert!(stack.weights[0] > 0.7 && stack.weights[1] < 0.1, "{stack:?}");
        let equal = Stack { weights: vec![0.5, 0.5] };
        assert!(answers.loss(&[0, 1], &stack, &rows) < answers.loss(&[0, 1], &equal, &rows));
    }

    #[test]
    fn values_are_averaged() {
        let targets: Vec<Vec<f32>> = (0..50).map(|n| vec![n as f32]).collect();
        let noisy = |sign: f32| -> Vec<Vec<f32>> {
            (0..50).map(|n| vec![n as f32 + sign * [3.0, -3.0][n % 2]]).collect()
        };
        let parts = vec![noisy(1.0), noisy(-1.0)];
        let answers = Answers::new(LabelKind::Regression, &parts, &targets);
        let rows: Vec<usize> = (0..50).collect();
        let stack = answers.weights(&[0, 1], &rows);
        assert!(stack.weights.iter().all(|weight| (weight - 0.5).abs() < 0.01), "{stack:?}");
        assert!(answers.loss(&[0, 1], &stack, &rows) < 0.01);
    }

    #[test]
    fn neither_origin_nor_unit_of_values_matters() {
        let rows: Vec<usize> = (0..50).collect();
        let weights = |origin: f32, unit: f32| {
            let value = |n: usize| origin + unit * (n % 11) as f32;
            let targets: Vec<Vec<f32>> = (0..50).map(|n| vec![value(n)]).collect();
            let near = (0..50).map(|n| vec![value(n) + unit * [0.5, -0.5][n % 2]]).collect();
            let far = (0..50).map(|n| vec![value(n * 7 % 50)]).collect();
            let parts: [Vec<Vec<f32>>; 2] = [near, far];
            Answers::new(LabelKind::Regression, &parts, &targets).weights(&[0, 1], &rows).weights
        };
        let [near, far] = weights(0.0, 1.0)[..] else { panic!("two weights") };
        assert!(near > 0.8 && far < 0.2 && (near + far - 1.0).abs() < 1e-9, "{near} {far}");
        for (origin, unit) in [(2_000.0, 1.0), (0.0, 64.0), (-512.0, 0.25)] {
            let moved = weights(origin, unit);
            assert!((moved[0] - near).abs() < 1e-4, "{origin} {unit}: {moved:?}");
        }
    }
}
