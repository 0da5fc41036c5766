//! Scores of predictions, each a pure function of targets and guesses.

mod class_scores;
mod confusion;
mod interval;
mod multi_label;
mod perplexity;
mod regression;

pub use class_scores::ClassScores;
pub use confusion::{ClassCounts, Confusion};
pub(super) use interval::Z;
pub use interval::{mean_interval, wilson};
pub use multi_label::MultiLabelScores;
pub use perplexity::Perplexity;
pub use regression::RegressionScores;

use ulmfit_ops::Real;

/// Part of `whole`, and 0 of nothing.
fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// Part of the rows whose target is among the `k` highest scores; `scores` is `[N, C]`.
///
/// Among equal scores the first class counts as the highest.
///
/// # Panics
/// If `scores` is not `classes` values for each target, or a target is no class.
pub fn top_k_accuracy<R: Real>(scores: &[R], classes: usize, targets: &[u32], k: usize) -> f64 {
    assert_eq!(scores.len(), classes * targets.len(), "scores are not [N, C]");
    let found = scores.chunks(classes).zip(targets).filter(|(row, target)| {
        let target = **target as usize;
        let ahead = |class: usize| {
            row[class] > row[target] || (class < target && row[class] == row[target])
        };
        (0..classes).filter(|&class| ahead(class)).count() < k
    });
    ratio(found.count() as u64, targets.len() as u64)
}

/// Class with the highest score of each row; `scores` is `[N, C]`, the first of equals wins.
///
/// # Panics
/// If `classes` is zero.
pub fn argmax<R: Real>(scores: &[R], classes: usize) -> Vec<u32> {
    let highest = |row: &[R]| {
        (1..row.len()).fold(0, |best, class| if row[class] > row[best] { class } else { best })
    };
    scores.chunks(classes).map(|row| highest(row) as u32).collect()
}

/// Mean negative log-likelihood of the targets under a softmax of `logits`, `[N, C]`.
///
/// # Panics
/// If `logits` is not `classes` values for each target, or a target is no class.
pub fn cross_entropy<R: Real>(logits: &[R], classes: usize, targets: &[u32]) -> f64 {
    assert_eq!(logits.len(), classes * targets.len(), "logits are not [N, C]");
    let rows = logits.chunks(classes).zip(targets);
    let total: f64 = rows.map(|(row, &target)| row_loss(row, target as usize, 1.0)).sum();
    total / targets.len() as f64
}

/// `-log softmax(row / temperature)[target]`.
pub(super) fn row_loss<R: Real>(row: &[R], target: usize, temperature: f64) -> f64 {
    let scaled = |logit: R| logit.f64() / temperature;
    let highest = row.iter().map(|&logit| scaled(logit)).fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = row.iter().map(|&logit| (scaled(logit) - highest).exp()).sum();
    highest + sum.ln() - scaled(row[target])
}

#[cfg(test)]
mod tests;
