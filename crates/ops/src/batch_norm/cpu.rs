//! Batch normalisation row by row, all features at once.
//!
//! A head's batch is small (64 documents, 1200 features), so one thread does it.

use super::{BatchNorm, BatchNormGrads, BatchNormTape, BatchNormWeights, RunningStats, sizes};
use crate::{Cpu, Tensor};

impl BatchNorm for Cpu {
    fn batch_norm_train(
        &self,
        x: &Tensor<Self>,
        weights: BatchNormWeights<'_, Self>,
        running: &mut RunningStats<Self>,
        momentum: f64,
    ) -> (Tensor<Self>, BatchNormTape<Self>) {
        let [batch, features] = sizes(x, &weights);
        assert!(batch >= 2, "the variance of {batch} row is unknown");
        let mut mean = vec![0.0; features];
        add_rows(&mut mean, x.data(), |_, x| x);
        for mean in &mut mean {
            *mean /= batch as f64;
        }
        let mut squares = vec![0.0; features];
        add_rows(&mut squares, x.data(), |f, x| (x - mean[f]).powi(2));

        let move_towards = |running: &mut f32, found: f64| {
            *running += (momentum * (found - f64::from(*running))) as f32;
        };
        for (f, running) in running.mean.data_mut().iter_mut().enumerate() {
            move_towards(running, mean[f]);
        }
        for (f, running) in running.var.data_mut().iter_mut().enumerate() {
            move_towards(running, squares[f] / (batch - 1) as f64);
        }

        let inverse_std: Vec<f64> = squares
            .iter()
            .map(|squares| (squares / batch as f64 + weights.eps).sqrt().recip())
            .collect();
        let normalised = normalise(x, &mean, &inverse_std);
        let y = scale_and_shift(normalised.clone(), weights);
        let inverse_std = inverse_std.into_iter().map(|value| value as f32).collect();
        (y, BatchNormTape { normalised, inverse_std: Tensor::from_real(&[features], inverse_std) })
    }

    fn batch_norm_eval(
        &self,
        x: &Tensor<Self>,
        weights: BatchNormWeights<'_, Self>,
        running: &RunningStats<Self>,
    ) -> Tensor<Self> {
        sizes(x, &weights);
        let mean = running.mean.to_f64();
        let var = running.var.to_f64();
        let inverse_std: Vec<f64> =
            var.iter().map(|var| (var + weights.eps).sqrt().recip()).collect();
        scale_and_shift(normalise(x, &mean, &inverse_std), weights)
    }

    fn batch_norm_backward(
        &self,
        tape: &BatchNormTape<Self>,
        weights: BatchNormWeights<'_, Self>,
        dy: &Tensor<Self>,
        grads: Option<BatchNormGrads<'_, Self>>,
    ) -> Tensor<Self> {
        let [batch, features] = sizes(dy, &weights);
        assert_eq!(tape.normalised.dims(), dy.dims(), "`dy`");
        let mut sums = vec![0.0; features];
        add_rows(&mut sums, dy.data(), |_, dy| dy);
        let mut products = vec![0.0; features];
        let rows =
            dy.data().chunks_exact(features).zip(tape.normalised.data().chunks_exact(features));
        for (dy, normalised) in rows {
            for ((product, &dy), &normalised) in products.iter_mut().zip(dy).zip(normalised) {
                *product += f64::from(dy) * f64::from(normalised);
            }
        }
        if let Some(grads) = grads {
            add_rounded(grads.weight.data_mut(), &products);
            add_rounded(grads.bias.data_mut(), &sums);
        }
        let mut dx = dy.clone();
        for (n, dx) in dx.data_mut().chunks_exact_mut(features).enumerate() {
            let normalised = &tape.normalised.data()[n * features..];
            for (f, dx) in dx.iter_mut().enumerate() {
                let scale = f64::from(weights.weight.data()[f] * tape.inverse_std.data()[f]);
                let through_mean = sums[f] / batch as f64;
                let through_std = f64::from(normalised[f]) * products[f] / batch as f64;
                *dx = (scale * (f64::from(*dx) - through_mean - through_std)) as f32;
            }
        }
        dx
    }
}

/// Adds `of(feature, x)` of every row to `sums`.
fn add_rows(sums: &mut [f64], x: &[f32], of: impl Fn(usize, f64) -> f64) {
    for row in x.chunks_exact(sums.len()) {
        for (f, (sum, &x)) in sums.iter_mut().zip(row).enumerate() {
            *sum += of(f, f64::from(x));
        }
    }
}

fn add_rounded(grad: &mut [f32], sums: &[f64]) {
    for (grad, sum) in grad.iter_mut().zip(sums) {
        *grad += *sum as f32;
    }
}

fn normalise(x: &Tensor<Cpu>, mean: &[f64], inverse_std: &[f64]) -> Tensor<Cpu> {
    let mut y = x.clone();
    for row in y.data_mut().chunks_exact_mut(mean.len()) {
        for ((y, mean), inverse_std) in row.iter_mut().zip(mean).zip(inverse_std) {
            *y = ((f64::from(*y) - mean) * inverse_std) as f32;
        }
    }
    y
}

fn scale_and_shift(mut y: Tensor<Cpu>, weights: BatchNormWeights<'_, Cpu>) -> Tensor<Cpu> {
    let (weight, bias) = (weights.weight.data(), weights.bias.data());
    for row in y.data_mut().chunks_exact_mut(weight.len()) {
        for ((y, weight), bias) in row.iter_mut().zip(weight).zip(bias) {
            *y = *y * weight + bias;
        }
    }
    y
}
