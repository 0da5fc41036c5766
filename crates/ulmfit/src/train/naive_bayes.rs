//! Naive Bayes as a linear function.
//!
//! Rennie, Shih, Teevan & Karger 2003, "Tackling the poor assumptions of naive Bayes text
//! classifiers": complement naive Bayes, which asks of how little use a column is to all other
//! classes. As scikit-learn's `ComplementNB(alpha=0.03)`.

use super::sparse::Sparse;

/// What is added to the sum of each column.
const ALPHA: f64 = 0.03;

/// Sums of columns over some rows.
pub(super) struct ComplementBayes<'a> {
    x: &'a Sparse,
    /// Of each column; 0 for those that no row has.
    totals: Vec<f64>,
    /// Of all columns that a row has, with [`ALPHA`] each.
    sum: f64,
}

impl<'a> ComplementBayes<'a> {
    /// Sums over rows of a matrix whose cells are positive.
    pub(super) fn new(x: &'a Sparse, rows: &[usize]) -> Self {
        let mut totals = vec![0.0; x.columns()];
        rows.iter().for_each(|&row| x.add_to(row, 1.0, &mut totals));
        let sum = totals.iter().filter(|&&total| total > 0.0).map(|total| total + ALPHA).sum();
        Self { x, totals, sum }
    }

    /// The weight of each column for the class of `rows`, which are some of those that were summed.
    pub(super) fn weights(&self, rows: impl Iterator<Item = usize>) -> Vec<f64> {
        let mut own = vec![0.0; self.totals.len()];
        rows.for_each(|row| self.x.add_to(row, 1.0, &mut own));
        let all = (self.sum - own.iter().sum::<f64>()).ln();
        let weight = |(&total, own): (&f64, f64)| {
            let others = (total - own).max(0.0) + ALPHA; // never negative, but for rounding
            if total > 0.0 { all - others.ln() } else { 0.0 }
        };
        self.totals.iter().zip(own).map(weight).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `ComplementNB(alpha=0.03).fit(x, [0, 0, 1, 2]).feature_log_prob_` of scikit-learn 1.9.1; the
    /// last column is in no row.
    #[test]
    fn weights_are_sklearns() {
        let rows = [vec![(0, 1.0), (1, 0.5)], vec![(0, 0.25)], vec![(1, 2.0)], vec![(2, 1.0)]];
        let x = Sparse::new(4, rows.into());
        let bayes = ComplementBayes::new(&x, &[0, 1, 2, 3]);
        for (rows, wanted) in [(0..2, WANTED[0]), (2..3, WANTED[1]), (3..4, WANTED[2])] {
            let found = bayes.weights(rows);
            let close = found.iter().zip(wanted).all(|(f, w): (&f64, f64)| (f - w).abs() < 1e-6);
            assert!(close && found[3].abs() < 1e-12, "{found:?} {wanted:?}");
        }
    }

    const WANTED: [[f64; 3]; 3] = [
        [4.634_729, 0.420_135, 1.098_612],
        [0.796_944, 1.678_682, 1.014_245],
        [1.098_612, 0.417_253, 4.852_030],
    ];
}
