//! One factor that turns scores into logits.

use crate::data::labels::LabelKind;
use rayon::prelude::*;

/// Factors looked at, from the reciprocal of this to this.
const MOST: f64 = 50.0;
/// Each makes what is left 0.62 times as wide: at the end a scale is right to a thousandth.
const STEPS: usize = 20;

/// Scores of a row, and what they should be.
#[derive(Clone, Debug)]
pub(super) struct ScoredRow {
    /// One for each output.
    pub(super) scores: Vec<f64>,
    /// 1 for the labels that the row has, else 0.
    pub(super) wanted: Vec<f64>,
    /// What an error at each output costs.
    pub(super) costs: Vec<f64>,
}

/// The factor that makes the wanted labels of some rows most likely, and the negative log
/// likelihood with it, weighted by cost: of a softmax where a text has one label, else of a sigmoid
/// for each.
///
/// Of `n` rows one more is counted that has it the other way, so that a few rows, all of them right,
/// do not make every answer sure (Platt 1999, "Probabilistic outputs for support vector machines").
pub(super) fn best_scale(rows: &[ScoredRow], task: LabelKind) -> (f64, f64) {
    let doubt = 1.0 / (rows.len() as f64 + 2.0);
    let of_row = |row: &ScoredRow, scale: f64| {
        let ScoredRow { scores, wanted, costs } = row;
        let outputs = scores.iter().zip(wanted).zip(costs);
        match task {
            LabelKind::Multi => {
                let each = outputs.map(|((score, wanted), cost)| {
                    let wanted = wanted * (1.0 - doubt) + (1.0 - wanted) * doubt;
                    let z = score * scale;
                    // −ln σ(z) = softplus(−z)
                    cost * (wanted * softplus(-z) + (1.0 - wanted) * softplus(z))
                });
                each.sum::<f64>()
            }
            LabelKind::Single | LabelKind::Regression => {
                let highest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let powers = scores.iter().map(|score| ((score - highest) * scale).exp());
                let log_sum = powers.sum::<f64>().ln();
                let share = doubt / scores.len() as f64;
                let each = outputs.map(|((score, wanted), cost)| {
                    let wanted = wanted * (1.0 - doubt) + share;
                    cost * wanted * (log_sum - (score - highest) * scale)
                });
                each.sum::<f64>()
            }
        }
    };
    let loss = |log: f64| -> f64 {
        let scale = log.exp();
        let each: Vec<f64> = rows.par_iter().map(|row| of_row(row, scale)).collect();
        each.iter().sum() // in their order, whatever the number of threads
    };
    // convex in the scale, so a golden section finds its only valley
    let ratio = (5.0_f64.sqrt() - 1.0) / 2.0;
    let inner = |low: f64, high: f64| (high - ratio * (high - low), low + ratio * (high - low));
    let (mut low, mut high) = (-MOST.ln(), MOST.ln());
    let (mut left, mut right) = inner(low, high);
    let (mut at_left, mut at_right) = (loss(left), loss(right));
    for _ in 0..STEPS {
        if at_left <= at_right {
            (high, right, at_right) = (right, left, at_left);
            left = inner(low, high).0;
            at_left = loss(left);
        } else {
            (low, left, at_left) = (left, right, at_right);
            right = inner(low, high).1;
            at_right = loss(right);
        }
    }
    let (log, least) = if at_left <= at_right { (left, at_left) } else { (right, at_right) };
    (least, log.exp())
}

fn softplus(z: f64) -> f64 {
    z.max(0.0) + (-z.abs()).exp().ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(wanted: [f64; 2], cost: f64) -> ScoredRow {
        ScoredRow { scores: vec![1.0, -1.0], wanted: wanted.to_vec(), costs: vec![cost; 2] }
    }

    #[test]
    fn scores_become_as_sure_as_they_are_right() {
        // a distance of 2 between two labels, right three times in four: ln 3
        let wrong = |n: usize| n.is_multiple_of(4);
        let wanted = |n: usize| if wrong(n) { [0.0, 1.0] } else { [1.0, 0.0] };
        let rows: Vec<ScoredRow> = (0..4000).map(|n| row(wanted(n), 1.0)).collect();
        let (loss, scale) = best_scale(&rows, LabelKind::Single);
        assert!((scale - 3.0_f64.ln() / 2.0).abs() < 2e-3, "{scale}");
        let entropy = -(0.75 * 0.75_f64.ln() + 0.25 * 0.25_f64.ln());
        assert!((loss / 4000.0 - entropy).abs() < 1e-3, "{loss}");
        // each by itself: a score of 1 is right three times in four
        let (_, scale) = best_scale(&rows, LabelKind::Multi);
        assert!((scale - 3.0_f64.ln()).abs() < 4e-3, "{scale}");
        // errors that cost twice as much: three to two
        let cost = |n: usize| if wrong(n) { 2.0 } else { 1.0 };
        let rows: Vec<ScoredRow> = (0..4000).map(|n| row(wanted(n), cost(n))).collect();
        let (_, scale) = best_scale(&rows, LabelKind::Single);
        assert!((scale - 1.5_f64.ln() / 2.0).abs() < 2e-3, "{scale}");
    }

    #[test]
    fn a_few_rows_that_are_right_prove_little() {
        let right = row([1.0, 0.0], 1.0);
        let scale = |count: usize| best_scale(&vec![right.clone(); count], LabelKind::Single).1;
        assert!(scale(5) < scale(50) && scale(50) < scale(500) && scale(5) < 2.0, "{}", scale(5));
    }
}
