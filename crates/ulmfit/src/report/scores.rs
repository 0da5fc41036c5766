//! The score sheet of a classifier.

use super::metrics::{Confusion, wilson};
use super::table::{Table, percent};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Everything `ulmfit evaluate --json` says about a classifier.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassificationScores {
    /// Rows.
    pub n: u64,
    /// Part of the rows guessed right.
    pub accuracy: f64,
    /// Part of the rows guessed wrong.
    pub error: f64,
    /// 95 % interval of the accuracy (Wilson).
    pub accuracy_ci95: [f64; 2],
    /// Mean F1 of the classes that occur.
    pub macro_f1: f64,
    /// Mean cross entropy in nats.
    pub loss: f64,
    /// Names of the classes.
    pub labels: Vec<String>,
    /// Rows are targets, columns guesses, both in the order of `labels`.
    pub confusion: Vec<Vec<u64>>,
    /// One entry a class, in the order of `labels`.
    pub per_class: Vec<ClassScores>,
}

/// How one class fares.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassScores {
    /// Name of the class.
    pub label: String,
    /// Part of the guesses that are right.
    pub precision: f64,
    /// Part of the rows that are found.
    pub recall: f64,
    /// Harmonic mean of both.
    pub f1: f64,
    /// Rows of this class.
    pub support: u64,
}

impl ClassificationScores {
    /// Compares `targets` with `guesses`; `loss` is their mean cross entropy.
    ///
    /// # Panics
    /// If there is not one guess a target, or a class has no label.
    pub fn new(labels: &[String], targets: &[u32], guesses: &[u32], loss: f64) -> Self {
        let confusion = Confusion::new(labels.len(), targets, guesses);
        let per_class = labels.iter().enumerate().map(|(class, label)| {
            let counts = confusion.class(class);
            ClassScores {
                label: label.clone(),
                precision: counts.precision(),
                recall: counts.recall(),
                f1: counts.f1(),
                support: counts.support,
            }
        });
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

    /// One line a class.
    pub fn class_table(&self) -> Table {
        let mut table = Table::new(["class", "precision", "recall", "F1", "rows"]);
        for class in &self.per_class {
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

    /// The most frequent confusions, one a line; none if nothing was confused.
    pub fn mistakes_table(&self, most: usize) -> Table {
        let mut mistakes = Vec::new();
        for (target, row) in self.confusion.iter().enumerate() {
            for (guess, &count) in row.iter().enumerate() {
                if target != guess && count > 0 {
                    mistakes.push((count, target, guess));
                }
            }
        }
        mistakes.sort_by_key(|&(count, target, guess)| (u64::MAX - count, target, guess));
        let mut table = Table::new(["is", "taken for", "rows"]);
        for (count, target, guess) in mistakes.into_iter().take(most) {
            table.row([self.labels[target].clone(), self.labels[guess].clone(), count.to_string()]);
        }
        table
    }
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
        writeln!(f, "macro F1  {} %", percent(self.macro_f1))?;
        writeln!(f, "loss      {:.4}", self.loss)?;
        writeln!(f, "rows      {}", self.n)?;
        write!(f, "\n{}", self.class_table())?;
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
accuracy  80.00 % (95 % interval 37.55 to 96.38)
error     20.00 %
macro F1  76.19 %
loss      0.2500
rows      5

class  precision  recall     F1  rows
ham       100.00   50.00  66.67     2
spam       75.00  100.00  85.71     3

is   taken for  rows
ham  spam          1
";
        assert_eq!(scores().to_string(), wanted);
    }
}
