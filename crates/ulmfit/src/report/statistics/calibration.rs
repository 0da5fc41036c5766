//! Whether a probability of 0.9 is right nine times in ten, and how to make it so.

use crate::report::metrics::row_loss;
use serde::{Deserialize, Serialize};
use ulmfit_ops::Real;

/// Rows whose confidence lies in one interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// Rows.
    pub count: u64,
    /// Their mean confidence.
    pub confidence: f64,
    /// Part of them guessed right.
    pub accuracy: f64,
}

/// Accuracy over confidence, in bins of equal width between 0 and 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reliability {
    /// Lowest confidence first; empty bins are kept.
    pub bins: Vec<Bin>,
}

impl Reliability {
    /// Bins of the usual reliability diagram (Guo et al. 2017).
    pub const BINS: usize = 15;

    /// Sorts rows by the probability of their guess; `hits` says which guesses are right.
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn new(confidences: &[f64], hits: &[bool]) -> Self {
        assert_eq!(confidences.len(), hits.len(), "one confidence a hit");
        let mut bins = vec![Bin::default(); Self::BINS];
        for (&confidence, &hit) in confidences.iter().zip(hits) {
            // a bin holds its upper edge, not its lower one
            let index = ((confidence * Self::BINS as f64).ceil() as usize).clamp(1, Self::BINS) - 1;
            let bin = &mut bins[index];
            bin.count += 1;
            bin.confidence += confidence;
            bin.accuracy += f64::from(u8::from(hit));
        }
        for bin in bins.iter_mut().filter(|bin| bin.count > 0) {
            bin.confidence /= bin.count as f64;
            bin.accuracy /= bin.count as f64;
        }
        Self { bins }
    }

    /// Expected calibration error: mean distance of accuracy from confidence, weighted by rows.
    ///
    /// Guo et al. 2017, equation 5: <https://arxiv.org/abs/1706.04599>. 0 of no rows.
    pub fn expected_error(&self) -> f64 {
        let n: u64 = self.bins.iter().map(|bin| bin.count).sum();
        let gap = |bin: &Bin| (bin.accuracy - bin.confidence).abs() * bin.count as f64;
        self.bins.iter().map(gap).sum::<f64>() / n.max(1) as f64
    }
}

/// What logits are divided by, so that confidence is accuracy; it changes no guess.
///
/// Guo et al. 2017, section 4.2.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Temperature(pub f64);

impl Temperature {
    const LOWEST: f64 = 0.05;
    const HIGHEST: f64 = 20.0;

    /// The temperature with the least cross entropy on held-out `logits`, `[N, C]`.
    ///
    /// Between 0.05 and 20; 1 where there are no rows. The loss is convex in `1 / T`, so it has
    /// one valley, which the golden section closes in on.
    ///
    /// # Panics
    /// If `logits` is not `classes` values for each target, or a target is no class.
    pub fn fit<R: Real>(logits: &[R], classes: usize, targets: &[u32]) -> Self {
        assert_eq!(logits.len(), classes * targets.len(), "logits are not [N, C]");
        if targets.is_empty() {
            return Self(1.0);
        }
        let loss = |log: f64| -> f64 {
            let rows = logits.chunks(classes).zip(targets);
            rows.map(|(row, &target)| row_loss(row, target as usize, log.exp())).sum()
        };
        Self(golden_section(Self::LOWEST.ln(), Self::HIGHEST.ln(), loss).exp())
    }
}

/// Where `f`, with one valley between `low` and `high`, is lowest (Kiefer 1953).
fn golden_section(mut low: f64, mut high: f64, f: impl Fn(f64) -> f64) -> f64 {
    let golden = (5.0_f64.sqrt() - 1.0) / 2.0;
    let (mut left, mut right) = (high - golden * (high - low), low + golden * (high - low));
    let (mut at_left, mut at_right) = (f(left), f(right));
    while high - low > 1e-6 {
        if at_left < at_right {
            (high, right, at_right) = (right, left, at_left);
            left = high - golden * (high - low);
            at_left = f(left);
        } else {
            (low, left, at_left) = (left, right, at_right);
            right = low + golden * (high - low);
            at_right = f(right);
        }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::metrics::{argmax, cross_entropy};

    #[test]
    fn honest_confidence_has_no_error() {
        let confidences = [0.75; 8];
        let hits = [true, true, true, true, true, true, false, false];
        assert!(Reliability::new(&confidences, &hits).expected_error() < 1e-12);
        let boaster = Reliability::new(&[1.0; 4], &[true, false, false, true]);
        assert!((boaster.expected_error() - 0.5).abs() < 1e-12);
        assert_eq!(boaster.bins[14].count, 4);
        assert_eq!(Reliability::new(&[0.0, 1.0 / 15.0], &[true; 2]).bins[0].count, 2);
    }

    /// Two classes, three rows right at the same logit and one wrong: `sigmoid(4 / T) = 3 / 4`.
    #[test]
    fn temperature_turns_confidence_into_accuracy() {
        let logits = [4.0_f32, 0.0].repeat(4);
        let Temperature(found) = Temperature::fit(&logits, 2, &[0, 0, 0, 1]);
        assert!((found - 4.0 / 3.0_f64.ln()).abs() < 1e-4, "{found}");
    }

    #[test]
    fn temperature_is_where_the_loss_is_least() {
        let logits: Vec<f64> = (0..60).map(|i| 5.0 * (f64::from(i) * 1.7).sin()).collect();
        let mut targets = argmax(&logits, 3);
        targets.iter_mut().step_by(4).for_each(|target| *target = (*target + 1) % 3);
        let Temperature(found) = Temperature::fit(&logits, 3, &targets);
        let loss = |t: f64| {
            let scaled: Vec<f64> = logits.iter().map(|logit| logit / t).collect();
            cross_entropy(&scaled, 3, &targets)
        };
        assert!(loss(found) <= loss(found * 1.01) && loss(found) <= loss(found / 1.01), "{found}");
    }

    #[test]
    fn right_or_wrong_without_exception_stays_in_bounds() {
        let logits = [2.0_f64, 0.0].repeat(5);
        assert!(Temperature::fit(&logits, 2, &[0; 5]).0 >= 0.0499);
        assert!(Temperature::fit(&logits, 2, &[1; 5]).0 <= 20.001);
        assert_eq!(Temperature::fit::<f64>(&[], 2, &[]), Temperature(1.0));
    }
}
