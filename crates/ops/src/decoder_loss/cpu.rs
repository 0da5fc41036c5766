//! Decoder and cross entropy, a few hundred rows at a time.

use super::sampled::{self, Sparse};
use super::{DecoderBackward, DecoderLoss, DecoderOutcome, sizes};
use crate::gemm::{Accumulate, Matrix, PackedRhs, product};
use crate::parallel::add_column_sums;
use crate::vector_math::exp;
use crate::{Cpu, Key, Tensor};
use rayon::prelude::*;

/// Rows whose logits exist at the same time: 60 MB of them for a vocabulary of 60,000. With
/// fewer, the gradient of the weight would be read and written more often than it has to be.
const ROWS: usize = 256;

impl DecoderLoss for Cpu {
    fn decoder_loss(
        &self,
        h: &Tensor<Self>,
        weight: &Tensor<Self>,
        bias: &Tensor<Self>,
        targets: &[u32],
        mut backward: Option<DecoderBackward<'_, Self>>,
    ) -> DecoderOutcome<Self> {
        let [rows, width, vocab] = sizes(h, weight, bias, targets, backward.as_ref());
        let mode = match &backward {
            None => GradientMode::Forward,
            Some(DecoderBackward { scale, samples: Some(key), .. }) if self.sampled_below > 0.0 => {
                GradientMode::Sampled { scale: *scale, key: *key, below: self.sampled_below }
            }
            Some(backward) => GradientMode::Exact { scale: backward.scale },
        };
        let mut dh = backward.as_ref().map(|_| Tensor::zeros(h.dims()));
        let table = weight.data();
        let weight = Matrix::new(table, width);
        let to_logits = PackedRhs::new(weight.transposed(), self.precision);
        let exact = matches!(mode, GradientMode::Exact { .. });
        let to_dh = exact.then(|| PackedRhs::new(weight, self.precision));
        let mut logits = vec![0.0; ROWS.min(rows) * vocab];
        let (mut loss_sum, mut correct) = (0.0, 0);
        for (chunk, targets) in targets.chunks(ROWS).enumerate() {
            let part = chunk * ROWS * width..(chunk * ROWS + targets.len()) * width;
            let h = Matrix::new(&h.data()[part.clone()], width);
            let logits = &mut logits[..targets.len() * vocab];
            to_logits.product(logits, h, Accumulate::No);
            let losses: Vec<RowLoss> = logits
                .par_chunks_mut(vocab)
                .zip(targets)
                .enumerate()
                .map(|(n, (logits, &target))| {
                    row_loss(logits, bias.data(), target as usize, mode, chunk * ROWS + n)
                })
                .collect();
            loss_sum += losses.iter().map(|row| row.loss).sum::<f64>();
            correct += losses.iter().filter(|row| row.correct).count();

            let (Some(backward), Some(dh)) = (&mut backward, &mut dh) else {
                continue;
            };
            let dh = &mut dh.data_mut()[part.clone()];
            let Some(to_dh) = &to_dh else {
                let rows: Vec<Sparse> = losses.into_iter().map(|row| row.kept).collect();
                sampled::inputs(dh, &rows, table, width);
                if let Some(grads) = &mut backward.grads {
                    sampled::parameters(grads, &rows, h, width);
                }
                continue;
            };
            let d_logits = Matrix::new(logits, vocab);
            to_dh.product(dh, d_logits, Accumulate::No);
            if let Some(grads) = &mut backward.grads {
                if let Some(d_weight) = &mut grads.weight {
                    let d_weight = d_weight.data_mut();
                    product(d_weight, d_logits.transposed(), h, Accumulate::Yes, self.precision);
                }
                add_column_sums(grads.bias.data_mut(), logits);
            }
        }
        DecoderOutcome { loss_sum, correct, dh }
    }
}

/// Which gradient is computed.
#[derive(Clone, Copy)]
enum GradientMode {
    /// None: only the loss.
    Forward,
    /// The gradient of `scale` times the loss.
    Exact { scale: f64 },
    /// An unbiased estimate of it, see [sampled].
    Sampled { scale: f64, key: Key, below: f64 },
}

struct RowLoss {
    loss: f64,
    /// Whether the target is the largest.
    correct: bool,
    /// Empty unless the gradient is sampled.
    kept: Sparse,
}

/// Loss of row `n` of products; for the exact gradient, `logits` become it.
fn row_loss(
    logits: &mut [f32],
    bias: &[f32],
    target: usize,
    mode: GradientMode,
    n: usize,
) -> RowLoss {
    let max = add_bias(logits, bias);
    let wanted = logits[target];
    let correct = wanted >= max && !logits[..target].contains(&max);
    let sum = exponentials(logits, max);
    let mut kept = Sparse::new();
    match mode {
        GradientMode::Forward => {}
        GradientMode::Exact { scale } => {
            multiply(logits, (scale / sum) as f32);
            logits[target] -= scale as f32;
        }
        GradientMode::Sampled { scale, key, below } => {
            let draw = key.child(n as u64).uniform();
            kept = sampled::sample(logits, sum, target, scale, below, draw);
        }
    }
    RowLoss { loss: sum.ln() - f64::from(wanted - max), correct, kept }
}

/// Independent results that are combined at the end, so that the loop can be vectorised.
const LANES: usize = 16;

vectorised! {
    /// Adds the bias; returns the largest sum.
    fn add_bias(logits: &mut [f32], bias: &[f32]) -> f32 {
        let mut max = [f32::NEG_INFINITY; LANES];
        let (blocks, rest) = logits.as_chunks_mut::<LANES>();
        let (bias_blocks, bias_rest) = bias.as_chunks::<LANES>();
        for (logits, bias) in blocks.iter_mut().zip(bias_blocks) {
            for lane in 0..LANES {
                logits[lane] += bias[lane];
                max[lane] = if logits[lane] > max[lane] { logits[lane] } else { max[lane] };
            }
        }
        for ((logit, bias), max) in rest.iter_mut().zip(bias_rest).zip(&mut max) {
            *logit += bias;
            *max = if *logit > *max { *logit } else { *max };
        }
        max.into_iter().fold(f32::NEG_INFINITY, f32::max)
    }
}

vectorised! {
    /// Replaces every logit by `exp(logit - max)`; returns their sum.
    fn exponentials(logits: &mut [f32], max: f32) -> f64 {
        let mut sum = 0.0;
        // Short runs in single precision, their sums in double.
        for run in logits.chunks_mut(64 * LANES) {
            let mut lanes = [0.0_f32; LANES];
            let (blocks, rest) = run.as_chunks_mut::<LANES>();
            for block in blocks {
                for (logit, lane) in block.iter_mut().zip(&mut lanes) {
                    *logit = exp(*logit - max);
                    *lane += *logit;
                }
            }
            for (logit, lane) in rest.iter_mut().zip(&mut lanes) {
                *logit = exp(*logit - max);
                *lane += *logit;
            }
            sum += lanes.into_iter().map(f64::from).sum::<f64>();
        }
        sum
    }
}

vectorised! {
    fn multiply(values: &mut [f32], factor: f32) {
        for value in values {
            *value *= factor;
        }
    }
}
