//! Copying matrices into the order in which a kernel reads them.

use super::int8::{ZERO_POINT, int8};
use super::kernel::{Kernel, Layout};
use super::row_tiles::RowTiles;
use super::{Matrix, bf16, int8 as integers};
use crate::{Precision, parallel};
use std::ops::Range;

/// Elements of `k` that are moved together: a block of a panel stays in the first cache.
const BLOCK: usize = 32;

/// Words a kernel's left operand takes.
pub(super) fn left_words(kernel: &Kernel, a: Matrix<'_>) -> usize {
    a.rows * kernel.layout.words(a.columns)
}

/// Whether a left operand is laid out row by row: rounding what is side by side is fastest so.
pub(super) fn is_by_row(kernel: &Kernel, a: Matrix<'_>) -> bool {
    kernel.layout.is_strided() && a.column_stride == 1
}

/// Lays out `a` row by row, or else in panels, one for each tile; within a panel, the rows of a step side by
/// side.
///
/// Elements are divided by the `scales` of their rows where the kernel wants integers.
pub(super) fn left(kernel: &Kernel, a: Matrix<'_>, scales: &[f32], out: &mut [u32]) {
    let heights = RowTiles::new(a.rows, kernel.rows);
    let row = kernel.layout.words(a.columns);
    if is_by_row(kernel, a) {
        return for_panels(out, row.max(1), |r, out| match kernel.layout {
            Layout::Pairs => bf16::row_pairs(a.row(r), out),
            Layout::Quads => integers::row_quads(a.row(r), scales[r], ZERO_POINT, out),
            Layout::SignedQuads => integers::row_quads(a.row(r), scales[r], 0, out),
            _ => unreachable!("read in place"),
        });
    }
    let (tall, low) = out.split_at_mut(heights.start(heights.tall) * row);
    let panel = |tile, out: &mut [u32]| left_panel(kernel, a, scales, heights.rows(tile), out);
    for_panels(tall, ((heights.low + 1) * row).max(1), panel);
    let low_panel = |n, out: &mut [u32]| panel(heights.tall + n, out);
    for_panels(low, (heights.low * row).max(1), low_panel);
}

/// Calls `work` on all panels and their numbers; few words are not worth waking a thread.
fn for_panels(words: &mut [u32], panel: usize, work: impl Fn(usize, &mut [u32]) + Sync + Send) {
    /// Some microseconds of copying.
    const FEW: usize = 8192;
    if words.len() <= FEW {
        words.chunks_mut(panel).enumerate().for_each(|(n, words)| work(n, words));
    } else {
        parallel::for_chunks(words, panel, work);
    }
}

/// Lays out the rows of one tile.
fn left_panel(kernel: &Kernel, a: Matrix<'_>, scales: &[f32], rows: Range<usize>, out: &mut [u32]) {
    let (first, r_count) = (rows.start, rows.len());
    match kernel.layout {
        Layout::Single => for_blocks(a, rows, |k, r, value| {
            out[k * r_count + r] = value.to_bits();
        }),
        Layout::Widened => {
            out[(kernel.layout.words(a.columns) - 2) * r_count..].fill(0);
            for_blocks(a, rows, |k, r, value| {
                out[(k ^ 1) * r_count + r] = u32::from(bf16::bf16(value)) << 16;
            });
        }
        Layout::Pairs => bf16::pairs(a, rows, r_count, out),
        Layout::Quads | Layout::SignedQuads => {
            let zero = if kernel.layout == Layout::Quads { ZERO_POINT } else { 0 };
            out.fill(u32::from_le_bytes([zero; 4]));
            for_blocks(a, rows, |k, r, value| {
                let moved = (int8(value, scales[first + r]).cast_unsigned()) ^ zero;
                set_byte(&mut out[k / 4 * r_count + r], k % 4, moved);
            });
        }
        Layout::WidenedQuads => {
            out.fill(0);
            for_blocks(a, rows, |k, r, value| {
                let wide = i16::from(int8(value, scales[first + r])).cast_unsigned();
                let word = 2 * (k / 4) + usize::from(k % 2 == 0);
                set_half(&mut out[word * r_count + r], k % 4 / 2, wide);
            });
        }
    }
}

/// Lays out the elements `steps` of some tiles' rows in panels, for kernels of `f32`.
///
/// # Panics
/// When the rows' elements are not side by side.
pub(super) fn left_block(
    a: Matrix<'_>,
    heights: RowTiles,
    tiles: Range<usize>,
    steps: Range<usize>,
    mut out: &mut [u32],
) {
    assert_eq!(a.row_stride, 1, "a matrix of columns");
    for tile in tiles {
        let rows = heights.rows(tile);
        let height = rows.len();
        let out = out.split_off_mut(..height * steps.len()).expect("room for all tiles");
        let columns = steps.clone().map(|k| &a.data[k * a.column_stride..][rows.clone()]);
        match height {
            5 => copy_columns::<5>(columns, out),
            6 => copy_columns::<6>(columns, out),
            7 => copy_columns::<7>(columns, out),
            8 => copy_columns::<8>(columns, out),
            _ => {
                for (out, column) in out.chunks_exact_mut(height).zip(columns) {
                    out.iter_mut().zip(column).for_each(|(out, value)| *out = value.to_bits());
                }
            }
        }
    }
}

/// Copies columns one after the other; with a constant length each copy is a move or two.
fn copy_columns<'a, const N: usize>(columns: impl Iterator<Item = &'a [f32]>, out: &mut [u32]) {
    for (out, column) in out.as_chunks_mut::<N>().0.iter_mut().zip(columns) {
        let column: &[f32; N] = column.try_into().expect("all are as long");
        *out = column.map(f32::to_bits);
    }
}

/// Words a kernel's right operand takes.
pub(super) fn right_words(kernel: &Kernel, b: Matrix<'_>) -> usize {
    b.columns.div_ceil(kernel.columns) * panel_words(kernel, b.rows)
}

/// Words of a panel of a right operand with `k` rows.
pub(super) fn panel_words(kernel: &Kernel, k: usize) -> usize {
    kernel.columns * steps(kernel, k)
}

/// Steps that `k` elements take.
pub(super) fn steps(kernel: &Kernel, k: usize) -> usize {
    match kernel.precision {
        Precision::F32 => k,
        Precision::Bf16 => k.div_ceil(2),
        Precision::Int8 => k.div_ceil(4),
    }
}

/// Lays out `b` in panels of the kernel's columns, filled up with zeros.
///
/// Elements are divided by the `scales` of their columns where the kernel wants integers.
pub(super) fn right(kernel: &Kernel, b: Matrix<'_>, scales: &[f32], out: &mut [u32]) {
    let panel = panel_words(kernel, b.rows);
    let columns = kernel.columns;
    let b = b.transposed();
    for_panels(out, panel.max(1), |n, out| {
        let first = n * columns;
        let used = first..b.rows.min(first + columns);
        if kernel.precision == Precision::F32 && b.row_stride == 1 && used.len() == columns {
            let rows = (0..b.columns).map(|k| &b.data[k * b.column_stride..][used.clone()]);
            match columns {
                16 => return copy_columns::<16>(rows, out),
                48 => return copy_columns::<48>(rows, out),
                _ => {}
            }
        }
        if used.len() < columns || kernel.precision == Precision::Int8 {
            out.fill(0);
        }
        match kernel.precision {
            Precision::F32 => for_blocks(b, used, |k, c, value| {
                out[k * columns + c] = value.to_bits();
            }),
            Precision::Bf16 => bf16::pairs(b, used, columns, out),
            Precision::Int8 => for_blocks(b, used, |k, c, value| {
                let byte = int8(value, scales[first + c]).cast_unsigned();
                set_byte(&mut out[k / 4 * columns + c], k % 4, byte);
            }),
        }
    });
}

/// Calls `put(column, row - rows.start, value)` for all elements of some rows.
///
/// In the order they lie in memory where rows are adjacent, in blocks where columns are.
#[expect(clippy::inline_always, reason = "`put` must be known to the loops")]
#[inline(always)]
fn for_blocks(matrix: Matrix<'_>, rows: Range<usize>, mut put: impl FnMut(usize, usize, f32)) {
    if matrix.row_stride == 1 {
        for k in 0..matrix.columns {
            let values = &matrix.data[k * matrix.column_stride..][rows.clone()];
            for (r, &value) in values.iter().enumerate() {
                put(k, r, value);
            }
        }
        return;
    }
    for start in (0..matrix.columns).step_by(BLOCK) {
        let end = matrix.columns.min(start + BLOCK);
        for (r, row) in rows.clone().enumerate() {
            let values = &matrix.data[row * matrix.row_stride..][start..end];
            for (k, &value) in (start..end).zip(values) {
                put(k, r, value);
            }
        }
    }
}

/// Sets the lower (0) or upper (1) half of a word.
fn set_half(word: &mut u32, at: usize, half: u16) {
    let shift = 16 * at;
    *word = *word & !(0xffff << shift) | u32::from(half) << shift;
}

/// Sets one of the four bytes of a word, the lowest being 0.
fn set_byte(word: &mut u32, at: usize, byte: u8) {
    let shift = 8 * at;
    *word = *word & !(0xff << shift) | u32::from(byte) << shift;
}
