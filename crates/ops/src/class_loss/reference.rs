//! Losses of a head in plain loops.

use super::{Activation, ClassLoss, Targets};
use crate::{Backend, Real, Reference, Tensor};
use num_traits::Float;

impl<R: Real> ClassLoss for Reference<R> {
    fn class_loss(&self, logits: &Tensor<Self>, targets: &Targets) -> (f64, Tensor<Self>) {
        loss(logits, targets)
    }

    fn activate(&self, logits: &Tensor<Self>, activation: Activation) -> Tensor<Self> {
        activated(logits, activation)
    }
}

/// [`ClassLoss::class_loss`] on any device whose elements are at hand.
pub(super) fn loss<D: Backend>(logits: &Tensor<D>, targets: &Targets) -> (f64, Tensor<D>) {
    let [batch, classes] = logits.shape("logits");
    let (loss, gradient) = match targets {
        Targets::Classes { classes: labels, smoothing, weights } => {
            assert_eq!(labels.len(), batch, "one class per row");
            cross_entropy(logits.data(), labels, *smoothing, &per_class(weights.as_ref(), classes))
        }
        Targets::MultiLabel { values, weights } => {
            let weights = per_class(weights.as_ref(), classes);
            elementwise(logits.data(), values, |class, x, wanted| {
                binary_cross_entropy(x, wanted, weights[class % classes])
            })
        }
        Targets::Values { values } => elementwise(logits.data(), values, |_, x, wanted| {
            let difference = x - wanted;
            (difference * difference, (difference + difference))
        }),
    };
    (loss.f64(), Tensor::from_real(logits.dims(), gradient))
}

/// [`ClassLoss::activate`] on any device whose elements are at hand.
pub(super) fn activated<D: Backend>(logits: &Tensor<D>, activation: Activation) -> Tensor<D> {
    let [_, classes] = logits.shape("logits");
    let values = match activation {
        Activation::Softmax => {
            let rows = logits.data().chunks_exact(classes);
            rows.flat_map(|row| log_softmax(row).into_iter().map(Float::exp)).collect()
        }
        Activation::Sigmoid => logits.data().iter().map(|&x| sigmoid(x)).collect(),
        Activation::Identity => logits.data().to_vec(),
    };
    Tensor::from_real(logits.dims(), values)
}

/// The weights as given, or a one for each class.
fn per_class<R: Real>(weights: Option<&Vec<f32>>, classes: usize) -> Vec<R> {
    let Some(weights) = weights else {
        return vec![R::one(); classes];
    };
    assert_eq!(weights.len(), classes, "one weight per class");
    weights.iter().map(|&weight| R::of(f64::from(weight))).collect()
}

/// Loss and gradient: the weighted mean over rows, divided by the weights of the rows' labels.
fn cross_entropy<R: Real>(
    logits: &[R],
    labels: &[u32],
    smoothing: f64,
    weights: &[R],
) -> (R, Vec<R>) {
    let total: R = labels.iter().map(|&label| weights[label as usize]).sum();
    let (kept, spread) = (R::of(1.0 - smoothing), R::of(smoothing / weights.len() as f64));
    let (mut loss, mut gradient) = (R::zero(), Vec::with_capacity(logits.len()));
    for (row, &label) in logits.chunks_exact(weights.len()).zip(labels) {
        let log_p = log_softmax(row);
        let share: Vec<R> = (0..weights.len())
            .map(|class| {
                let hit = if class == label as usize { kept } else { R::zero() };
                weights[class] * (hit + spread) / total
            })
            .collect();
        let shares: R = share.iter().copied().sum();
        for (&log_p, &share) in log_p.iter().zip(&share) {
            loss -= share * log_p;
            gradient.push(log_p.exp() * shares - share);
        }
    }
    (loss, gradient)
}

/// Means over all elements of what `of(index, x, wanted)` says: a loss and its derivative.
fn elementwise<R: Real>(
    logits: &[R],
    values: &[f32],
    of: impl Fn(usize, R, R) -> (R, R),
) -> (R, Vec<R>) {
    assert_eq!(values.len(), logits.len(), "one value per logit");
    let count = R::of(logits.len() as f64);
    let (mut loss, mut gradient) = (R::zero(), Vec::with_capacity(logits.len()));
    for (index, (&x, &wanted)) in logits.iter().zip(values).enumerate() {
        let (one, slope) = of(index, x, R::of(f64::from(wanted)));
        loss += one / count;
        gradient.push(slope / count);
    }
    (loss, gradient)
}

/// `-weight·y·log σ(x) - (1-y)·log(1-σ(x))` and its derivative, safe for large `x`.
fn binary_cross_entropy<R: Real>(x: R, wanted: R, weight: R) -> (R, R) {
    let positive = weight * wanted;
    let negative = R::one() - wanted;
    // -log σ(x); the other logarithm is x more.
    let softplus = (-x.abs()).exp().ln_1p() + (-x).max(R::zero());
    (
        positive * softplus + negative * (softplus + x),
        negative * sigmoid(x) - positive * sigmoid(-x),
    )
}

fn sigmoid<R: Real>(x: R) -> R {
    (R::one() + (-x).exp()).recip()
}

fn log_softmax<R: Real>(row: &[R]) -> Vec<R> {
    let max = row.iter().fold(R::neg_infinity(), |max, &x| max.max(x));
    let log_sum = row.iter().map(|&x| (x - max).exp()).sum::<R>().ln();
    row.iter().map(|&x| x - max - log_sum).collect()
}
