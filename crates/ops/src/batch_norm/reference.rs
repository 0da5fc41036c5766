//! Batch normalisation in plain loops, one feature at a time.

use super::{BatchNorm, BatchNormGrads, BatchNormTape, BatchNormWeights, RunningStats, sizes};
use crate::{Real, Reference, Tensor};

impl<R: Real> BatchNorm for Reference<R> {
    fn batch_norm_train(
        &self,
        x: &Tensor<Self>,
        weights: BatchNormWeights<'_, Self>,
        running: &mut RunningStats<Self>,
        momentum: f64,
    ) -> (Tensor<Self>, BatchNormTape<Self>) {
        let [batch, features] = sizes(x, &weights);
        assert!(batch >= 2, "the variance of {batch} row is unknown");
        let mut y = Tensor::zeros(x.dims());
        let mut tape = BatchNormTape {
            normalised: Tensor::zeros(x.dims()),
            inverse_std: Tensor::zeros(&[features]),
        };
        let (count, momentum) = (R::of(batch as f64), R::of(momentum));
        for f in 0..features {
            let column = || x.data()[f..].iter().step_by(features);
            let mean = column().copied().sum::<R>() / count;
            let squares: R = column().map(|&x| (x - mean).powi(2)).sum();
            let inverse_std = (squares / count + R::of(weights.eps)).sqrt().recip();
            tape.inverse_std.data_mut()[f] = inverse_std;
            for n in 0..batch {
                let normalised = (x.data()[n * features + f] - mean) * inverse_std;
                tape.normalised.data_mut()[n * features + f] = normalised;
                y.data_mut()[n * features + f] =
                    normalised * weights.weight.data()[f] + weights.bias.data()[f];
            }
            let var = squares / (count - R::one());
            let (running_mean, running_var) =
                (&mut running.mean.data_mut()[f], &mut running.var.data_mut()[f]);
            *running_mean += momentum * (mean - *running_mean);
            *running_var += momentum * (var - *running_var);
        }
        (y, tape)
    }

    fn batch_norm_eval(
        &self,
        x: &Tensor<Self>,
        weights: BatchNormWeights<'_, Self>,
        running: &RunningStats<Self>,
    ) -> Tensor<Self> {
        let [batch, features] = sizes(x, &weights);
        let mut y = Tensor::zeros(x.dims());
        for n in 0..batch {
            for f in 0..features {
                let std = (running.var.data()[f] + R::of(weights.eps)).sqrt();
                let normalised = (x.data()[n * features + f] - running.mean.data()[f]) / std;
                y.data_mut()[n * features + f] =
                    normalised * weights.weight.data()[f] + weights.bias.data()[f];
            }
        }
        y
    }

    fn batch_norm_backward(
        &self,
        tape: &BatchNormTape<Self>,
        weights: BatchNormWeights<'_, Self>,
        dy: &Tensor<Self>,
        mut grads: Option<BatchNormGrads<'_, Self>>,
    ) -> Tensor<Self> {
        let [batch, features] = sizes(dy, &weights);
        assert_eq!(tape.normalised.dims(), dy.dims(), "`dy`");
        let mut dx = Tensor::zeros(dy.dims());
        let count = R::of(batch as f64);
        for f in 0..features {
            let at = |n: usize| n * features + f;
            let (mut sum, mut product) = (R::zero(), R::zero());
            for n in 0..batch {
                sum += dy.data()[at(n)];
                product += dy.data()[at(n)] * tape.normalised.data()[at(n)];
            }
            if let Some(grads) = &mut grads {
                grads.weight.data_mut()[f] += product;
                grads.bias.data_mut()[f] += sum;
            }
            let scale = weights.weight.data()[f] * tape.inverse_std.data()[f];
            for n in 0..batch {
                let through_mean = sum / count;
                let through_std = tape.normalised.data()[at(n)] * product / count;
                dx.data_mut()[at(n)] = scale * (dy.data()[at(n)] - through_mean - through_std);
            }
        }
        dx
    }
}
