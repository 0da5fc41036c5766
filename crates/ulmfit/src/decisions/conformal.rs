//! Sets of labels that hold the right one with a probability asked for, whatever the model.
//!
//! Split conformal prediction: of `n` rows that the model has not learned, and a new one like them,
//! the new one's score is among the `k` best with probability `k / (n + 1)` at least (Vovk,
//! Gammerman & Shafer 2005). The score is the probability of the right label (LAC: Sadinle, Lei &
//! Wasserman 2019, <https://arxiv.org/abs/1609.00451>); with a threshold per class it is Mondrian's.

/// How many of the best scores a set must reach for a coverage: `ceil((n + 1) coverage)`.
///
/// It may be `n + 1`: then the rows are too few.
pub fn rank(n: usize, coverage: f64) -> usize {
    (((n + 1) as f64 * coverage - ROUNDING).ceil() as usize).max(1)
}

/// Products that are whole numbers but for their rounding stay so.
const ROUNDING: f64 = 1e-9;

/// The least number of rows for a coverage: `ceil(1 / (1 - coverage)) - 1`.
pub fn rows_needed(coverage: f64) -> usize {
    ((coverage / (1.0 - coverage) - ROUNDING.sqrt()).ceil() as usize).max(1)
}

/// The score that the best [`rank`] of these reach; `None` if they are too few.
///
/// A label belongs into the set if its probability is at least that.
pub fn least_probability(of_right_labels: &[f32], coverage: f64) -> Option<f32> {
    let mut scores = of_right_labels.to_vec();
    scores.sort_by(|a, b| b.total_cmp(a));
    scores.get(rank(scores.len(), coverage) - 1).copied()
}

/// Half the width of an interval around a number: the residual that [`rank`] of these do not
/// exceed; `None` if they are too few.
pub fn half_width(residuals: &[f32], coverage: f64) -> Option<f32> {
    let mut sorted = residuals.to_vec();
    sorted.sort_by(f32::total_cmp);
    sorted.get(rank(sorted.len(), coverage) - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rank_is_exact() {
        assert_eq!([9, 19, 20, 99, 8].map(|n| rank(n, 0.9)), [9, 18, 19, 90, 9]);
        assert_eq!([0.9, 0.95, 0.8, 0.99, 0.5].map(rows_needed), [9, 19, 4, 99, 1]);
        assert_eq!(rank(29, 0.1), 3, "0.1 * 30 is a little more than 3");
    }

    #[test]
    fn nine_rows_are_enough_for_nine_in_ten() {
        let scores = [0.9, 0.1, 0.5, 0.3, 0.7, 0.2, 0.8, 0.4, 0.6];
        assert_eq!(least_probability(&scores, 0.9), Some(0.1));
        assert_eq!(least_probability(&scores[1..], 0.9), None);
        assert_eq!(half_width(&scores, 0.9), Some(0.9));
        assert_eq!(half_width(&scores, 0.5), Some(0.5));
        assert_eq!(half_width(&[], 0.5), None);
    }

    /// Over all orders of ten scores the tenth is covered as often as promised: here exactly.
    #[test]
    fn each_of_ten_is_left_out_once() {
        let scores: Vec<f32> = (1..=10_u8).map(f32::from).collect();
        let covered = (0..10).filter(|&new| {
            let mut others = scores.clone();
            let score = others.remove(new);
            least_probability(&others, 0.8).is_some_and(|least| score >= least)
        });
        assert_eq!(covered.count(), 8);
    }
}
