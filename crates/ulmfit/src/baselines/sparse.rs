//! Matrices that are mostly zero.

use rayon::prelude::*;

/// Rows of (column, value) pairs, one after the other.
#[derive(Clone, Debug)]
pub(crate) struct Sparse {
    columns: usize,
    starts: Vec<usize>,
    cells: Vec<(u32, f32)>,
}

impl Sparse {
    pub(crate) fn new(columns: usize) -> Self {
        Self { columns, starts: vec![0], cells: Vec::new() }
    }

    pub(crate) fn push_row(&mut self, cells: impl IntoIterator<Item = (u32, f32)>) {
        self.cells.extend(cells);
        self.starts.push(self.cells.len());
    }

    pub(crate) fn rows(&self) -> usize {
        self.starts.len() - 1
    }

    pub(crate) fn columns(&self) -> usize {
        self.columns
    }

    pub(crate) fn row(&self, row: usize) -> &[(u32, f32)] {
        &self.cells[self.starts[row]..self.starts[row + 1]]
    }

    /// Rows become columns.
    pub(crate) fn transposed(&self) -> Self {
        let mut starts = vec![0; self.columns + 1];
        for &(column, _) in &self.cells {
            starts[column as usize + 1] += 1;
        }
        for column in 0..self.columns {
            starts[column + 1] += starts[column];
        }
        let mut next = starts.clone();
        let mut cells = vec![(0, 0.0); self.cells.len()];
        for row in 0..self.rows() {
            for &(column, value) in self.row(row) {
                let place = &mut next[column as usize];
                cells[*place] = (row as u32, value);
                *place += 1;
            }
        }
        Self { columns: self.rows(), starts, cells }
    }

    /// This matrix times `dense`, `[columns, width]`; each row sums in its own fixed order.
    pub(crate) fn times(&self, dense: &[f64], width: usize) -> Vec<f64> {
        let mut product = vec![0.0; self.rows() * width];
        product.par_chunks_mut(width).enumerate().for_each(|(row, sums)| {
            for &(column, value) in self.row(row) {
                let factors = &dense[column as usize * width..][..width];
                for (sum, factor) in sums.iter_mut().zip(factors) {
                    *sum += f64::from(value) * factor;
                }
            }
        });
        product
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_of_a_matrix_and_its_transpose() {
        let mut matrix = Sparse::new(3); // [[2, 0, 1], [0, 0, 0], [0, 3, 4]]
        matrix.push_row([(0, 2.0), (2, 1.0)]);
        matrix.push_row([]);
        matrix.push_row([(1, 3.0), (2, 4.0)]);
        assert_eq!(
            matrix.times(&[1.0, 10.0, 2.0, 20.0, 3.0, 30.0], 2),
            [5.0, 50.0, 0.0, 0.0, 18.0, 180.0]
        );
        let turned = matrix.transposed();
        assert_eq!((turned.rows(), turned.columns()), (3, 3));
        assert_eq!(turned.times(&[1.0, 5.0, 2.0], 1), [2.0, 6.0, 9.0]);
    }
}
