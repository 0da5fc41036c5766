//! Gradients of the softmax with most small probabilities left out, without bias.
//!
//! Of tens of thousands of words all but some hundred are very unlikely at any place, yet exact
//! gradients multiply with every one of them. Here a probability below a limit `m` becomes `m` with
//! a chance of `p/m` and else zero, so its expectation stays `p`; larger ones stay as they are.
//! Its variance, below `p m`, is small beside that of the data, one word drawn from all of them.
//! What is left is too little for matrix products: rows are added one by one.
//!
//! Which ones stay is settled by a single draw for a row (systematic sampling, Madow 1949): walking
//! through the vocabulary, a word stays whenever the sum of the small probabilities passes the next
//! multiple of `m`, shifted by the draw.

use super::DecoderGrads;
use crate::Cpu;
use crate::gemm::Matrix;
use rayon::prelude::*;

/// Gradients of a row's logits that are not zero.
pub(super) type Sparse = Vec<(u32, f32)>;

/// Words a task owns when rows are added to the gradient of the weight.
const WORDS: usize = 64;

/// The gradients of `scale` times the loss that stay, the target's first.
///
/// `exponentials` are the probabilities times their `sum`.
pub(super) fn sample(
    exponentials: &mut [f32],
    sum: f64,
    target: usize,
    scale: f64,
    below: f64,
    draw: f64,
) -> Sparse {
    let of_target = f64::from(std::mem::take(&mut exponentials[target]));
    let mut kept = vec![(target as u32, (of_target - sum) as f32)];
    let least = (below * sum) as f32;
    // Above zero: nothing at all must not pass the first multiple.
    let first = least * (1.0 - draw) as f32;
    walk(exponentials, least, first, &mut kept);
    let factor = (scale / sum) as f32;
    for (_, value) in &mut kept {
        *value *= factor;
    }
    kept
}

/// Values that are looked at together.
const LANES: usize = 16;

vectorised! {
    /// Appends values of at least `least`, and of the smaller ones those at which their sum passes
    /// `first`, `first + least` and so on, with the value `least`.
    fn walk(values: &[f32], least: f32, first: f32, kept: &mut Sparse) {
        let mut left = first;
        let mut visit = |left: &mut f32, place: usize, value: f32| {
            if value < least && value < *left {
                *left -= value;
            } else if value < least {
                *left += least - value;
                kept.push((place as u32, least));
            } else {
                // Also what is no number, so that it is seen.
                kept.push((place as u32, value));
            }
        };
        let (blocks, rest) = values.as_chunks::<LANES>();
        for (block, values) in blocks.iter().enumerate() {
            let (mut small, mut large) = ([0.0; LANES], false);
            for lane in 0..LANES {
                small[lane] = if values[lane] < least { values[lane] } else { 0.0 };
                large |= values[lane] >= least;
            }
            let mut width = LANES;
            while width > 1 {
                width /= 2;
                for lane in 0..width {
                    small[lane] += small[lane + width];
                }
            }
            // Neither is so where something is no number.
            if !large && small[0] < left {
                left -= small[0];
            } else {
                for (lane, &value) in values.iter().enumerate() {
                    visit(&mut left, block * LANES + lane, value);
                }
            }
        }
        for (lane, &value) in rest.iter().enumerate() {
            visit(&mut left, blocks.len() * LANES + lane, value);
        }
    }
}

/// Writes the product of the rows' gradients and `weight` to `dh`.
pub(super) fn inputs(dh: &mut [f32], rows: &[Sparse], weight: &[f32], width: usize) {
    dh.par_chunks_mut(width).zip(rows).for_each(|(dh, row)| {
        add_all(dh, row, |word| &weight[word as usize * width..][..width]);
    });
}

/// Adds the gradients of the decoder for rows `h`.
pub(super) fn parameters(
    grads: &mut DecoderGrads<'_, Cpu>,
    rows: &[Sparse],
    h: Matrix<'_>,
    width: usize,
) {
    // By word and, within a word, by row: the order of additions is fixed.
    let vocab = grads.bias.data().len();
    let mut ends = vec![0_usize; vocab + 1];
    for &(word, _) in rows.iter().flatten() {
        ends[word as usize + 1] += 1;
    }
    for word in 0..vocab {
        ends[word + 1] += ends[word];
    }
    let mut by_word = vec![(0_u32, 0.0_f32); ends[vocab]];
    let mut next = ends.clone();
    for (n, row) in rows.iter().enumerate() {
        for &(word, value) in row {
            by_word[next[word as usize]] = (n as u32, value);
            next[word as usize] += 1;
        }
    }
    let of_word = |word: usize| &by_word[ends[word]..ends[word + 1]];
    if let Some(weight) = &mut grads.weight {
        let tasks = weight.data_mut().par_chunks_mut(WORDS * width).enumerate();
        tasks.for_each(|(task, weight)| {
            for (word, weight) in (task * WORDS..).zip(weight.chunks_mut(width)) {
                add_all(weight, of_word(word), |n| h.row(n as usize));
            }
        });
    }
    let words = grads.bias.data_mut().par_iter_mut().with_min_len(WORDS).enumerate();
    words.for_each(|(word, bias)| {
        *bias += of_word(word).iter().map(|&(_, value)| value).sum::<f32>();
    });
}

/// Rows that are added in one pass over their sum.
const TOGETHER: usize = 4;

/// Adds rows, one after the other, each times its factor.
fn add_all<'a>(sum: &mut [f32], rows: &[(u32, f32)], row: impl Fn(u32) -> &'a [f32]) {
    let (groups, rest) = rows.as_chunks::<TOGETHER>();
    for group in groups {
        add_four(sum, group.map(|(n, _)| row(n)), group.map(|(_, factor)| factor));
    }
    for &(n, factor) in rest {
        add(sum, row(n), factor);
    }
}

vectorised! {
    fn add(sum: &mut [f32], row: &[f32], factor: f32) {
        for (sum, value) in sum.iter_mut().zip(row) {
            *sum += factor * value;
        }
    }
}

vectorised! {
    fn add_four(sum: &mut [f32], rows: [&[f32]; TOGETHER], factors: [f32; TOGETHER]) {
        let rows = rows.map(|row| &row[..sum.len()]);
        for (i, sum) in sum.iter_mut().enumerate() {
            for n in 0..TOGETHER {
                *sum += factors[n] * rows[n][i];
            }
        }
    }
}
