//! Products of 8-bit integers: scales going in, sums coming out.
//!
//! Weights and inputs are rounded to multiples of a scale, one for each output and one for each
//! row of inputs: the largest element becomes 127. The integers are multiplied and added without
//! any rounding, so every kernel gives the same bits.

use super::{Accumulate, Matrix};

/// The scales of all rows.
pub(super) fn row_scales(matrix: Matrix<'_>) -> Vec<f32> {
    let mut largest = vec![0.0_f32; matrix.rows];
    for (r, largest) in largest.iter_mut().enumerate() {
        for k in 0..matrix.columns {
            let value = matrix.data[r * matrix.row_stride + k * matrix.column_stride].abs();
            // NaN counts as larger than everything, so that it is not lost.
            *largest = if value <= *largest { *largest } else { value };
        }
    }
    largest.into_iter().map(scale).collect()
}

/// The distance of neighbouring integers; 1 where everything is zero.
fn scale(largest: f32) -> f32 {
    if largest == 0.0 { 1.0 } else { largest / 127.0 }
}

/// The nearest of the integers from -127 to 127, in units of `scale`.
#[inline]
pub(super) fn int8(value: f32, scale: f32) -> i8 {
    const ROUND: f32 = 12_582_912.0; // 1.5·2²³, above which floats are integers
    (value / scale + ROUND - ROUND) as i8
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

/// Turns a row of sums of integers into results.
pub(super) fn finish(
    out: &mut [f32],
    sums: &[u32],
    row_scale: f32,
    scales: &[f32],
    zero_point_compensation: &[i32],
    accumulate: Accumulate,
) {
    for (c, out) in out.iter_mut().enumerate() {
        let sum = sums[c].cast_signed() - zero_point_compensation.get(c).copied().unwrap_or(0);
        let value = sum as f32 * (row_scale * scales[c]);
        *out = if accumulate == Accumulate::Yes { *out + value } else { value };
    }
}
