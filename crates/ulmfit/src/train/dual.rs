//! Linear models by coordinate descent on their dual problems: one example at a time.
//!
//! Hsieh, Chang, Lin, Keerthi & Sundararajan 2008, "A dual coordinate descent method for large-scale
//! linear SVM", algorithms 1 and 3, for the support vector machine with squared hinge loss; Ho &
//! Lin 2012, "Large-scale linear support vector regression", algorithm 4 with `ε = 0`, for ridge
//! regression. As in LIBLINEAR, the bias is the weight of a feature that is always 1.

use super::sparse::Sparse;
use ulmfit_ops::Key;

/// A linear function.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct LinearFunction {
    /// Weight of each column.
    pub(super) weight: Vec<f64>,
    /// Its value where all columns are 0.
    pub(super) bias: f64,
}

impl LinearFunction {
    /// Zero everywhere.
    fn zero(columns: usize) -> Self {
        Self { weight: vec![0.0; columns], bias: 0.0 }
    }

    /// Its value at a row.
    pub(super) fn at(&self, x: &Sparse, row: usize) -> f64 {
        x.dot(row, &self.weight) + self.bias
    }

    fn move_along(&mut self, x: &Sparse, row: usize, factor: f64) {
        x.add_to(row, factor, &mut self.weight);
        self.bias += factor;
    }
}

/// When the descent ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stop {
    /// Gradients that count as none.
    pub(super) tolerance: f64,
    /// Most passes over the examples.
    pub(super) passes: usize,
}

/// The rows of a matrix that are the training set.
#[derive(Clone, Copy)]
pub(super) struct DualData<'a> {
    /// The matrix.
    pub(super) x: &'a Sparse,
    /// The rows.
    pub(super) rows: &'a [usize],
    /// Square of the length of each of these rows, the feature that is always 1 included.
    pub(super) squares: &'a [f64],
}

impl DualData<'_> {
    /// Squares of the lengths of rows.
    pub(super) fn squares(x: &Sparse, rows: &[usize]) -> Vec<f64> {
        rows.iter().map(|&row| x.square(row) + 1.0).collect()
    }

    /// Minimises `|w|² / 2 + Σ cost · max(0, 1 - sign · f(x))²`; `examples` has sign and cost of
    /// each row. The order of the examples is drawn from `key`.
    pub(super) fn squared_hinge(
        &self,
        examples: &[(f64, f64)],
        stop: Stop,
        key: &Key,
    ) -> LinearFunction {
        let Self { x, rows, squares } = *self;
        let mut f = LinearFunction::zero(x.columns());
        let mut alpha = vec![0.0_f64; rows.len()];
        let mut order: Vec<usize> = (0..rows.len()).collect();
        // examples from here on are at rest: their α is 0, and looks as if it would stay so
        let mut active = rows.len();
        let mut highest_before = f64::INFINITY;
        for pass in 0..stop.passes {
            shuffle(&mut order[..active], &key.child(pass as u64));
            let (mut highest, mut lowest) = (f64::NEG_INFINITY, f64::INFINITY);
            let mut place = 0;
            while place < active {
                let n = order[place];
                let (sign, cost) = examples[n];
                let diagonal = 0.5 / cost;
                let gradient = sign * f.at(x, rows[n]) - 1.0 + diagonal * alpha[n];
                let projected = if alpha[n] > 0.0 {
                    gradient
                } else if gradient > highest_before {
                    active -= 1;
                    order.swap(place, active);
                    continue;
                } else {
                    gradient.min(0.0)
                };
                highest = highest.max(projected);
                lowest = lowest.min(projected);
                if projected.abs() > 1e-12 {
                    let old = alpha[n];
                    alpha[n] = (old - gradient / (squares[n] + diagonal)).max(0.0);
                    f.move_along(x, rows[n], (alpha[n] - old) * sign);
                }
                place += 1;
            }
            if highest - lowest <= stop.tolerance {
                if active == rows.len() {
                    break;
                }
                // those at rest may have to move after all
                active = rows.len();
                highest_before = f64::INFINITY;
            } else {
                highest_before = if highest > 0.0 { highest } else { f64::INFINITY };
            }
        }
        f
    }

    /// Minimises `|w|² / 2 + cost · Σ (f(x) - value)²`; `values` has one number for each row.
    pub(super) fn ridge(&self, values: &[f64], cost: f64, stop: Stop, key: &Key) -> LinearFunction {
        let Self { x, rows, squares } = *self;
        let mut f = LinearFunction::zero(x.columns());
        let mut beta = vec![0.0; rows.len()];
        let mut order: Vec<usize> = (0..rows.len()).collect();
        let diagonal = 0.5 / cost;
        for pass in 0..stop.passes {
            shuffle(&mut order, &key.child(pass as u64));
            let mut highest = 0.0_f64;
            for &n in &order {
                let gradient = f.at(x, rows[n]) - values[n] + diagonal * beta[n];
                highest = highest.max(gradient.abs());
                let step = -gradient / (squares[n] + diagonal);
                beta[n] += step;
                f.move_along(x, rows[n], step);
            }
            if highest <= stop.tolerance {
                break;
            }
        }
        f
    }
}

/// Another order of the same numbers.
fn shuffle(order: &mut [usize], key: &Key) {
    let old = order.to_vec();
    let new = key.permutation(old.len());
    order.iter_mut().zip(new).for_each(|(place, from)| *place = old[from]);
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXACT: Stop = Stop { tolerance: 1e-10, passes: 20_000 };

    fn data() -> Sparse {
        let rows = [[1.0, 0.0], [0.8, 0.6], [0.0, 1.0], [0.6, 0.8], [-0.6, 0.8]];
        let cells = |row: [f32; 2]| (0..).zip(row).filter(|(_, value)| *value != 0.0).collect();
        Sparse::new(2, rows.map(cells).into())
    }

    fn check(found: &LinearFunction, wanted: [f64; 3]) {
        let found = [found.weight[0], found.weight[1], found.bias];
        for (found, wanted) in found.iter().zip(wanted) {
            assert!((found - wanted).abs() < 1e-5, "{found} {wanted}");
        }
    }

    /// `LinearSVC(C=10, tol=1e-12, max_iter=1_000_000).fit(x, [0, 0, 1, 1, 1])` of scikit-learn
    /// 1.9.1, and the same with `class_weight={1: 3}`.
    #[test]
    fn support_vector_machines_are_sklearns() {
        let (x, rows) = (data(), [0, 1, 2, 3, 4]);
        let squares = DualData::squares(&x, &rows);
        let problem = DualData { x: &x, rows: &rows, squares: &squares };
        let fit = |cost: f64| {
            let signs = [-1.0, -1.0, 1.0, 1.0, 1.0];
            let example = |sign: f64| (sign, if sign > 0.0 { 10.0 * cost } else { 10.0 });
            problem.squared_hinge(&signs.map(example), EXACT, &Key::new(1))
        };
        check(&fit(1.0), SVM);
        check(&fit(3.0), SVM_WEIGHTED);
        // some of the rows: as if there were no others
        let rows = [0, 2, 4];
        let squares = DualData::squares(&x, &rows);
        let part = DualData { x: &x, rows: &rows, squares: &squares };
        let examples = [(-1.0, 10.0), (1.0, 10.0), (1.0, 10.0)];
        check(&part.squared_hinge(&examples, EXACT, &Key::new(1)), SVM_PART);
    }

    /// The same optimum, whatever the order.
    #[test]
    fn the_order_changes_nothing_but_the_way() {
        let x = Sparse::new(
            40,
            (0..200_u32)
                .map(|n| vec![(n % 7, 0.8), (7 + n % 11, 0.5), (18 + n % 22, 0.3)])
                .collect(),
        );
        let rows: Vec<usize> = (0..200).collect();
        let squares = DualData::squares(&x, &rows);
        let problem = DualData { x: &x, rows: &rows, squares: &squares };
        let examples: Vec<(f64, f64)> =
            (0..200).map(|n| (if n % 7 < 3 || n % 11 == 4 { 1.0 } else { -1.0 }, 1.0)).collect();
        let fit = |seed| problem.squared_hinge(&examples, EXACT, &Key::new(seed));
        let (one, other) = (fit(1), fit(2));
        assert!(one.weight.iter().zip(&other.weight).all(|(a, b)| (a - b).abs() < 1e-6));
    }

    /// `Ridge(alpha=1 / (2 * 10))` of scikit-learn on the same rows with a column of ones, without
    /// an intercept of its own.
    #[test]
    fn ridge_regression_is_sklearns() {
        let (x, rows) = (data(), [0, 1, 2, 3, 4]);
        let squares = DualData::squares(&x, &rows);
        let problem = DualData { x: &x, rows: &rows, squares: &squares };
        check(&problem.ridge(&[1.0, 2.0, 3.0, 4.0, 5.0], 10.0, EXACT, &Key::new(1)), RIDGE);
    }

    const SVM: [f64; 3] = [-2.222_222, 2.222_222, 0.0];
    const SVM_WEIGHTED: [f64; 3] = [-2.650_108, 2.809_616, 0.113_934];
    const SVM_PART: [f64; 3] = [-0.952_381, 0.952_381, 0.0];
    const RIDGE: [f64; 3] = [-1.312_574, 1.552_177, 2.454_588];
}
