//! Attention in plain loops.

use super::{Attention, AttentionGrads, AttentionInput, Block, Blocks};
use crate::{Real, Reference, Tensor};

impl<R: Real> Attention for Reference<R> {
    fn attention_forward(&self, x: AttentionInput<'_, Self>) -> Tensor<Self> {
        let blocks = Blocks::of(&x);
        let mut y = Tensor::zeros(x.query.dims());
        for &block in &blocks.all {
            let at = |i: usize, e: usize| (block.row + i) * blocks.width + block.column + e;
            for i in 0..block.length {
                let shares = shares(&x, &blocks, block, i);
                for e in 0..blocks.head {
                    y.data_mut()[at(i, e)] =
                        (0..block.length).map(|j| shares[j] * x.value.data()[at(j, e)]).sum();
                }
            }
        }
        y
    }

    fn attention_backward(
        &self,
        x: AttentionInput<'_, Self>,
        dy: &Tensor<Self>,
    ) -> AttentionGrads<Self> {
        let blocks = Blocks::of(&x);
        assert_eq!(dy.dims(), x.query.dims(), "`dy`");
        let zeros = || Tensor::zeros(x.query.dims());
        let presence = x.presence.map(|presence| Tensor::zeros(presence.dims()));
        let mut grads = AttentionGrads { query: zeros(), key: zeros(), value: zeros(), presence };
        let scale = R::of(blocks.scale);
        for &block in &blocks.all {
            let at = |i: usize, e: usize| (block.row + i) * blocks.width + block.column + e;
            let columns = 0..blocks.head;
            for i in 0..block.length {
                let shares = shares(&x, &blocks, block, i);
                // gradient of the shares, and of the scores before the softmax
                let d: Vec<R> = (0..block.length)
                    .map(|j| {
                        columns
                            .clone()
                            .map(|e| dy.data()[at(i, e)] * x.value.data()[at(j, e)])
                            .sum()
                    })
                    .collect();
                let mean: R = shares.iter().zip(&d).map(|(&share, &d)| share * d).sum();
                for j in 0..block.length {
                    let slope = shares[j] * (d[j] - mean) * scale;
                    if let (Some(grad), Some(presence)) = (&mut grads.presence, x.presence) {
                        let row = block.row + j;
                        grad.data_mut()[row] += slope / (scale * presence.data()[row]);
                    }
                    for e in columns.clone() {
                        grads.value.data_mut()[at(j, e)] += shares[j] * dy.data()[at(i, e)];
                        grads.query.data_mut()[at(i, e)] += slope * x.key.data()[at(j, e)];
                        grads.key.data_mut()[at(j, e)] += slope * x.query.data()[at(i, e)];
                    }
                }
            }
        }
        grads
    }
}

/// How much row `i` of a block takes from each of its rows: a softmax.
fn shares<R: Real>(
    x: &AttentionInput<'_, Reference<R>>,
    blocks: &Blocks,
    block: Block,
    i: usize,
) -> Vec<R> {
    let at = |i: usize, e: usize| (block.row + i) * blocks.width + block.column + e;
    let score = |j: usize| {
        let products = (0..blocks.head).map(|e| x.query.data()[at(i, e)] * x.key.data()[at(j, e)]);
        products.sum::<R>() * R::of(blocks.scale)
    };
    let scores: Vec<R> = (0..block.length).map(score).collect();
    let highest = scores.iter().fold(R::neg_infinity(), |highest, &score| highest.max(score));
    let presence =
        |j: usize| x.presence.map_or(R::of(1.0), |presence| presence.data()[block.row + j]);
    let power = |(j, &score): (usize, &R)| (score - highest).exp() * presence(j);
    let powers: Vec<R> = scores.iter().enumerate().map(power).collect();
    let sum: R = powers.iter().copied().sum();
    powers.into_iter().map(|power| power / sum).collect()
}
