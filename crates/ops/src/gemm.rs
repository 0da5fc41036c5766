//! The one place that calls a matrix product.

use gemm::Parallelism;
use rayon::prelude::*;

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

/// Writes `a b` to `out`, row-major. The bits do not depend on the number of threads.
pub(crate) fn product(out: &mut [f32], a: Matrix<'_>, b: Matrix<'_>, write: Write) {
    assert_eq!(a.columns, b.rows, "inner dimension");
    assert_eq!(out.len(), a.rows * b.columns, "result");
    #[expect(unsafe_code, reason = "the crate's interface is pointers")]
    // SAFETY: the lengths were checked when the matrices were made and, for `out`, above; strides
    // stay inside; `out` is borrowed mutably and so overlaps neither `a` nor `b`.
    unsafe {
        gemm::gemm(
            a.rows,
            b.columns,
            a.columns,
            out.as_mut_ptr(),
            1,
            b.columns.cast_signed(),
            write == Write::Add,
            a.data.as_ptr(),
            a.column_stride.cast_signed(),
            a.row_stride.cast_signed(),
            b.data.as_ptr(),
            b.column_stride.cast_signed(),
            b.row_stride.cast_signed(),
            1.0,
            1.0,
            false,
            false,
            false,
            Parallelism::Rayon(rayon::current_num_threads()),
        );
    }
}

/// Fewer rows would be multiplied in another order; they are filled up to this many.
pub(crate) const LEAST_ROWS: usize = 4;

/// Up to this many outputs, the order of additions would depend on the number of rows.
const NARROW: usize = 64;

/// Writes `x wᵀ` to `out`. A row's bits depend neither on the other rows nor on their number.
///
/// `w` has `inputs` columns and one row an output.
pub(crate) fn product_by_rows(out: &mut [f32], x: &[f32], w: &[f32], inputs: usize, write: Write) {
    let outputs = w.len() / inputs;
    let rows = x.len() / inputs;
    if outputs <= NARROW {
        let work = out.par_chunks_mut(outputs).zip(x.par_chunks(inputs));
        work.for_each(|(out, x)| dot_with_rows(out, x, w, write));
    } else if rows < LEAST_ROWS {
        let mut padded_x = x.to_vec();
        padded_x.resize(LEAST_ROWS * inputs, 0.0);
        let mut padded_out = out.to_vec();
        padded_out.resize(LEAST_ROWS * outputs, 0.0);
        product_by_rows(&mut padded_out, &padded_x, w, inputs, write);
        out.copy_from_slice(&padded_out[..rows * outputs]);
    } else {
        product(out, Matrix::new(x, inputs), Matrix::new(w, inputs).transposed(), write);
    }
}

vectorised! {
    /// Inner products of `x` with each row of `w`.
    fn dot_with_rows(out: &mut [f32], x: &[f32], w: &[f32], write: Write) {
        const LANES: usize = 16;
        for (out, w) in out.iter_mut().zip(w.chunks_exact(x.len())) {
            let mut lanes = [0.0_f32; LANES];
            let (x_blocks, x_rest) = x.as_chunks::<LANES>();
            let (w_blocks, w_rest) = w.as_chunks::<LANES>();
            for (x, w) in x_blocks.iter().zip(w_blocks) {
                for lane in 0..LANES {
                    lanes[lane] += x[lane] * w[lane];
                }
            }
            for (lane, (x, w)) in lanes.iter_mut().zip(x_rest.iter().zip(w_rest)) {
                *lane += x * w;
            }
            let sum: f32 = lanes.iter().sum();
            *out = if write == Write::Add { *out + sum } else { sum };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{assert_close, largest_difference, values};

    fn floats(site: u64, n: usize) -> Vec<f32> {
        values(site, n, 1.0).into_iter().map(|v| v as f32).collect()
    }

    fn doubles(values: &[f32]) -> Vec<f64> {
        values.iter().map(|&v| f64::from(v)).collect()
    }

    #[test]
    fn products_are_right_in_every_layout() {
        for (m, n, k) in [(1, 1, 1), (3, 70, 5), (7, 2, 9), (130, 66, 37), (64, 64, 600)] {
            let (a, b) = (floats(1, m * k), floats(2, k * n));
            let mut wanted = vec![0.0; m * n];
            for (at, wanted) in wanted.iter_mut().enumerate() {
                let (row, column) = (at / n, at % n);
                *wanted =
                    (0..k).map(|i| f64::from(a[row * k + i]) * f64::from(b[i * n + column])).sum();
            }
            let (a, b) = (Matrix::new(&a, k), Matrix::new(&b, n));
            let mut out = floats(3, m * n);
            let start = doubles(&out);
            product(&mut out, a, b, Write::Add);
            let more: Vec<f64> = start.iter().zip(&wanted).map(|(s, w)| s + w).collect();
            assert_close("added", &doubles(&out), &more, 1e-5);
            let copy = |m: Matrix<'_>| -> Vec<f32> {
                let t = m.transposed();
                (0..t.rows * t.columns)
                    .map(|at| (at / t.columns, at % t.columns))
                    .map(|(r, c)| t.data[r * t.row_stride + c * t.column_stride])
                    .collect()
            };
            let (a_t, b_t) = (copy(a), copy(b));
            let (a_t, b_t) = (Matrix::new(&a_t, m).transposed(), Matrix::new(&b_t, k).transposed());
            for (a, b) in [(a, b), (a_t, b), (a, b_t), (a_t, b_t)] {
                product(&mut out, a, b, Write::Over);
                assert_close("product", &doubles(&out), &wanted, 1e-5);
            }
        }
    }

    #[test]
    fn rows_do_not_feel_each_other() {
        for inputs in [1, 2, 3, 37, 400, 600, 1152, 1200] {
            for outputs in [1, 2, 6, 50, 64, 65, 66, 72, 401, 1600, 4608] {
                if inputs * outputs > 700_000 && (inputs, outputs) != (1152, 4608) {
                    continue;
                }
                let (x, w) = (floats(4, 70 * inputs), floats(5, outputs * inputs));
                let mut all = vec![0.0; 70 * outputs];
                product_by_rows(&mut all, &x, &w, inputs, Write::Over);
                let sizes: Vec<usize> = if inputs * outputs > 700_000 {
                    vec![1, 2, 3, 4, 5, 7, 8, 23, 24, 25, 64, 65]
                } else {
                    (1..70).collect()
                };
                for rows in sizes {
                    // The last rows, so that their place in a tile differs too.
                    let skip = 70 - rows;
                    let mut part = vec![0.0; rows * outputs];
                    product_by_rows(&mut part, &x[skip * inputs..], &w, inputs, Write::Over);
                    let same = part.iter().zip(&all[skip * outputs..]);
                    assert!(
                        same.clone().all(|(a, b)| a.to_bits() == b.to_bits()),
                        "{rows} rows of {inputs} -> {outputs}: off by {}",
                        largest_difference(&doubles(&part), &doubles(&all[skip * outputs..]))
                    );
                }
            }
        }
    }
}
