//! Layer normalisation, rows shared out between threads.

use super::{LayerNorm, LayerNormGrads, LayerNormWeights, features};
use crate::{Cpu, Tensor, parallel};
use rayon::prelude::*;

/// Sums that run side by side, so that the compiler can use vectors for them.
const LANES: usize = 16;

impl LayerNorm for Cpu {
    fn layer_norm_forward(
        &self,
        x: &Tensor<Self>,
        weights: LayerNormWeights<'_, Self>,
    ) -> Tensor<Self> {
        let features = features(x, &weights);
        let mut y = x.clone();
        let (weight, bias, eps) = (weights.weight.data(), weights.bias.data(), weights.eps);
        y.data_mut().par_chunks_mut(rows(features) * features).for_each(|rows| {
            for row in rows.chunks_exact_mut(features) {
                normalise(row, eps);
                scale_and_shift(row, weight, bias);
            }
        });
        y
    }

    fn layer_norm_backward(
        &self,
        x: &Tensor<Self>,
        weights: LayerNormWeights<'_, Self>,
        dy: &Tensor<Self>,
        grads: Option<LayerNormGrads<'_, Self>>,
    ) -> Tensor<Self> {
        let features = features(x, &weights);
        assert_eq!(x.dims(), dy.dims(), "`dy`");
        let (weight, eps) = (weights.weight.data(), weights.eps);
        let size = rows(features) * features;
        let mut dx = dy.clone();
        // becomes the normalised rows, then these times `dy`
        let mut products = x.clone();
        let pieces =
            dx.data_mut().par_chunks_mut(size).zip(products.data_mut().par_chunks_mut(size));
        pieces.for_each(|(dx, products)| {
            let rows = dx.chunks_exact_mut(features).zip(products.chunks_exact_mut(features));
            for (dx, products) in rows {
                let inverse_std = normalise(products, eps);
                row_backward(dx, products, weight, inverse_std);
            }
        });
        if let Some(grads) = grads {
            parallel::add_column_sums(grads.weight.data_mut(), products.data());
            parallel::add_column_sums(grads.bias.data_mut(), dy.data());
        }
        dx
    }
}

/// Rows that are worth handing to a thread.
fn rows(features: usize) -> usize {
    (parallel::CHUNK / features.max(1)).max(1)
}

vectorised! {
    /// Normalises a row in place and returns `1/√(variance + eps)`.
    fn normalise(row: &mut [f32], eps: f64) -> f32 {
        let mut sums = [0.0; LANES];
        let (parts, rest) = row.as_chunks::<LANES>();
        for part in parts {
            for (sum, &x) in sums.iter_mut().zip(part) {
                *sum += f64::from(x);
            }
        }
        for (sum, &x) in sums.iter_mut().zip(rest) {
            *sum += f64::from(x);
        }
        let count = row.len() as f64;
        let mean = (sums.iter().sum::<f64>() / count) as f32;
        let mut squares = [0.0; LANES];
        let (parts, rest) = row.as_chunks_mut::<LANES>();
        for part in parts {
            for (square, x) in squares.iter_mut().zip(part) {
                *x -= mean;
                *square += f64::from(*x) * f64::from(*x);
            }
        }
        for (square, x) in squares.iter_mut().zip(rest) {
            *x -= mean;
            *square += f64::from(*x) * f64::from(*x);
        }
        let variance = squares.iter().sum::<f64>() / count;
        let inverse_std = (variance + eps).sqrt().recip() as f32;
        for x in row {
            *x *= inverse_std;
        }
        inverse_std
    }
}

vectorised! {
    fn scale_and_shift(row: &mut [f32], weight: &[f32], bias: &[f32]) {
        for ((x, weight), bias) in row.iter_mut().zip(weight).zip(bias) {
            *x = *x * weight + bias;
        }
    }
}

vectorised! {
    /// Turns `dy` into `dx`, and the normalised row into its product with `dy`.
    fn row_backward(dy: &mut [f32], normalised: &mut [f32], weight: &[f32], inverse_std: f32) {
        let (mut sums, mut products) = ([0.0; LANES], [0.0; LANES]);
        let parts = dy.chunks(LANES).zip(normalised.chunks(LANES)).zip(weight.chunks(LANES));
        for ((dy, normalised), weight) in parts {
            for lane in 0..dy.len() {
                let d = dy[lane] * weight[lane];
                sums[lane] += f64::from(d);
                products[lane] += f64::from(d) * f64::from(normalised[lane]);
            }
        }
        let count = weight.len() as f64;
        let mean = (sums.iter().sum::<f64>() / count) as f32;
        let along = (products.iter().sum::<f64>() / count) as f32;
        for ((dy, normalised), weight) in dy.iter_mut().zip(normalised).zip(weight) {
            let product = *dy * *normalised;
            *dy = inverse_std * (*dy * weight - mean - *normalised * along);
            *normalised = product;
        }
    }
}
