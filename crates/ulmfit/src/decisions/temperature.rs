//! One number that makes probabilities more or less sure, without another answer.
//!
//! Guo et al. 2017, <https://arxiv.org/abs/1706.04599>: logits are divided by a temperature that
//! makes the right labels of held-out rows most likely. Here the directions of a model were
//! averaged already, so it divides the logarithms of the probabilities.

/// Least probability that counts: a rounded zero would have no logarithm.
const LEAST: f64 = 1e-12;
/// Temperatures looked at: from a tenth to ten, beyond which nothing can be believed.
const RANGE: f64 = std::f64::consts::LN_10;

/// The temperature that makes `targets` most likely; `None` without rows.
///
/// A class that has no probability in its row counts with a rounded zero.
pub fn fit(rows: &[Vec<f32>], targets: &[u32]) -> Option<f64> {
    if rows.is_empty() {
        return None;
    }
    // the loss is convex in 1/T, so a golden section finds its only valley
    let loss = |log: f64| -> f64 {
        let each =
            rows.iter().zip(targets).map(|(row, &target)| loss_of(row, target, (-log).exp()));
        each.sum()
    };
    let ratio = (5.0_f64.sqrt() - 1.0) / 2.0;
    let (mut low, mut high) = (-RANGE, RANGE);
    for _ in 0..60 {
        let (left, right) = (high - ratio * (high - low), low + ratio * (high - low));
        if loss(left) <= loss(right) { high = right } else { low = left }
    }
    Some(f64::midpoint(low, high).exp())
}

/// Negative log likelihood of a class, where logarithms are multiplied by `scale`.
fn loss_of(row: &[f32], target: u32, scale: f64) -> f64 {
    let log = |p: f32| scale * f64::from(p).max(LEAST).ln();
    let highest = row.iter().map(|&p| log(p)).fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = row.iter().map(|&p| (log(p) - highest).exp()).sum();
    let own = row.get(target as usize).copied().unwrap_or(0.0);
    highest + sum.ln() - log(own)
}

/// Probabilities at a temperature: as sure as they should be, in the same order.
pub fn tempered(row: &[f32], temperature: f64) -> Vec<f32> {
    let logs = row.iter().map(|&p| f64::from(p).max(LEAST).ln() / temperature);
    let logs: Vec<f64> = logs.collect();
    let highest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers: Vec<f64> = logs.iter().map(|log| (log - highest).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|power| (power / sum) as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overconfidence_is_cooled_to_what_is_right() {
        // 99 % sure and right three times in four: ln 3 instead of ln 99
        let rows = vec![vec![0.99, 0.01]; 400];
        let targets: Vec<u32> = (0..400).map(|n| u32::from(n % 4 == 0)).collect();
        let temperature = fit(&rows, &targets).unwrap();
        assert!((temperature - 99.0_f64.ln() / 3.0_f64.ln()).abs() < 1e-4, "{temperature}");
        let row = tempered(&rows[0], temperature);
        assert!((row[0] - 0.75).abs() < 1e-4 && (row[0] + row[1] - 1.0).abs() < 1e-6, "{row:?}");
        assert_eq!(fit(&[], &[]), None);
    }

    #[test]
    fn nothing_is_ever_infinite() {
        let found = fit(&[vec![1.0, 0.0], vec![0.0, 1.0]], &[0, 7]).unwrap();
        assert!(found.is_finite(), "{found}");
        assert!(tempered(&[1.0, 0.0], 0.1).iter().all(|p| p.is_finite()));
    }
}
