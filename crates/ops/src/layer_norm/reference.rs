//! Layer normalisation in plain loops.

use super::{LayerNorm, LayerNormGrads, LayerNormWeights, features};
use crate::{Real, Reference, Tensor};

impl<R: Real> LayerNorm for Reference<R> {
    fn layer_norm_forward(
        &self,
        x: &Tensor<Self>,
        weights: LayerNormWeights<'_, Self>,
    ) -> Tensor<Self> {
        let features = features(x, &weights);
        let mut y = Vec::with_capacity(x.len());
        for row in x.data().chunks_exact(features) {
            let (normalised, _) = normalise(row, weights.eps);
            for (f, value) in normalised.into_iter().enumerate() {
                y.push(weights.weight.data()[f] * value + weights.bias.data()[f]);
            }
        }
        Tensor::from_real(x.dims(), y)
    }

    fn layer_norm_backward(
        &self,
        x: &Tensor<Self>,
        weights: LayerNormWeights<'_, Self>,
        dy: &Tensor<Self>,
        mut grads: Option<LayerNormGrads<'_, Self>>,
    ) -> Tensor<Self> {
        let features = features(x, &weights);
        assert_eq!(x.dims(), dy.dims(), "`dy`");
        let count = R::of(features as f64);
        let mut dx = Vec::with_capacity(x.len());
        for (row, dy) in x.data().chunks_exact(features).zip(dy.data().chunks_exact(features)) {
            let (normalised, inverse_std) = normalise(row, weights.eps);
            // gradient of the normalised row, its mean and its product with that row
            let d: Vec<R> = (0..features).map(|f| weights.weight.data()[f] * dy[f]).collect();
            let mean = d.iter().copied().sum::<R>() / count;
            let along = (0..features).map(|f| d[f] * normalised[f]).sum::<R>() / count;
            dx.extend((0..features).map(|f| inverse_std * (d[f] - mean - normalised[f] * along)));
            if let Some(grads) = &mut grads {
                for f in 0..features {
                    grads.weight.data_mut()[f] += dy[f] * normalised[f];
                    grads.bias.data_mut()[f] += dy[f];
                }
            }
        }
        Tensor::from_real(x.dims(), dx)
    }
}

/// The normalised row, and `1/√(variance + eps)`.
fn normalise<R: Real>(row: &[R], eps: f64) -> (Vec<R>, R) {
    let count = R::of(row.len() as f64);
    let mean = row.iter().copied().sum::<R>() / count;
    let variance = row.iter().map(|&x| (x - mean) * (x - mean)).sum::<R>() / count;
    let inverse_std = (variance + R::of(eps)).sqrt().recip();
    (row.iter().map(|&x| (x - mean) * inverse_std).collect(), inverse_std)
}
