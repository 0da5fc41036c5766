//! Decoder and cross entropy in plain loops, one row at a time.
#![expect(clippy::needless_range_loop, reason = "indices, as in the formulas")]

use super::{DecoderBackward, DecoderLoss, DecoderOutcome, sizes};
use crate::{Real, Reference, Tensor};

impl<R: Real> DecoderLoss for Reference<R> {
    fn decoder_loss(
        &self,
        h: &Tensor<Self>,
        weight: &Tensor<Self>,
        bias: &Tensor<Self>,
        targets: &[u32],
        mut backward: Option<DecoderBackward<'_, Self>>,
    ) -> DecoderOutcome<Self> {
        let [_, width, vocab] = sizes(h, weight, bias, targets, backward.as_ref());
        let mut outcome = DecoderOutcome { loss_sum: 0.0, correct: 0, dh: None };
        let mut dh = backward.as_ref().map(|_| Tensor::zeros(h.dims()));
        for (n, (h, &target)) in h.data().chunks_exact(width).zip(targets).enumerate() {
            let target = target as usize;
            let logits: Vec<R> = (0..vocab)
                .map(|v| {
                    let w = &weight.data()[v * width..][..width];
                    bias.data()[v] + h.iter().zip(w).map(|(&h, &w)| h * w).sum::<R>()
                })
                .collect();
            let max = logits.iter().fold(R::neg_infinity(), |max, &logit| max.max(logit));
            let sum: R = logits.iter().map(|&logit| (logit - max).exp()).sum();
            outcome.loss_sum += (sum.ln() - (logits[target] - max)).f64();
            outcome.correct +=
                usize::from(logits.iter().position(|&logit| logit == max) == Some(target));

            let (Some(backward), Some(dh)) = (&mut backward, &mut dh) else {
                continue;
            };
            for v in 0..vocab {
                let hit = if v == target { R::one() } else { R::zero() };
                let d_logit = R::of(backward.scale) * ((logits[v] - max).exp() / sum - hit);
                for e in 0..width {
                    dh.data_mut()[n * width + e] += d_logit * weight.data()[v * width + e];
                }
                if let Some(grads) = &mut backward.grads {
                    if let Some(d_weight) = &mut grads.weight {
                        for e in 0..width {
                            d_weight.data_mut()[v * width + e] += d_logit * h[e];
                        }
                    }
                    grads.bias.data_mut()[v] += d_logit;
                }
            }
        }
        outcome.dh = dh;
        outcome
    }
}
