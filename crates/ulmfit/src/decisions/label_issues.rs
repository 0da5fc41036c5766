//! Labels that are probably wrong: confident learning.
//!
//! Northcutt, Jiang & Chuang 2021, "Confident Learning: Estimating Uncertainty in Dataset Labels",
//! JAIR 70, <https://arxiv.org/abs/1911.00068>. Probabilities must come from a model that has not
//! learned the labels that they are compared with.

/// A row whose label is probably wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LabelIssue {
    /// Its number.
    pub row: usize,
    /// Number of the label that it has.
    pub given: u32,
    /// Number of the label that it probably should have.
    pub suggested: u32,
    /// Probability of the given label: its self-confidence.
    pub given_probability: f32,
    /// Probability of the suggested label.
    pub suggested_probability: f32,
}

impl LabelIssue {
    /// The normalised margin: probability of the given label minus that of the suggested one. The
    /// lower, the more likely the label is wrong.
    pub fn margin(&self) -> f32 {
        self.given_probability - self.suggested_probability
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

/// The rows that are off the diagonal of the confident joint (equation 1), the lowest margin first;
/// of equal ones the first row.
///
/// A row counts as a member of the most probable class among those whose probability reaches their
/// threshold. If that is another class than the given one, the label is probably wrong. A row that
/// reaches no threshold tells nothing.
///
/// # Shapes
/// `given`: `[N]`, class numbers; `rows`: `[N][C]`, probabilities
pub fn label_issues(given: &[u32], rows: &[Vec<f32>]) -> Vec<LabelIssue> {
    let thresholds = thresholds(given, rows);
    let issue = |(row, (&given, of_row)): (usize, (&u32, &Vec<f32>))| {
        let reaches = |&class: &usize| f64::from(of_row[class]) >= thresholds[class];
        let better = |best: usize, class| if of_row[class] > of_row[best] { class } else { best };
        let suggested = (0..of_row.len()).filter(reaches).reduce(better)?;
        (suggested != given as usize).then(|| LabelIssue {
            row,
            given,
            suggested: suggested as u32,
            given_probability: of_row[given as usize],
            suggested_probability: of_row[suggested],
        })
    };
    let mut found: Vec<LabelIssue> = given.iter().zip(rows).enumerate().filter_map(issue).collect();
    found.sort_by(|a, b| a.margin().total_cmp(&b.margin())); // stable
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
        assert!((issues[0].margin() + 0.4).abs() < 1e-6);
    }

    #[test]
    fn the_surest_come_first_and_a_class_without_rows_is_not_suggested() {
        let given = [0, 0, 0, 1, 1, 1, 1];
        let row = |a: f32, b: f32| vec![a, b, 1.0 - a - b];
        let rows = [
            row(0.9, 0.05),
            row(0.9, 0.05),
            row(0.1, 0.8),
            row(0.05, 0.9),
            row(0.05, 0.9),
            row(0.95, 0.0),
            row(0.0, 0.05),
        ];
        let issues = label_issues(&given, &rows);
        let order: Vec<usize> = issues.iter().map(|issue| issue.row).collect();
        assert_eq!(order, [5, 2], "{issues:?}");
        assert!(issues.is_sorted_by(|a, b| a.margin() <= b.margin()));
    }

    #[test]
    fn nothing_comes_of_nothing() {
        assert_eq!(label_issues(&[], &[]), []);
    }
}
