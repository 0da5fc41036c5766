//! How the answers of a classifier rise with its logits.

use super::TargetScale;
use super::quadrature::gauss_legendre;
use crate::data::labels::LabelKind;
use std::sync::LazyLock;

/// Points between the ends of a path.
static POINTS: LazyLock<Vec<(f64, f64)>> = LazyLock::new(|| gauss_legendre(64));

/// Gradient with respect to the logits of a weighted sum of the answers, at these logits: the
/// answers are a softmax, a sigmoid each, or values in units of `scale`.
///
/// # Panics
/// Unless there is a factor for each logit.
pub(crate) fn slopes(
    task: LabelKind,
    scale: Option<TargetScale>,
    logits: &[f64],
    factors: &[f64],
) -> Vec<f64> {
    assert_eq!(logits.len(), factors.len(), "one factor per output");
    let pairs = logits.iter().zip(factors);
    match task {
        LabelKind::Single => {
            let highest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let powers: Vec<f64> = logits.iter().map(|logit| (logit - highest).exp()).collect();
            let sum: f64 = powers.iter().sum();
            let weighted = powers.iter().zip(factors).map(|(power, factor)| power * factor);
            let mean = weighted.sum::<f64>() / sum;
            { powers.iter().zip(factors) }
                .map(|(power, factor)| power / sum * (factor - mean))
                .collect()
        }
        LabelKind::Multi => pairs
            .map(|(logit, factor)| {
                let own = 1.0 / (1.0 + (-logit).exp());
                factor * own * (1.0 - own)
            })
            .collect(),
        LabelKind::Regression => {
            let unit = scale.map_or(1.0, |scale| scale.sd);
            factors.iter().map(|factor| factor * unit).collect()
        }
    }
}

/// The mean of [`slopes`] on the straight path from some logits to those that are higher by `rise`:
/// integrated gradients (Sundararajan, Taly & Yan 2017, <https://arxiv.org/abs/1703.01365>). Times
/// `rise`, they add up to how much the weighted sum of the answers rises.
///
/// # Panics
/// Unless there is a factor for each logit.
pub(crate) fn mean_slopes(
    task: LabelKind,
    scale: Option<TargetScale>,
    start: &[f64],
    rise: &[f64],
    factors: &[f64],
) -> Vec<f64> {
    let mut mean = vec![0.0; start.len()];
    for (place, weight) in POINTS.iter() {
        let at: Vec<f64> =
            start.iter().zip(rise).map(|(logit, rise)| logit + place * rise).collect();
        let here = slopes(task, scale, &at, factors);
        mean.iter_mut().zip(here).for_each(|(sum, slope)| *sum += weight * slope);
    }
    mean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_slopes_add_up_to_the_rise() {
        let (start, rise, factors) = ([0.3, -1.2, 2.0], [-3.0, 4.0, 0.5], [0.5, -2.0, 1.5]);
        let answer = |place: f64| -> f64 {
            let powers: Vec<f64> =
                start.iter().zip(rise).map(|(z, d)| (z + place * d).exp()).collect();
            let sum: f64 = powers.iter().sum();
            powers.iter().zip(factors).map(|(power, factor)| power / sum * factor).sum()
        };
        let found = mean_slopes(LabelKind::Single, None, &start, &rise, &factors);
        let found: f64 = found.iter().zip(rise).map(|(slope, rise)| slope * rise).sum();
        assert!((found - (answer(1.0) - answer(0.0))).abs() < 1e-12, "{found}");
    }

    #[test]
    fn slopes_are_those_of_the_weighted_sum() {
        let (logits, factors) = ([0.3, -1.2, 2.0], [0.5, -2.0, 1.5]);
        let answer = |task, logits: &[f64]| -> f64 {
            let sum: f64 = logits.iter().map(|logit| logit.exp()).sum();
            let scale = TargetScale { mean: 4.0, sd: 3.0 };
            let of = |logit: &f64| match task {
                LabelKind::Single => logit.exp() / sum,
                LabelKind::Multi => 1.0 / (1.0 + (-logit).exp()),
                LabelKind::Regression => scale.restore(*logit),
            };
            logits.iter().map(of).zip(factors).map(|(p, factor)| p * factor).sum()
        };
        for task in [LabelKind::Single, LabelKind::Multi, LabelKind::Regression] {
            let found = slopes(task, Some(TargetScale { mean: 4.0, sd: 3.0 }), &logits, &factors);
            for (n, found) in found.iter().enumerate() {
                let moved = |by: f64| {
                    let mut logits = logits;
                    logits[n] += by;
                    answer(task, &logits)
                };
                let wanted = (moved(1e-5) - moved(-1e-5)) / 2e-5;
                assert!((found - wanted).abs() < 1e-8, "{task:?} {n}: {found} {wanted}");
            }
        }
    }
}
