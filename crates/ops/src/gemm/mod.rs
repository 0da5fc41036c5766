//! Matrix products.
//!
//! The method of Goto & van de Geijn 2008 (<https://doi.org/10.1145/1356052.1356053>): operands are
//! packed in the order in which a small kernel reads them; blocks of them stay in the caches.
//! A right-hand matrix that is used many times, such as recurrent weights, is packed once
//! ([`PackedRhs`]).
//!
//! Every result is one chain of additions in the order of `k`, see [`kernel`]: its bits depend
//! neither on threads nor on the other rows and columns.

mod aligned_buffer;
mod bf16;
mod int8;
mod kernel;
mod pack;
mod peak;
mod row_tiles;
mod schedule;
mod scratch;
#[cfg(test)]
mod tests;
mod tiles;

use crate::profile::{self, Part, timed};
use crate::{Precision, parallel};
use aligned_buffer::AlignedBuffer;
pub(crate) use aligned_buffer::as_floats;
use kernel::{Available, Kernel, Layout};
use schedule::{Lhs, Packed};
pub(crate) use scratch::Scratch;

pub use peak::peak_gflops;

/// With fewer rows, several tasks would need the same block, and each would have to pack it.
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
    /// All of `data` as rows of `columns` elements.
    pub(crate) fn new(data: &'a [f32], columns: usize) -> Self {
        let rows = data.len() / columns;
        assert_eq!(data.len(), rows * columns, "rows of {columns}");
        Self { data, rows, columns, row_stride: columns, column_stride: 1 }
    }

    /// The first `columns` elements of `rows` rows, which begin `row_stride` elements apart.
    pub(crate) fn within(data: &'a [f32], row_stride: usize, rows: usize, columns: usize) -> Self {
        assert!(columns <= row_stride, "{columns} columns of {row_stride}");
        assert!(rows == 0 || (rows - 1) * row_stride + columns <= data.len(), "rows of the matrix");
        Self { data, rows, columns, row_stride, column_stride: 1 }
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

/// Whether a product is added to the values that its destination holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Accumulate {
    /// They are overwritten.
    No,
    /// The product is added to them.
    Yes,
}

/// The right-hand matrix of a product, packed for a kernel of this machine.
pub(crate) struct PackedRhs {
    kernel: Available,
    words: AlignedBuffer,
    k: usize,
    columns: usize,
    /// One per column; empty unless the kernel multiplies integers.
    scales: Vec<f32>,
    /// See [`int8::zero_point_compensation`]; empty for kernels that do not need it.
    zero_point_compensation: Vec<i32>,
}

impl PackedRhs {
    /// Copies `b`, rounded if the precision asks for it.
    pub(crate) fn new(b: Matrix<'_>, precision: Precision) -> Self {
        Self::for_kernel(b, kernel::best(precision))
    }

    fn for_kernel(b: Matrix<'_>, kernel: Available) -> Self {
        let mut words = AlignedBuffer::default();
        let (mut scales, mut zero_point_compensation) = (Vec::new(), Vec::new());
        if kernel.precision == Precision::Int8 {
            scales = int8::row_scales(b.transposed());
        }
        if kernel.layout == Layout::Quads {
            zero_point_compensation = int8::zero_point_compensation(b, &scales);
        }
        pack::right(&kernel, b, &scales, words.with(pack::right_words(&kernel, b)));
        Self { kernel, words, k: b.rows, columns: b.columns, scales, zero_point_compensation }
    }

    /// Writes `a` times this matrix to `out`, row-major, or adds it.
    pub(crate) fn product(&self, out: &mut [f32], a: Matrix<'_>, accumulate: Accumulate) {
        assert_eq!(a.columns, self.k, "inner dimension");
        let Self { kernel, k, columns, .. } = *self;
        let (b, rows) = (self.words.words(), a.rows);
        profile::count(rows, k, columns);
        let mut lhs = lhs_scratch(&kernel, a);
        if kernel.precision != Precision::Int8 {
            let a = timed(Part::Packing, || lhs_for_kernel(&kernel, a, &[], &mut lhs));
            let packed = Packed { kernel, a, b, rows, k, columns };
            return timed(Part::Products, || packed.multiply(out, accumulate));
        }
        let (scales, a) = timed(Part::Packing, || {
            let scales = int8::row_scales(a);
            let a = lhs_for_kernel(&kernel, a, &scales, &mut lhs);
            (scales, a)
        });
        let packed = Packed { kernel, a, b, rows, k, columns };
        let mut sums = Scratch::new(rows * columns);
        timed(Part::Products, || packed.multiply(as_floats(&mut sums), Accumulate::No));
        let sums = &*sums;
        timed(Part::Scaling, || {
            parallel::for_chunks(out, columns.max(1), |r, out| {
                let sums = &sums[r * columns..][..columns];
                let compensation = &self.zero_point_compensation;
                int8::finish(out, sums, scales[r], &self.scales, compensation, accumulate);
            });
        });
    }
}

/// Writes `a b` to `out`, row-major, or adds it.
///
/// # Panics
/// When the precision is `int8`: gradients would be lost.
pub(crate) fn product(
    out: &mut [f32],
    a: Matrix<'_>,
    b: Matrix<'_>,
    accumulate: Accumulate,
    precision: Precision,
) {
    assert!(precision != Precision::Int8, "integers are for forward passes");
    assert_eq!(a.columns, b.rows, "inner dimension");
    let kernel = kernel::best(precision);
    let (rows, k, columns) = (a.rows, b.rows, b.columns);
    let mut lhs = lhs_scratch(&kernel, a);
    let a = lhs_for_kernel(&kernel, a, &[], &mut lhs);
    let mut rhs = Scratch::new(pack::right_words(&kernel, b));
    pack::right(&kernel, b, &[], &mut rhs);
    Packed { kernel, a, b: &rhs, rows, k, columns }.multiply(out, accumulate);
}

/// Whether each task packs its own blocks of the left-hand matrix.
fn is_packed_by_block(kernel: &Kernel, a: Matrix<'_>) -> bool {
    kernel.layout == Layout::Single && a.row_stride == 1 && a.rows > FEW_ROWS
}

/// Memory for the packed left-hand matrix; empty if tasks pack their own blocks.
fn lhs_scratch(kernel: &Kernel, a: Matrix<'_>) -> Scratch {
    Scratch::new(if is_packed_by_block(kernel, a) { 0 } else { pack::left_words(kernel, a) })
}

/// The left-hand matrix of a product, packed in `words` unless that is better done block by block.
fn lhs_for_kernel<'a>(
    kernel: &Kernel,
    a: Matrix<'a>,
    scales: &[f32],
    words: &'a mut [u32],
) -> Lhs<'a> {
    if is_packed_by_block(kernel, a) {
        return Lhs::Columns(a);
    }
    pack::left(kernel, a, scales, words);
    Lhs::Packed(words)
}

/// Whether this machine has instructions that multiply `bf16`; without them it is widened to `f32`.
pub(crate) fn multiplies_bf16() -> bool {
    kernel::best(Precision::Bf16).layout == Layout::Pairs
}

/// Name of the kernel that multiplies on this machine.
pub fn kernel_name(precision: Precision) -> &'static str {
    kernel::best(precision).name
}
