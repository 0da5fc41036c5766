//! Products of 8-bit integers: scales going in, sums coming out.
//!
//! Weights and inputs are rounded to multiples of a scale, one for each output and one for each
//! row of inputs: the largest element becomes 127. The integers are multiplied and added without
//! any rounding, so every kernel gives the same bits.

use super::{Accumulate, Matrix};
use crate::parallel;

/// Elements a task takes whose largest is looked for.
const SCANNED: usize = 32_768;
/// What stands for 0 where a kernel takes unsigned inputs.
pub(super) const ZERO_POINT: u8 = 0x80;

/// The scales of all rows.
pub(super) fn row_scales(matrix: Matrix<'_>) -> Vec<f32> {
    let mut scales = vec![0.0_f32; matrix.rows];
    let rows = SCANNED.div_ceil(matrix.columns.max(1));
    parallel::for_chunks(&mut scales, rows, |n, scales| {
        for (r, found) in scales.iter_mut().enumerate() {
            let row = &matrix.data[(n * rows + r) * matrix.row_stride..];
            *found = scale(if matrix.column_stride == 1 {
                largest(&row[..matrix.columns])
            } else {
                let values = row.iter().step_by(matrix.column_stride).take(matrix.columns);
                values.fold(0.0, |most, value| larger(most, value.abs()))
            });
        }
    });
    scales
}

/// The larger one; NaN counts as larger than everything, so that it is not lost.
fn larger(most: f32, value: f32) -> f32 {
    if value > most || value.is_nan() { value } else { most }
}

vectorised! {
    /// The largest size of an element.
    fn largest(row: &[f32]) -> f32 {
        // Sizes compare as their bits do, and NaN is the largest.
        let mut most = [0_u32; 64];
        let (blocks, rest) = row.as_chunks::<64>();
        for block in blocks {
            for (most, value) in most.iter_mut().zip(block) {
                *most = (*most).max(value.abs().to_bits());
            }
        }
        for (most, value) in most.iter_mut().zip(rest) {
            *most = (*most).max(value.abs().to_bits());
        }
        f32::from_bits(most.into_iter().fold(0, u32::max))
    }
}

vectorised! {
    /// Lays out four neighbours of a row in a word, moved up by `zero`. Missing elements are zero.
    pub(super) fn row_quads(row: &[f32], scale: f32, zero: u8, out: &mut [u32]) {
        const BLOCK: usize = 16;
        let (blocks, rest) = row.as_chunks::<{ 4 * BLOCK }>();
        let (words, rest_words) = out.split_at_mut(BLOCK * blocks.len());
        for (words, block) in words.as_chunks_mut::<BLOCK>().0.iter_mut().zip(blocks) {
            *words = quad_words(block, scale, zero);
        }
        if !rest.is_empty() {
            let mut block = [0.0; 4 * BLOCK];
            block[..rest.len()].copy_from_slice(rest);
            rest_words.copy_from_slice(&quad_words(&block, scale, zero)[..rest_words.len()]);
        }
    }
}

#[inline(always)]
fn quad_words(values: &[f32; 64], scale: f32, zero: u8) -> [u32; 16] {
    /// 1.5·2²³, above which floats are integers: the lowest byte of the sum is the integer's.
    const ROUND: f32 = 12_582_912.0;
    let mut bytes = [0_u8; 64];
    for (byte, &value) in bytes.iter_mut().zip(values) {
        // Comparisons, because NaN becomes 0 and `clamp` would be slower.
        let x = value / scale;
        let x = if x > 127.0 { 127.0 } else { x };
        let x = if x < -127.0 { -127.0 } else { x };
        *byte = (x + ROUND).to_bits() as u8 ^ zero;
    }
    let mut words = [0; 16];
    for (word, bytes) in words.iter_mut().zip(bytes.as_chunks::<4>().0) {
        *word = u32::from_le_bytes(*bytes);
    }
    words
}

/// The distance of neighbouring integers; 1 where everything is zero.
fn scale(largest: f32) -> f32 {
    if largest == 0.0 { 1.0 } else { largest / 127.0 }
}

/// The nearest of the integers from -127 to 127, in units of `scale`.
#[inline]
pub(super) fn int8(value: f32, scale: f32) -> i8 {
    const ROUND: f32 = 12_582_912.0; // 1.5·2²³, above which floats are integers
    // Numbers so small that they have few bits can come out as -128, which no kernel expects.
    ((value / scale + ROUND - ROUND) as i8).max(-127)
}

/// What each result gains when 128 is added to every input, for kernels that take unsigned inputs.
pub(super) fn zero_point_compensation(weights: Matrix<'_>, scales: &[f32]) -> Vec<i32> {
    let sum = |c: usize| -> i32 {
        let elements = (0..weights.rows)
            .map(|k| weights.data[k * weights.row_stride + c * weights.column_stride]);
        elements.map(|value| i32::from(int8(value, scales[c]))).sum()
    };
    (0..weights.columns).map(|c| 128 * sum(c)).collect()
}

vectorised! {
    /// Turns a row of sums of integers into results.
    pub(super) fn finish(
        out: &mut [f32],
        sums: &[u32],
        row_scale: f32,
        scales: &[f32],
        zero_point_compensation: &[i32],
        accumulate: Accumulate,
    ) {
        let columns = out.iter_mut().zip(sums).zip(scales);
        if zero_point_compensation.is_empty() {
            for ((out, &sum), &scale) in columns {
                let value = sum.cast_signed() as f32 * (row_scale * scale);
                *out = if accumulate == Accumulate::Yes { *out + value } else { value };
            }
        } else {
            for (((out, &sum), &scale), &moved) in columns.zip(zero_point_compensation) {
                let value = (sum.cast_signed() - moved) as f32 * (row_scale * scale);
                *out = if accumulate == Accumulate::Yes { *out + value } else { value };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::float_cmp, reason = "the numbers are exact")]

    use super::*;
    use crate::Key;

    #[test]
    fn scales_follow_the_largest_and_keep_not_a_number() {
        let columns = 130;
        let mut values = vec![0.0; 4 * columns];
        values[columns - 1] = -254.0;
        values[columns] = f32::NAN;
        values[columns + 64] = 5.0;
        values[2 * columns + 70] = 127.0;
        let matrix = Matrix::new(&values, columns);
        let turned: Vec<f32> = (0..columns)
            .flat_map(|k| (0..4).map(move |r| (k, r)))
            .map(|(k, r)| values[r * columns + k])
            .collect();
        for scales in [row_scales(matrix), row_scales(Matrix::new(&turned, 4).transposed())] {
            assert_eq!([scales[0], scales[2], scales[3]], [2.0, 1.0, 1.0]);
            assert!(scales[1].is_nan(), "{}", scales[1]);
        }
    }

    /// Vectors of integers as one by one, whatever the values.
    #[test]
    fn quads_hold_the_rounded_integers() {
        let (rows, columns) = (3, 70);
        let mut values = Key::new(1).uniform_values(rows * columns, 3.0);
        values[5] = f32::NAN;
        values[6] = f32::INFINITY;
        values[columns..2 * columns].iter_mut().for_each(|value| *value *= 1e-44);
        let matrix = Matrix::new(&values, columns);
        let scales = [0.01, 1e-45, scale(3.0)];
        let width = columns.div_ceil(4);
        let mut words = vec![0; rows * width];
        for (r, words) in words.chunks_exact_mut(width).enumerate() {
            row_quads(matrix.row(r), scales[r], ZERO_POINT, words);
        }
        for k in 0..columns.next_multiple_of(4) {
            for (r, &scale) in scales.iter().enumerate() {
                let value = if k < columns { values[r * columns + k] } else { 0.0 };
                let found = words[r * width + k / 4].to_le_bytes()[k % 4] ^ 0x80;
                assert_eq!(found.cast_signed(), int8(value, scale), "{value} / {scale}");
            }
        }
    }
}
