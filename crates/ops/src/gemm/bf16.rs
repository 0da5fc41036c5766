//! Rounding to `bf16`, and laying two of them out in a word.

use super::Matrix;
use std::ops::Range;

/// Words of a row that are rounded together: a block of all rows stays in the first cache.
const BLOCK: usize = 16;

/// The nearest `bf16`, the even one of two; not a number stays not a number.
#[inline]
pub(super) fn bf16(value: f32) -> u16 {
    let bits = value.to_bits();
    let rounded = bits.wrapping_add(0x7fff + (bits >> 16 & 1));
    (if value.is_nan() { bits | 0x0040_0000 } else { rounded } >> 16) as u16
}

/// Two in a word, the first in the lower half.
#[inline]
fn pair(first: f32, second: f32) -> u32 {
    u32::from(bf16(first)) | u32::from(bf16(second)) << 16
}

/// Lays out pairs of neighbours of some rows: `width` words a step, one for each of these rows; what is behind
/// them in a step stays as it is. An odd last element gets a zero beside it.
pub(super) fn pairs(matrix: Matrix<'_>, rows: Range<usize>, width: usize, out: &mut [u32]) {
    if matrix.row_stride == 1 {
        pairs_of_columns(matrix, rows, width, out);
    } else {
        pairs_of_rows(matrix, rows, width, out);
    }
}

vectorised! {
    fn pairs_of_columns(matrix: Matrix<'_>, rows: Range<usize>, width: usize, out: &mut [u32]) {
        let column = |k: usize| &matrix.data[k * matrix.column_stride..][rows.clone()];
        for (step, out) in out.chunks_exact_mut(width).enumerate() {
            let (first, second) = (column(2 * step), 2 * step + 1);
            if second < matrix.columns {
                let both = first.iter().zip(column(second));
                out.iter_mut().zip(both).for_each(|(out, (&a, &b))| *out = pair(a, b));
            } else {
                out.iter_mut().zip(first).for_each(|(out, &a)| *out = pair(a, 0.0));
            }
        }
    }
}

vectorised! {
    fn pairs_of_rows(matrix: Matrix<'_>, rows: Range<usize>, width: usize, out: &mut [u32]) {
        for (block, out) in out.chunks_mut(BLOCK * width).enumerate() {
            let start = 2 * BLOCK * block;
            let columns = start..matrix.columns.min(start + 2 * BLOCK);
            for (r, row) in rows.clone().enumerate() {
                let values = &matrix.data[row * matrix.row_stride..][columns.clone()];
                let mut words = [0; BLOCK];
                if let Ok(values) = <&[f32; 2 * BLOCK]>::try_from(values) {
                    // a constant length, so that it is done in vectors
                    for (word, two) in words.iter_mut().zip(values.as_chunks::<2>().0) {
                        *word = pair(two[0], two[1]);
                    }
                } else {
                    for (word, two) in words.iter_mut().zip(values.chunks(2)) {
                        *word = pair(two[0], two.get(1).copied().unwrap_or(0.0));
                    }
                }
                for (out, word) in out.chunks_exact_mut(width).zip(words) {
                    out[r] = word;
                }
            }
        }
    }
}

vectorised! {
    /// Lays out pairs of neighbours of a row. An odd last element gets a zero beside it.
    pub(super) fn row_pairs(row: &[f32], out: &mut [u32]) {
        let (pairs, last) = row.as_chunks::<2>();
        for (word, two) in out.iter_mut().zip(pairs) {
            *word = pair(two[0], two[1]);
        }
        if let ([last], Some(word)) = (last, out.last_mut()) {
            *word = pair(*last, 0.0);
        }
    }
}
