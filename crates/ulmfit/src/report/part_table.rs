//! The parts of a portfolio as a table.

use super::contents::{EvaluationSplit, PartReport, Report};
use super::table::{Table, percent};
use crate::report::ClassifierEvaluation;
use crate::report::statistics::Verdict;
use std::fmt;

/// What each part of a portfolio does alone, and its weight.
pub(super) struct PartTable<'a>(pub(super) &'a Report);

impl PartTable<'_> {
    /// Whether the scores are errors in units of the user's numbers, not shares that are right.
    pub(super) fn is_numbers(&self) -> bool {
        matches!(self.0.evaluated(), Some((ClassifierEvaluation::Regression(_), _)))
    }

    /// A score as text.
    pub(super) fn score(&self, score: f64) -> String {
        if self.is_numbers() { format!("{score:.4}") } else { format!("{} %", percent(score)) }
    }

    /// What the scores are.
    pub(super) fn measure(&self) -> &'static str {
        if self.is_numbers() { "mean absolute error" } else { "accuracy" }
    }

    /// What the scores on the training examples are called, and those of each part alone.
    pub(super) fn headings(&self) -> [String; 2] {
        let measure = self.measure();
        let rows = match self.0.evaluated() {
            Some((_, EvaluationSplit::Test)) => "on the test set",
            Some((_, EvaluationSplit::Folds)) => "over all folds",
            _ => "on the validation set",
        };
        [format!("{measure} on held-out training examples"), format!("{measure} {rows}")]
    }

    /// Where they come from.
    pub(super) fn sentence(&self) -> String {
        let rows = self.0.parts.first().map_or(0, |part| part.out_of_fold_rows);
        let used = self.0.parts.iter().filter(|part| part.weight.is_some()).count();
        let weight = self.0.parts.iter().find_map(|part| part.weight).unwrap_or(1.0);
        let effect = if weight < 1.0 { "less confident" } else { "more confident" };
        let weights = match (self.0.parts.len(), used) {
            (1, _) if self.is_numbers() => "There is one part.".to_owned(),
            (_, 1) if self.is_numbers() => format!(
                "The classifier uses only one of these parts: on {rows} held-out training examples no combination was \
                 better."
            ),
            _ if self.is_numbers() => format!(
                "The answer is the weighted mean of the answers of these parts (an ensemble). The weights were \
                 chosen on {rows} held-out training examples."
            ),
            (1, _) => format!(
                "The weight makes the probabilities {effect}; it was chosen on {rows} held-out training \
                 examples."
            ),
            (_, 1) => format!(
                "The classifier uses only one of these parts: on {rows} held-out training examples no combination was \
                 better. The weight makes its probabilities {effect}."
            ),
            _ => format!(
                "The classifier combines the answers of these parts (an ensemble). The weights were chosen \
                 on {rows} held-out training examples. They need not add up to 1: the smaller the sum, the \
                 less confident the probabilities."
            ),
        };
        match &self.0.time_budget {
            Some(budget) => format!("{weights} {}", budget.sentence()),
            None => weights,
        }
    }
}

/// How a part alone differs from all parts together, in words.
pub(super) fn judgement(part: &PartReport) -> String {
    match (&part.comparison, part.weight) {
        (_, None) => "not used: no gain on held-out examples".to_owned(),
        (None, _) => String::new(),
        (Some(comparison), _) => match comparison.verdict() {
            Verdict::First => "worse".to_owned(),
            Verdict::Second => "better".to_owned(),
            Verdict::Tie if comparison.only_first + comparison.only_second == 0 => {
                "gives the same answers".to_owned()
            }
            Verdict::Tie => format!("no significant difference (p = {:.3})", comparison.p_value),
        },
    }
}

impl fmt::Display for PartTable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [crossed, alone] = self.headings();
        let has_alone = self.0.parts.iter().any(|part| part.alone.is_some());
        let mut header = vec!["part".to_owned(), "weight".into(), crossed];
        if has_alone {
            header.extend([alone, "compared with the classifier".into()]);
        }
        let mut table = Table::new(header.iter().map(String::as_str));
        for part in &self.0.parts {
            let weight = part.weight.map_or("-".to_owned(), |weight| format!("{weight:.2}"));
            let mut row = vec![part.name.clone(), weight, self.score(part.out_of_fold)];
            if has_alone {
                let alone = part.alone.map_or("-".to_owned(), |score| self.score(score));
                row.extend([alone, judgement(part)]);
            }
            table.row(row);
        }
        writeln!(f, "{table}{}", self.sentence())
    }
}
