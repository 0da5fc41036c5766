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
use aligned_buffer::as_words;
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
        let a = PackedLhs::for_kernel(a, self.kernel);
        match self.sums(out, &a, accumulate) {
            None => {}
            Some(sums) => self.scale(out, &sums, &a, accumulate, |_, _| ()),
        }
    }

    /// Writes `a` times this matrix to `out`, row-major, and calls `finish` on each row and its number
    /// while it is in the first cache.
    pub(crate) fn product_then(
        &self,
        out: &mut [f32],
        a: &PackedLhs<'_>,
        finish: impl Fn(usize, &mut [f32]) + Sync + Send,
    ) {
        match self.sums(out, a, Accumulate::No) {
            Some(sums) => self.scale(out, &sums, a, Accumulate::No, finish),
            None => {
                timed(Part::Scaling, || parallel::for_chunks(out, self.columns.max(1), finish));
            }
        }
    }

    /// Computes the product in `out`, or the sums of integers that become it.
    fn sums(&self, out: &mut [f32], a: &PackedLhs<'_>, accumulate: Accumulate) -> Option<Scratch> {
        let Self { kernel, k, columns, .. } = *self;
        assert_eq!(a.matrix.columns, k, "inner dimension");
        assert_eq!(a.kernel.name, kernel.name, "kernel of the left matrix");
        let (b, rows) = (self.words.words(), a.matrix.rows);
        profile::count(rows, k, columns);
        let packed = Packed { kernel, a: a.as_lhs(), b, rows, k, columns };
        if kernel.precision != Precision::Int8 {
            timed(Part::Products, || packed.multiply(out, accumulate));
            return None;
        }
        let mut sums = Scratch::new(rows * columns);
        timed(Part::Products, || packed.multiply(as_floats(&mut sums), Accumulate::No));
        Some(sums)
    }

    /// Turns sums of integers into results, and calls `finish` on each row.
    fn scale(
        &self,
        out: &mut [f32],
        sums: &[u32],
        a: &PackedLhs<'_>,
        accumulate: Accumulate,
        finish: impl Fn(usize, &mut [f32]) + Sync + Send,
    ) {
        let columns = self.columns;
        timed(Part::Scaling, || {
            parallel::for_chunks(out, columns.max(1), |r, out| {
                let sums = &sums[r * columns..][..columns];
                let compensation = &self.zero_point_compensation;
                int8::finish(out, sums, a.scales[r], &self.scales, compensation, accumulate);
                finish(r, out);
            });
        });
    }
}

/// The left-hand matrix of products, laid out for a kernel of this machine.
pub(crate) struct PackedLhs<'a> {
    kernel: Available,
    matrix: Matrix<'a>,
    /// Empty if the matrix is read in place, or if tasks lay their own blocks out.
    words: Scratch,
    /// One per row; empty unless the kernel multiplies integers.
    scales: Vec<f32>,
}

impl<'a> PackedLhs<'a> {
    /// Copies `a`, rounded if the precision asks for it.
    pub(crate) fn new(a: Matrix<'a>, precision: Precision) -> Self {
        Self::for_kernel(a, kernel::best(precision))
    }

    fn for_kernel(a: Matrix<'a>, kernel: Available) -> Self {
        timed(Part::Packing, || {
            let is_int8 = kernel.precision == Precision::Int8;
            let scales = if is_int8 { int8::row_scales(a) } else { Vec::new() };
            let is_copied = !is_packed_by_block(&kernel, a) && !is_read_in_place(&kernel, a);
            let mut words = Scratch::new(if is_copied { pack::left_words(&kernel, a) } else { 0 });
            if is_copied {
                pack::left(&kernel, a, &scales, &mut words);
            }
            Self { kernel, matrix: a, words, scales }
        })
    }

    fn as_lhs(&self) -> Lhs<'_> {
        if is_read_in_place(&self.kernel, self.matrix) {
            Lhs::Rows { words: as_words(self.matrix.data), stride: self.matrix.row_stride }
        } else if is_packed_by_block(&self.kernel, self.matrix) {
            Lhs::Columns(self.matrix)
        } else if pack::is_by_row(&self.kernel, self.matrix) {
            let stride = self.kernel.layout.words(self.matrix.columns);
            Lhs::Rows { words: &self.words, stride }
        } else {
            Lhs::Packed(&self.words)
        }
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
    let a = PackedLhs::for_kernel(a, kernel);
    let mut rhs = Scratch::new(pack::right_words(&kernel, b));
    pack::right(&kernel, b, &[], &mut rhs);
    Packed { kernel, a: a.as_lhs(), b: &rhs, rows, k, columns }.multiply(out, accumulate);
}

/// Whether each task packs its own blocks of the left-hand matrix.
fn is_packed_by_block(kernel: &Kernel, a: Matrix<'_>) -> bool {
    kernel.layout == Layout::Single && a.row_stride == 1 && a.rows > FEW_ROWS
}

/// Whether the kernel reads the left-hand matrix where it is.
fn is_read_in_place(kernel: &Kernel, a: Matrix<'_>) -> bool {
    kernel.layout == Layout::Single && a.column_stride == 1
}

/// Whether this machine has instructions that multiply `bf16`; without them it is widened to `f32`.
pub(crate) fn multiplies_bf16() -> bool {
    kernel::best(Precision::Bf16).layout == Layout::Pairs
}

/// Name of the kernel that multiplies on this machine.
pub fn kernel_name(precision: Precision) -> &'static str {
    kernel::best(precision).name
}
