//! How many answers are wrong if only confident ones are given.

use super::DecisionError;
use super::binomial::{at_most, clopper_pearson};
use serde::{Deserialize, Serialize};

/// How often a bound on the error rate holds.
pub const CONFIDENCE: f64 = 0.95;

/// Shares of the rows whose error rate may be tested: 5 %, 10 %, up to all.
const STEPS: usize = 20;

/// Rows sorted by confidence, the highest first, and whether each was answered right.
#[derive(Clone, Debug, PartialEq)]
pub struct RiskCurve {
    rows: Vec<(f32, bool)>,
}

/// What happens if only answers of at least this confidence are given.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RiskPoint {
    /// Least confidence of an answer that is given.
    pub threshold: f32,
    /// Rows in all.
    pub rows: u64,
    /// Rows answered.
    pub answered: u64,
    /// Those of them answered wrong.
    pub wrong: u64,
}

impl RiskPoint {
    /// Share of the rows that is answered; 0 of none.
    pub fn share(&self) -> f64 {
        self.answered as f64 / self.rows.max(1) as f64
    }

    /// Share of the answers that is wrong; 0 of none.
    pub fn error(&self) -> f64 {
        self.wrong as f64 / self.answered.max(1) as f64
    }

    /// Its exact 95 % interval (Clopper & Pearson 1934).
    pub fn interval(&self) -> [f64; 2] {
        clopper_pearson(self.wrong, self.answered, CONFIDENCE)
    }
}

impl RiskCurve {
    /// From the confidences of right and of wrong answers, in any order.
    pub fn new(right: &[f32], wrong: &[f32]) -> Self {
        let rows = right.iter().map(|&c| (c, true)).chain(wrong.iter().map(|&c| (c, false)));
        let mut rows: Vec<(f32, bool)> = rows.collect();
        rows.sort_by(|a, b| b.0.total_cmp(&a.0));
        Self { rows }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The `nth` highest confidence, from 1.
    pub fn confidence(&self, nth: usize) -> Option<f32> {
        self.rows.get(nth.checked_sub(1)?).map(|row| row.0)
    }

    /// What a threshold does to these rows.
    pub fn at(&self, threshold: f32) -> RiskPoint {
        let answered = self.rows.partition_point(|row| row.0 >= threshold);
        let wrong = self.rows[..answered].iter().filter(|row| !row.1).count();
        let (rows, answered, wrong) = (self.rows.len() as u64, answered as u64, wrong as u64);
        RiskPoint { threshold, rows, answered, wrong }
    }

    /// The threshold of a point as a person may write it: with the fewest decimals, two at least, that
    /// answer the same of these rows. Where all are answered, it is rounded down to four.
    pub(super) fn in_few_decimals(&self, point: &RiskPoint) -> f64 {
        let exact = f64::from(point.threshold);
        let lowest = self.confidence(point.answered as usize).unwrap_or(f32::INFINITY);
        // 0.9 as f32 is a little less
        let shortest = point.threshold.to_string().parse::<f64>().unwrap_or(exact);
        if point.answered == point.rows {
            return (shortest * 1e4 + 1e-9).floor() / 1e4;
        }
        let rounded_up = |digits: i32| {
            let scale = 10_f64.powi(digits);
            (shortest * scale - 1e-9).ceil() / scale
        };
        let parts = |shown: &f64| (point.threshold..=lowest).contains(&(*shown as f32));
        (2..=8).map(rounded_up).find(parts).unwrap_or(exact)
    }

    /// The lowest threshold that keeps the share of wrong answers below `most`, with probability
    /// [`CONFIDENCE`] over the draw of these rows, whatever the model.
    ///
    /// Tested are the thresholds that answer 5 %, 10 %, .. 100 % of these rows, as far as so many
    /// rows without an error could show it; how many, and which, depends on nothing but `n` and
    /// `most`. The last one is the lowest confidence of these rows, not 0: nothing is known about texts
    /// of which the model is less sure than of all of them. Given the confidence of the first row that a
    /// threshold leaves out (the last one: of the lowest row, which is not counted), the rows above it
    /// are independent draws of what it answers (Geifman & El-Yaniv 2017, lemma 3.1,
    /// <https://arxiv.org/abs/1705.08500>), so the exact binomial test holds for each, and a union
    /// bound for all of them: the Learn-then-Test argument (Angelopoulos et al. 2021,
    /// <https://arxiv.org/abs/2110.01052>) with Bonferroni's correction.
    ///
    /// # Errors
    /// [`DecisionError::TooFew`] when not even rows without an error would show it,
    /// [`DecisionError::NotShown`] when these rows do not.
    pub fn with_error_at_most(&self, most: f64) -> Result<RiskPoint, DecisionError> {
        let n = self.rows.len();
        let level = 1.0 - CONFIDENCE;
        let count = |step: usize| (n * step).div_ceil(STEPS).min(n.saturating_sub(1));
        let could =
            |count: usize, tests: usize| at_most(0, count as u64, most) <= level / tests as f64;
        // rows tested first are the most; a test of fewer is added while all can still succeed
        let tests =
            (1..=STEPS).rev().find(|&tests| n > 0 && could(count(STEPS + 1 - tests), tests));
        let Some(tests) = tests else {
            let needed = (level.ln() / (-most).ln_1p()).ceil() as usize;
            return Err(DecisionError::TooFew {
                rows: n,
                needed: needed.saturating_add(1),
                folds: false,
            });
        };
        let holds = |tested: &RiskPoint| {
            let probability = at_most(tested.wrong, tested.answered, most);
            tested.answered > 0 && probability <= level / tests as f64
        };
        let point = |step: usize| -> Option<RiskPoint> {
            let tested = count(step);
            let left_out = self.rows[tested].0;
            if tested + 1 < n {
                return Some(self.at(left_out.next_up())).filter(holds);
            }
            let whole = self.at(left_out);
            let wrong = whole.wrong - u64::from(!self.rows[tested].1);
            let above = RiskPoint { answered: tested as u64, wrong, ..whole };
            holds(&above).then_some(whole)
        };
        let mut points = (0..tests).map(|test| point(STEPS - test));
        let found = points.find_map(|point| point);
        found.ok_or(DecisionError::NotShown { most, rows: n, possible: None, folds: false })
    }

    /// The smallest error rate in whole percent, up to 50, that these rows can show, if there is one.
    pub fn smallest_limit(&self) -> Option<u8> {
        (1..=50).find(|&percent| self.with_error_at_most(f64::from(percent) / 100.0).is_ok())
    }

    /// As [`with_error_at_most`](Self::with_error_at_most), where a failure names the
    /// [smallest limit](Self::smallest_limit).
    ///
    /// # Errors
    /// As there.
    pub fn with_error_at_most_or_told(&self, most: f64) -> Result<RiskPoint, DecisionError> {
        self.with_error_at_most(most).map_err(|error| match error {
            DecisionError::NotShown { most, rows, folds, .. } => {
                DecisionError::NotShown { most, rows, possible: self.smallest_limit(), folds }
            }
            other => other,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ulmfit_ops::Key;

    #[test]
    fn a_threshold_answers_what_reaches_it() {
        let curve = RiskCurve::new(&[0.9, 0.6], &[0.7]);
        let point = curve.at(0.7);
        assert_eq!((point.rows, point.answered, point.wrong), (3, 2, 1));
        assert!((point.share() - 2.0 / 3.0).abs() < 1e-12 && (point.error() - 0.5).abs() < 1e-12);
        assert_eq!(curve.at(0.0).answered, 3);
        assert_eq!((curve.at(0.95).answered, curve.at(0.95).error()), (0, 0.0));
    }

    #[test]
    fn a_threshold_has_the_fewest_decimals_that_part_the_same_rows() {
        let shown = |right: &[f32], wrong: &[f32], threshold: f32| {
            let curve = RiskCurve::new(right, wrong);
            let shown = curve.in_few_decimals(&curve.at(threshold));
            assert_eq!(curve.at(shown as f32).answered, curve.at(threshold).answered);
            shown.to_string()
        };
        assert_eq!(shown(&[0.9, 0.7], &[0.650_844_7], 0.650_844_75), "0.66");
        assert_eq!(shown(&[0.9, 0.651_5], &[0.650_844_7], 0.650_844_75), "0.651");
        assert_eq!(shown(&[0.9], &[], 0.9), "0.9");
        assert_eq!(shown(&[0.983_854_1], &[], 0.983_854_1), "0.9838");
        assert_eq!(shown(&[0.9], &[], 0.95), "0.95");
    }

    #[test]
    fn without_an_error_rows_alone_decide() {
        let rows = |n: usize| RiskCurve::new(&vec![0.9; n], &[]).with_error_at_most(0.05);
        assert_eq!(rows(59), Err(DecisionError::TooFew { rows: 59, needed: 60, folds: false }));
        assert_eq!(rows(0), Err(DecisionError::TooFew { rows: 0, needed: 60, folds: false }));
        let tiny = RiskCurve::new(&[0.9], &[]).with_error_at_most(1e-300);
        assert_eq!(tiny, Err(DecisionError::TooFew { rows: 1, needed: usize::MAX, folds: false }));
        let point = rows(60).unwrap();
        assert_eq!((point.threshold, point.answered), (0.9, 60), "not below the lowest row");
    }

    #[test]
    fn errors_below_are_left_out() {
        let right: Vec<f32> = (0..800_u16).map(|n| 0.6 + f32::from(n) / 2_001.0).collect();
        let wrong: Vec<f32> = (0..200_u16).map(|n| 0.2 + f32::from(n) / 501.0).collect();
        let curve = RiskCurve::new(&right, &wrong);
        let point = curve.with_error_at_most(0.02).unwrap();
        assert_eq!((point.answered, point.wrong), (800, 0));
        let none = RiskCurve::new(&[0.5; 50], &[0.5; 50]).with_error_at_most(0.05);
        let (most, rows) = (0.05, 100);
        assert_eq!(none, Err(DecisionError::NotShown { most, rows, possible: None, folds: false }));
        let some = RiskCurve::new(&[0.9; 90], &[0.9; 10]);
        let error = some.with_error_at_most_or_told(0.05).unwrap_err();
        let limit = some.smallest_limit().unwrap();
        assert!(limit > 10 && some.with_error_at_most(f64::from(limit) / 100.0).is_ok());
        assert!(
            error
                .to_string()
                .ends_with(&format!("; the smallest limit that they show is {limit} %"))
        );
    }

    /// The true error of every threshold is known here: it may exceed what was asked for in one draw
    /// of twenty. Without the bound it would in one of two.
    #[test]
    fn the_bound_holds_in_nineteen_draws_of_twenty() {
        let most = 0.1;
        let (mut broken, mut given) = (0, 0);
        for draw in 0..400 {
            let (mut right, mut wrong) = (Vec::new(), Vec::new());
            for row in 0..300 {
                let key = Key::new(draw).child(row);
                let confidence = key.child(0).uniform() as f32;
                // wrong with probability 0.26 (1 - c), so above t with 0.13 (1 - t)
                let is_wrong = key.child(1).uniform() < 0.26 * (1.0 - f64::from(confidence));
                if is_wrong { wrong.push(confidence) } else { right.push(confidence) }
            }
            if let Ok(point) = RiskCurve::new(&right, &wrong).with_error_at_most(most) {
                given += 1;
                broken += usize::from(0.13 * (1.0 - f64::from(point.threshold)) > most);
            }
        }
        assert!(given > 100, "{given}");
        assert!(broken <= 20, "{broken} of {given}");
    }
}
