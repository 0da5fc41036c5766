//! Labels that are probably wrong: confident learning.
//!
//! Northcutt, Jiang & Chuang 2021, "Confident Learning: Estimating Uncertainty in Dataset Labels",
//! JAIR 70, <https://arxiv.org/abs/1911.00068>. Probabilities must come from a model that has not
//! learned the labels that they are compared with.

use crate::model::scoring::argmax;

/// A row, its label and the most probable one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LabelIssue {
    /// Its number.
    pub row: usize,
    /// Number of the label that it has.
    pub given: u32,
    /// Number of the most probable label.
    pub suggested: u32,
    /// Probability of the given label: its self-confidence.
    pub given_probability: f32,
    /// Probability of the suggested label.
    pub suggested_probability: f32,
}

impl LabelIssue {
    /// Of row number `row` with this label and these probabilities.
    pub(crate) fn of(row: usize, given: u32, probabilities: &[f32]) -> Self {
        let suggested = argmax(probabilities);
        Self {
            row,
            given,
            suggested: suggested as u32,
            given_probability: probabilities[given as usize],
            suggested_probability: probabilities[suggested],
        }
    }
}

/// The threshold of each class: the mean probability of the class over the rows that have it as
/// their label (equation 2 of the paper). Infinite for a class without rows.
///
/// # Shapes
/// `given`: `[N]`, class numbers; `rows`: `[N][C]`
pub fn thresholds(given: &[u32], rows: &[Vec<f32>]) -> Vec<f64> {
    let classes = rows.first().map_or(0, Vec::len);
    let mut sums = vec![(0.0, 0_usize); classes];
    for (&class, row) in given.iter().zip(rows) {
        let (sum, count) = &mut sums[class as usize];
        *sum += f64::from(row[class as usize]);
        *count += 1;
    }
    let mean = |(sum, count)| if count == 0 { f64::INFINITY } else { sum / count as f64 };
    sums.into_iter().map(mean).collect()
}

/// The rows whose label is probably wrong, the least probable label first; of equal ones the first row.
///
/// How many they are is estimated by the confident joint (equation 1): a row counts as a member of the
/// most probable class among those whose probability reaches their threshold, and off the diagonal if
/// that is another class than the given one. Of the rows whose given label is not the most probable one,
/// as many as are off the diagonal are listed, by the probability of the given label (their
/// self-confidence, section 3.2).
///
/// # Shapes
/// `given`: `[N]`, class numbers; `rows`: `[N][C]`, probabilities
pub fn label_issues(given: &[u32], rows: &[Vec<f32>]) -> Vec<LabelIssue> {
    let thresholds = thresholds(given, rows);
    let mut off_diagonal = 0;
    let mut found = Vec::new();
    for (row, (&given, of_row)) in given.iter().zip(rows).enumerate() {
        let suggested = argmax(of_row);
        if suggested == given as usize {
            continue;
        }
        let reaches = |&class: &usize| f64::from(of_row[class]) >= thresholds[class];
        let better = |best: usize, class| if of_row[class] > of_row[best] { class } else { best };
        let member = (0..of_row.len()).filter(reaches).reduce(better);
        off_diagonal += usize::from(member.is_some_and(|class| class != given as usize));
        found.push(LabelIssue::of(row, given, of_row));
    }
    found.sort_by(|a, b| a.given_probability.total_cmp(&b.given_probability)); // stable
    found.truncate(off_diagonal);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Thresholds are 0.6 and 0.7: a class that models are unsure of is believed sooner.
    #[test]
    fn thresholds_are_mean_self_confidences() {
        let given = [0, 0, 1, 1];
        let rows = [vec![0.9, 0.1], vec![0.3, 0.7], vec![0.35, 0.65], vec![0.25, 0.75]];
        let found = thresholds(&given, &rows);
        assert!((found[0] - 0.6).abs() < 1e-6 && (found[1] - 0.7).abs() < 1e-6, "{found:?}");
        let issues = label_issues(&given, &rows);
        assert_eq!(issues.len(), 1, "{issues:?}");
        let LabelIssue { row, given, suggested, .. } = issues[0];
        assert_eq!((row, given, suggested), (1, 0, 1));
        assert_eq!((issues[0].given_probability, issues[0].suggested_probability), (0.3, 0.7));
    }

    #[test]
    fn the_least_probable_label_comes_first_and_a_class_without_rows_is_not_counted() {
        let given = [0, 0, 0, 1, 1, 1, 1];
        let row = |a: f32, b: f32| vec![a, b, 1.0 - a - b];
        let rows = [
            row(0.9, 0.05),
            row(0.9, 0.05),
            row(0.1, 0.8),
            row(0.05, 0.9),
            row(0.05, 0.9),
            row(0.95, 0.0),
            row(0.0, 0.05), // the third class, which has no rows and no threshold
        ];
        let issues = label_issues(&given, &rows);
        let order: Vec<usize> = issues.iter().map(|issue| issue.row).collect();
        // two are off the diagonal; the last row is not, but its label is among the two least probable
        assert_eq!(order, [5, 6], "{issues:?}");
    }

    #[test]
    fn nothing_comes_of_nothing() {
        assert_eq!(label_issues(&[], &[]), []);
    }
}
