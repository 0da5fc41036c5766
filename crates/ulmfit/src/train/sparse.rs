//! Matrices that are mostly zero.

/// Rows of (column, value) pairs, one after the other.
#[derive(Clone, Debug)]
pub(super) struct Sparse {
    columns: usize,
    starts: Vec<usize>,
    cells: Vec<(u32, f32)>,
}

impl Sparse {
    /// Puts rows below each other.
    pub(super) fn new(columns: usize, rows: Vec<Vec<(u32, f32)>>) -> Self {
        let mut starts = Vec::with_capacity(rows.len() + 1);
        starts.push(0);
        for row in &rows {
            starts.push(starts[starts.len() - 1] + row.len());
        }
        let mut cells = Vec::with_capacity(starts[starts.len() - 1]);
        rows.into_iter().for_each(|row| cells.extend(row)); // each is freed when it was copied
        Self { columns, starts, cells }
    }

    pub(super) fn columns(&self) -> usize {
        self.columns
    }

    pub(super) fn row(&self, row: usize) -> &[(u32, f32)] {
        &self.cells[self.starts[row]..self.starts[row + 1]]
    }

    /// The product of a row and a dense vector.
    pub(super) fn dot(&self, row: usize, dense: &[f64]) -> f64 {
        let terms = self.row(row).iter();
        terms.map(|&(column, value)| f64::from(value) * dense[column as usize]).sum()
    }

    /// Adds a multiple of a row to a dense vector.
    pub(super) fn add_to(&self, row: usize, factor: f64, dense: &mut [f64]) {
        for &(column, value) in self.row(row) {
            dense[column as usize] += factor * f64::from(value);
        }
    }

    /// The square of a row's length.
    pub(super) fn square(&self, row: usize) -> f64 {
        self.row(row).iter().map(|&(_, value)| f64::from(value) * f64::from(value)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::float_cmp, reason = "small whole numbers")]
    fn rows_times_a_vector() {
        let matrix = Sparse::new(3, vec![vec![(0, 2.0), (2, 1.0)], vec![], vec![(1, 3.0)]]);
        assert_eq!(matrix.columns(), 3);
        let mut dense = vec![1.0, 10.0, 100.0];
        assert_eq!([0, 1, 2].map(|row| matrix.dot(row, &dense)), [102.0, 0.0, 30.0]);
        assert_eq!([0, 1, 2].map(|row| matrix.square(row)), [5.0, 0.0, 9.0]);
        matrix.add_to(0, -1.0, &mut dense);
        assert_eq!(dense, [-1.0, 10.0, 99.0]);
    }
}
