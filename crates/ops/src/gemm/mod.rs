//! Matrix products.
//!
//! The way of Goto & van de Geijn 2008 (<https://doi.org/10.1145/1356052.1356053>): operands are
//! copied into the order in which a small kernel reads them; blocks of them stay in the caches.
//! A right matrix that is used many times, such as recurrent weights, is laid out once
//! ([`Right`]).
//!
//! Every result is one chain of additions in the order of `k`, see [`kernel`]: its bits depend
//! neither on threads nor on the other rows and columns.

mod bf16;
mod heights;
mod int8;
mod kernel;
mod lines;
mod pack;
mod schedule;
#[cfg(test)]
mod tests;
mod tiles;

use crate::{Precision, parallel};
use kernel::{Kernel, Layout};
use lines::{Lines, with_scratch};
use schedule::{Left, Packed};

/// With fewer rows, tasks would share blocks, and each would have to lay them out.
const FEW_ROWS: usize = 1024;

/// A row-major matrix in a slice, or its transpose.
#[derive(Clone, Copy)]
pub(crate) struct Matrix<'a> {
    data: &'a [f32],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a> Matrix<'a> {
    /// As many rows of `columns` as there are in `data`.
    pub(crate) fn new(data: &'a [f32], columns: usize) -> Self {
        let rows = data.len() / columns;
        assert_eq!(data.len(), rows * columns, "rows of {columns}");
        Self { data, rows, columns, row_stride: columns, column_stride: 1 }
    }

    /// A row of a matrix that is not transposed.
    pub(crate) fn row(self, n: usize) -> &'a [f32] {
        assert_eq!(self.column_stride, 1, "rows are not contiguous");
        &self.data[n * self.row_stride..][..self.columns]
    }

    /// Rows and columns exchanged, without moving anything.
    pub(crate) fn transposed(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }
}

/// What becomes of the values that stand where a product is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Write {
    /// They are lost.
    Over,
    /// The product is added to them.
    Add,
}

/// A right matrix, laid out for this machine.
pub(crate) struct Right {
    kernel: &'static Kernel,
    lines: Lines,
    k: usize,
    columns: usize,
    /// Of the columns; empty unless the factors are integers.
    scales: Vec<f32>,
    /// See [`int8::surplus`]; empty for kernels that do not need it.
    surplus: Vec<i32>,
}

impl Right {
    /// Copies `b`, rounded if the precision asks for it.
    pub(crate) fn new(b: Matrix<'_>, precision: Precision) -> Self {
        Self::for_kernel(b, kernel::best(precision))
    }

    fn for_kernel(b: Matrix<'_>, kernel: &'static Kernel) -> Self {
        let (mut lines, mut scales, mut surplus) = (Lines::default(), Vec::new(), Vec::new());
        if kernel.precision == Precision::Int8 {
            scales = int8::row_scales(b.transposed());
        }
        if kernel.layout == Layout::Quads {
            surplus = int8::surplus(b, &scales);
        }
        pack::right(kernel, b, &scales, lines.with(pack::right_words(kernel, b)));
        Self { kernel, lines, k: b.rows, columns: b.columns, scales, surplus }
    }

    /// Writes `a` times this matrix to `out`, row-major.
    pub(crate) fn product(&self, out: &mut [f32], a: Matrix<'_>, write: Write) {
        assert_eq!(a.columns, self.k, "inner dimension");
        let Self { kernel, k, columns, .. } = *self;
        with_scratch(|left, sums| {
            let (b, rows) = (self.lines.words(), a.rows);
            if kernel.precision != Precision::Int8 {
                let a = for_kernel(kernel, a, &[], left);
                let packed = Packed { kernel, a, b, rows, k, columns };
                return packed.multiply(out, write == Write::Add);
            }
            let scales = int8::row_scales(a);
            let a = for_kernel(kernel, a, &scales, left);
            let packed = Packed { kernel, a, b, rows, k, columns };
            let sums = sums.with(rows * columns);
            packed.multiply(lines::as_floats(sums), false);
            parallel::for_chunks(out, columns.max(1), |r, out| {
                let sums = &sums[r * columns..][..columns];
                int8::finish(out, sums, scales[r], &self.scales, &self.surplus, write);
            });
        });
    }
}

/// Writes `a b` to `out`, row-major.
///
/// # Panics
/// When the precision is that of integers: gradients would be lost.
pub(crate) fn product(
    out: &mut [f32],
    a: Matrix<'_>,
    b: Matrix<'_>,
    write: Write,
    precision: Precision,
) {
    assert!(precision != Precision::Int8, "integers are for forward passes");
    assert_eq!(a.columns, b.rows, "inner dimension");
    let kernel = kernel::best(precision);
    let (rows, k, columns) = (a.rows, b.rows, b.columns);
    with_scratch(|left, right| {
        let a = for_kernel(kernel, a, &[], left);
        let right = right.with(pack::right_words(kernel, b));
        pack::right(kernel, b, &[], right);
        let packed = Packed { kernel, a, b: right, rows, k, columns };
        packed.multiply(out, write == Write::Add);
    });
}

/// The left matrix of a product, laid out in `left` unless that is better done block by block.
fn for_kernel<'a>(kernel: &Kernel, a: Matrix<'a>, scales: &[f32], left: &'a mut Lines) -> Left<'a> {
    if kernel.layout == Layout::Single && a.row_stride == 1 && a.rows > FEW_ROWS {
        return Left::Columns(a);
    }
    let words = left.with(pack::left_words(kernel, a));
    pack::left(kernel, a, scales, words);
    Left::Packed(words)
}

/// Whether this machine has instructions that multiply `bf16`; without them it is widened to `f32`.
pub(crate) fn multiplies_bf16() -> bool {
    kernel::best(Precision::Bf16).layout == Layout::Pairs
}

/// Name of the kernel that multiplies on this machine.
pub fn kernel_name(precision: Precision) -> &'static str {
    kernel::best(precision).name
}
