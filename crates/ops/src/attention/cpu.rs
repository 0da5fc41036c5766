//! Attention on the matrix product, heads of sequences shared out between threads.

use super::{Attention, AttentionGrads, AttentionInput, Block, Blocks};
use crate::gemm::{Accumulate, Matrix, product};
use crate::vector_math::exp;
use crate::{Cpu, Precision, Tensor};
use rayon::prelude::*;

/// A head is narrow: rounding its factors would buy nothing.
const PRECISION: Precision = Precision::F32;
/// Sums that run side by side, so that the compiler can use vectors for them.
const LANES: usize = 16;

impl Attention for Cpu {
    fn attention_forward(&self, x: AttentionInput<'_, Self>) -> Tensor<Self> {
        let blocks = Blocks::of(&x);
        let head = |block: Block, shares: &mut Vec<f32>| {
            fill_shares(shares, &x, &blocks, block);
            let mut y = vec![0.0; block.length * blocks.head]; // [L, d]
            let value = blocks.of_matrix(x.value, block);
            product(&mut y, square(shares, block), value, Accumulate::No, PRECISION);
            y
        };
        let mut y = Tensor::zeros(x.query.dims());
        let mut rest = y.data_mut();
        let sequences: Vec<_> = { blocks.all.chunk_by(|a, b| a.row == b.row) }
            .map(|heads| {
                let rows = heads[0].length * blocks.width;
                (heads, rest.split_off_mut(..rows).expect("rows of all sequences"))
            })
            .collect();
        let few = sequences.len() < rayon::current_num_threads();
        sequences.into_par_iter().for_each(|(heads, y)| {
            let put = |y: &mut [f32], block: Block, part: &[f32]| {
                let rows = y.chunks_exact_mut(blocks.width).zip(part.chunks_exact(blocks.head));
                rows.for_each(|(y, part)| {
                    y[block.column..][..blocks.head].copy_from_slice(part);
                });
            };
            if few {
                let parts: Vec<_> =
                    heads.par_iter().map(|&block| head(block, &mut Vec::new())).collect();
                heads.iter().zip(&parts).for_each(|(&block, part)| put(y, block, part));
            } else {
                let mut shares = Vec::new();
                heads.iter().for_each(|&block| put(y, block, &head(block, &mut shares)));
            }
        });
        y
    }

    fn attention_backward(
        &self,
        x: AttentionInput<'_, Self>,
        dy: &Tensor<Self>,
    ) -> AttentionGrads<Self> {
        let blocks = Blocks::of(&x);
        assert_eq!(dy.dims(), x.query.dims(), "`dy`");
        let of_heads: Vec<[Vec<f32>; 4]> =
            blocks.all.par_iter().map(|&block| head_backward(&x, &blocks, block, dy)).collect();
        let gather = |n: usize| {
            let parts = of_heads.iter().map(|grads| grads[n].as_slice());
            blocks.gather(parts, x.query.dims())
        };
        let presence = x.presence.map(|presence| {
            let mut sums = Tensor::zeros(presence.dims());
            for (block, [.., of_head]) in blocks.all.iter().zip(&of_heads) {
                let rows = &mut sums.data_mut()[block.row..][..block.length];
                rows.iter_mut().zip(of_head).for_each(|(sum, d)| *sum += d);
            }
            sums
        });
        AttentionGrads { query: gather(0), key: gather(1), value: gather(2), presence }
    }
}

impl Blocks {
    /// The columns of a head in the rows of a sequence, `[L, d]`.
    fn of_matrix<'a>(&self, x: &'a Tensor<Cpu>, block: Block) -> Matrix<'a> {
        let first = block.row * self.width + block.column;
        Matrix::within(&x.data()[first..], self.width, block.length, self.head)
    }

    /// Puts what was computed for each block, `[L, d]`, in its place.
    fn gather<'a>(&self, parts: impl Iterator<Item = &'a [f32]>, dims: &[usize]) -> Tensor<Cpu> {
        let mut whole = Tensor::zeros(dims);
        for (block, part) in self.all.iter().zip(parts) {
            for (row, values) in part.chunks_exact(self.head).enumerate() {
                let first = (block.row + row) * self.width + block.column;
                whole.data_mut()[first..][..self.head].copy_from_slice(values);
            }
        }
        whole
    }
}

/// A number for each pair of rows of a block.
fn square(values: &[f32], block: Block) -> Matrix<'_> {
    Matrix::new(values, block.length)
}

/// How much each row of a block takes from each other, `[L, L]`.
fn shares(x: &AttentionInput<'_, Cpu>, blocks: &Blocks, block: Block) -> Vec<f32> {
    let mut shares = Vec::new();
    fill_shares(&mut shares, x, blocks, block);
    shares
}

/// [`shares`] in memory that is used again.
fn fill_shares(shares: &mut Vec<f32>, x: &AttentionInput<'_, Cpu>, blocks: &Blocks, block: Block) {
    shares.resize(block.length * block.length, 0.0);
    let query = blocks.of_matrix(x.query, block);
    let key = blocks.of_matrix(x.key, block);
    product(shares, query, key.transposed(), Accumulate::No, PRECISION);
    let scale = blocks.scale as f32;
    match presence(x, block) {
        None => shares.chunks_exact_mut(block.length).for_each(|row| softmax(row, scale)),
        Some(presence) => { shares.chunks_exact_mut(block.length) }
            .for_each(|row| softmax_of_present(row, presence, scale)),
    }
}

/// How far the rows of a block are there.
fn presence<'a>(x: &AttentionInput<'a, Cpu>, block: Block) -> Option<&'a [f32]> {
    x.presence.map(|presence| &presence.data()[block.row..][..block.length])
}

/// Gradients of query, key and value of a block, `[L, d]` each, and of its rows' presence.
fn head_backward(
    x: &AttentionInput<'_, Cpu>,
    blocks: &Blocks,
    block: Block,
    dy: &Tensor<Cpu>,
) -> [Vec<f32>; 4] {
    let shares = shares(x, blocks, block);
    let [query, key, value, dy] =
        [x.query, x.key, x.value, dy].map(|tensor| blocks.of_matrix(tensor, block));
    let mut slopes = vec![0.0; shares.len()];
    product(&mut slopes, dy, value.transposed(), Accumulate::No, PRECISION);
    let rows = slopes.chunks_exact_mut(block.length).zip(shares.chunks_exact(block.length));
    rows.for_each(|(slopes, shares)| softmax_backward(slopes, shares, blocks.scale as f32));
    let of_head = |left: Matrix<'_>, right: Matrix<'_>| {
        let mut grad = vec![0.0; block.length * blocks.head];
        product(&mut grad, left, right, Accumulate::No, PRECISION);
        grad
    };
    let of_presence = presence(x, block).map_or_else(Vec::new, |presence| {
        let mut sums = vec![0.0; block.length];
        for slopes in slopes.chunks_exact(block.length) {
            sums.iter_mut().zip(slopes).for_each(|(sum, slope)| *sum += slope);
        }
        let scale = blocks.scale as f32;
        sums.iter_mut().zip(presence).for_each(|(sum, presence)| *sum /= scale * presence);
        sums
    });
    let slopes = square(&slopes, block);
    [
        of_head(slopes, key),
        of_head(slopes.transposed(), query),
        of_head(square(&shares, block).transposed(), dy),
        of_presence,
    ]
}

vectorised! {
    /// Softmax of a row of scores times `scale`, in place.
    fn softmax(row: &mut [f32], scale: f32) {
        let mut most = [f32::NEG_INFINITY; LANES];
        let (parts, rest) = row.as_chunks::<LANES>();
        for part in parts {
            for (most, &x) in most.iter_mut().zip(part) {
                *most = if x > *most { x } else { *most };
            }
        }
        let most = most.iter().chain(rest);
        let highest = most.fold(f32::NEG_INFINITY, |most, &x| if x > most { x } else { most });
        let mut sums = [0.0; LANES];
        let (parts, rest) = row.as_chunks_mut::<LANES>();
        for part in parts {
            for (sum, x) in sums.iter_mut().zip(part) {
                *x = exp((*x - highest) * scale);
                *sum += *x;
            }
        }
        for (sum, x) in sums.iter_mut().zip(rest) {
            *x = exp((*x - highest) * scale);
            *sum += *x;
        }
        let share = sums.iter().sum::<f32>().recip();
        for x in row {
            *x *= share;
        }
    }
}

/// The same of rows that are there to some degree.
fn softmax_of_present(row: &mut [f32], presence: &[f32], scale: f32) {
    let highest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    for (x, presence) in row.iter_mut().zip(presence) {
        *x = exp((*x - highest) * scale) * presence;
        sum += *x;
    }
    row.iter_mut().for_each(|x| *x /= sum);
}

vectorised! {
    /// Turns a row of gradients of the softmax into those of the unscaled scores.
    fn softmax_backward(d: &mut [f32], shares: &[f32], scale: f32) {
        let mut sums = [0.0; LANES];
        for (d, shares) in d.chunks(LANES).zip(shares.chunks(LANES)) {
            for ((sum, d), share) in sums.iter_mut().zip(d).zip(shares) {
                *sum += d * share;
            }
        }
        let mean = sums.iter().sum::<f32>();
        for (d, share) in d.iter_mut().zip(shares) {
            *d = share * (*d - mean) * scale;
        }
    }
}
