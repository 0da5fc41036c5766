//! Scores of a classifier with one label per text.

use super::metrics::{ClassScores, Confusion, wilson};
use super::table::{Table, percent};
use crate::data::list_at_most;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Scores of a classifier, as `ulmfit evaluate --json` prints them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassificationScores {
    /// Rows.
    pub n: u64,
    /// Share of the rows predicted correctly.
    pub accuracy: f64,
    /// Share of the rows predicted wrong.
    pub error: f64,
    /// 95 % interval of the accuracy (Wilson).
    pub accuracy_ci95: [f64; 2],
    /// Mean F1 of the classes that occur.
    pub macro_f1: f64,
    /// Mean cross entropy in nats.
    pub loss: f64,
    /// Names of the classes.
    pub labels: Vec<String>,
    /// Rows are targets, columns predictions, both in the order of `labels`.
    pub confusion: Vec<Vec<u64>>,
    /// One entry per class, in the order of `labels`.
    pub per_class: Vec<ClassScores>,
}

impl ClassificationScores {
    /// Compares `targets` with `guesses`; `loss` is their mean cross entropy.
    ///
    /// # Panics
    /// If there is not one guess per target, or a class has no label.
    pub fn new(labels: &[String], targets: &[u32], guesses: &[u32], loss: f64) -> Self {
        let confusion = Confusion::new(labels.len(), targets, guesses);
        let per_class = labels
            .iter()
            .enumerate()
            .map(|(class, label)| ClassScores::new(label, confusion.class(class)));
        Self {
            n: confusion.n(),
            accuracy: confusion.accuracy(),
            error: 1.0 - confusion.accuracy(),
            accuracy_ci95: wilson(confusion.hits(), confusion.n()),
            macro_f1: confusion.macro_f1(),
            loss,
            labels: labels.to_vec(),
            per_class: per_class.collect(),
            confusion: confusion.rows(),
        }
    }

    /// Which class was predicted as which other, the most frequent first: target, guess, rows.
    pub fn confused(&self) -> Vec<(usize, usize, u64)> {
        let mut confused = Vec::new();
        for (target, row) in self.confusion.iter().enumerate() {
            for (guess, &count) in row.iter().enumerate() {
                if target != guess && count > 0 {
                    confused.push((target, guess, count));
                }
            }
        }
        confused.sort_by_key(|&(target, guess, count)| (u64::MAX - count, target, guess));
        confused
    }

    /// The most frequent confusions, one per line; no line if nothing was confused.
    pub fn mistakes_table(&self, most: usize) -> Table {
        let mut table = Table::new(["actual", "predicted", "rows"]);
        for (target, guess, count) in self.confused().into_iter().take(most) {
            table.row([self.labels[target].clone(), self.labels[guess].clone(), count.to_string()]);
        }
        table
    }

    /// One line per class, one column per predicted class.
    pub fn confusion_table(&self) -> Table {
        let most = (WIDTH / self.labels.len().max(1)).max(SHORT);
        let short = |label: &String| match label.char_indices().nth(most) {
            Some(_) => label.chars().take(most - 1).chain(['…']).collect(),
            None => label.clone(),
        };
        let heads = std::iter::once("actual / predicted".to_owned());
        let mut table = Table::new(heads.chain(self.labels.iter().map(short)));
        for (label, row) in self.labels.iter().zip(&self.confusion) {
            let label = std::iter::once(label.clone());
            table.row(label.chain(row.iter().map(ToString::to_string)));
        }
        table
    }
}

/// Most classes whose confusion matrix is shown in a terminal; of more, the most frequent mistakes.
const NARROW: usize = 8;
/// Characters at the heads of all columns together.
const WIDTH: usize = 64;
/// Characters of a label at the head of a column, at least.
const SHORT: usize = 8;

/// A note beside a mean over classes, if some classes have no row.
pub(super) fn untested(classes: &[ClassScores]) -> String {
    let absent: Vec<String> = classes
        .iter()
        .filter(|class| class.support == 0)
        .map(|class| class.label.clone())
        .collect();
    if absent.is_empty() {
        return String::new();
    }
    let (tested, all) = (classes.len() - absent.len(), classes.len());
    format!(" (tested: {tested} of {all} classes; no row of {})", list_at_most(&absent, 5))
}

/// One line per class.
pub(super) fn class_table(classes: &[ClassScores]) -> Table {
    let mut table = Table::new(["class", "precision", "recall", "F1", "rows"]);
    for class in classes {
        table.row([
            class.label.clone(),
            percent(class.precision),
            percent(class.recall),
            percent(class.f1),
            class.support.to_string(),
        ]);
    }
    table
}

/// As a person reads it in a terminal.
impl fmt::Display for ClassificationScores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [low, high] = self.accuracy_ci95;
        writeln!(
            f,
            "accuracy  {} % (95 % interval {} to {})",
            percent(self.accuracy),
            percent(low),
            percent(high)
        )?;
        writeln!(f, "error     {} %", percent(self.error))?;
        writeln!(f, "macro F1  {} %{}", percent(self.macro_f1), untested(&self.per_class))?;
        writeln!(f, "loss      {:.4}", self.loss)?;
        writeln!(f, "rows      {}", self.n)?;
        write!(f, "\n{}", class_table(&self.per_class))?;
        if self.labels.len() <= NARROW {
            return write!(f, "\n{}", self.confusion_table());
        }
        let mistakes = self.mistakes_table(10);
        if !mistakes.is_empty() {
            write!(f, "\n{mistakes}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores() -> ClassificationScores {
        let labels = ["ham".to_owned(), "spam".to_owned()];
        ClassificationScores::new(&labels, &[0, 0, 1, 1, 1], &[0, 1, 1, 1, 1], 0.25)
    }

    #[test]
    fn json_has_the_promised_fields() {
        let json = serde_json::to_value(scores()).unwrap();
        let mut fields: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
        fields.sort_unstable();
        let promised = [
            "accuracy",
            "accuracy_ci95",
            "confusion",
            "error",
            "labels",
            "loss",
            "macro_f1",
            "n",
            "per_class",
        ];
        assert_eq!(fields, promised);
        assert_eq!(json["n"], 5);
        assert_eq!(json["confusion"], serde_json::json!([[1, 1], [0, 3]]));
        assert_eq!(json["per_class"][1]["support"], 3);
        assert_eq!(serde_json::from_value::<ClassificationScores>(json).unwrap(), scores());
    }

    #[test]
    fn text_is_aligned() {
        let wanted = "\
accuracy  80.0 % (95 % interval 37.6 to 96.4)
error     20.0 %
macro F1  76.2 %
loss      0.2500
rows      5

class  precision  recall    F1  rows
ham        100.0    50.0  66.7     2
spam        75.0   100.0  85.7     3

actual / predicted  ham  spam
ham                   1     1
spam                  0     3
";
        assert_eq!(scores().to_string(), wanted);
    }

    #[test]
    fn classes_without_a_row_are_named() {
        let labels = ["neg".to_owned(), "pos".to_owned()];
        let text = ClassificationScores::new(&labels, &[1, 1], &[1, 1], 0.25).to_string();
        let line = "macro F1  100.0 % (tested: 1 of 2 classes; no row of `neg`)";
        assert!(text.lines().any(|found| found == line), "{text}");
    }

    #[test]
    fn of_many_classes_the_most_confused_are_shown() {
        let labels: Vec<String> = (0..9).map(|n| format!("c{n}")).collect();
        let scores = ClassificationScores::new(&labels, &[0, 1, 1, 8], &[0, 2, 2, 0], 0.5);
        assert_eq!(scores.confused(), [(1, 2, 2), (8, 0, 1)]);
        let text = scores.to_string();
        let wanted =
            "\nactual  predicted  rows\nc1      c2            2\nc8      c0            1\n";
        assert!(text.ends_with(wanted), "{text}");
    }
}
