//! What a classifier said about labelled rows, without the rows.

use super::temperature;
use crate::data::labels::{LabelKind, LabelSet, Target};
use serde::{Deserialize, Serialize};

/// What a classifier said about labelled rows, sorted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Scores {
    /// Exactly one label per text.
    Single {
        /// Confidences of right answers, the highest first.
        right: Vec<f32>,
        /// Confidences of wrong answers, the highest first.
        wrong: Vec<f32>,
        /// Probabilities of the right label, one entry per label; all together are the rows.
        labels: Vec<TrueProbabilities>,
        /// The temperature that makes the right labels most likely.
        temperature: f64,
    },
    /// Any number of labels per text.
    Multi {
        /// One entry per label.
        labels: Vec<LabelFlags>,
    },
    /// A number per text.
    Regression {
        /// How far off each answer is, the nearest first.
        residuals: Vec<f32>,
    },
}

/// Texts of one label.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrueProbabilities {
    /// The label.
    pub label: String,
    /// Its probability in each text that has it, the highest first.
    pub probabilities: Vec<f32>,
}

/// Probabilities of one label of several.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelFlags {
    /// The label.
    pub label: String,
    /// Its probability in each text that has it, the highest first.
    pub present: Vec<f32>,
    /// Its probability in each other text, the highest first.
    pub absent: Vec<f32>,
}

impl Scores {
    /// Sums up answers: one row of probabilities (for numbers, one value) per target.
    ///
    /// A label of `labels` that the rows have no probability for is one that the model does not
    /// know: it is never predicted.
    pub fn new(labels: &LabelSet, targets: &[Target], rows: &[Vec<f32>]) -> Self {
        let names = labels.names().iter();
        match labels.kind() {
            LabelKind::Single => {
                let classes = targets.iter().map(|target| match target {
                    Target::Class(class) => *class,
                    _ => unreachable!("a single-label set gives classes"),
                });
                let classes: Vec<u32> = classes.collect();
                let (mut right, mut wrong) = (Vec::new(), Vec::new());
                let of = |label: &String| TrueProbabilities {
                    label: label.clone(),
                    probabilities: Vec::new(),
                };
                let mut labels: Vec<TrueProbabilities> = names.map(of).collect();
                for (row, &class) in rows.iter().zip(&classes) {
                    let guess = crate::model::scoring::argmax(row);
                    let answers = if guess == class as usize { &mut right } else { &mut wrong };
                    answers.push(row[guess]);
                    let own = row.get(class as usize).copied().unwrap_or(0.0);
                    labels[class as usize].probabilities.push(own);
                }
                falling(&mut right);
                falling(&mut wrong);
                labels.iter_mut().for_each(|label| falling(&mut label.probabilities));
                let temperature = temperature::fit(rows, &classes).unwrap_or(1.0);
                Self::Single { right, wrong, labels, temperature }
            }
            LabelKind::Multi => {
                let of = |(n, label): (usize, &String)| {
                    let mut flags = LabelFlags {
                        label: label.clone(),
                        present: Vec::new(),
                        absent: Vec::new(),
                    };
                    for (row, target) in rows.iter().zip(targets) {
                        let Target::Classes(classes) = target else {
                            unreachable!("a multi-label set gives lists of classes")
                        };
                        let p = row.get(n).copied().unwrap_or(0.0);
                        let is_present = classes.contains(&(n as u32));
                        if is_present { &mut flags.present } else { &mut flags.absent }.push(p);
                    }
                    falling(&mut flags.present);
                    falling(&mut flags.absent);
                    flags
                };
                Self::Multi { labels: names.enumerate().map(of).collect() }
            }
            LabelKind::Regression => {
                let residual = |(row, target): (&Vec<f32>, &Target)| match target {
                    Target::Value(value) => (f64::from(row[0]) - value).abs() as f32,
                    _ => unreachable!("a regression set gives values"),
                };
                let mut residuals: Vec<f32> = rows.iter().zip(targets).map(residual).collect();
                residuals.sort_by(f32::total_cmp);
                Self::Regression { residuals }
            }
        }
    }

    /// Rows that were summed up.
    pub fn rows(&self) -> usize {
        match self {
            Self::Single { right, wrong, .. } => right.len() + wrong.len(),
            Self::Multi { labels } => {
                labels.first().map_or(0, |label| label.present.len() + label.absent.len())
            }
            Self::Regression { residuals } => residuals.len(),
        }
    }

    /// What was predicted.
    pub fn kind(&self) -> LabelKind {
        match self {
            Self::Single { .. } => LabelKind::Single,
            Self::Multi { .. } => LabelKind::Multi,
            Self::Regression { .. } => LabelKind::Regression,
        }
    }

    /// Whether it can be what [`new`](Self::new) has made: sorted, finite, rows that add up.
    pub(super) fn is_sound(&self) -> bool {
        let falls = |values: &Vec<f32>| {
            values.iter().all(|p| (0.0..=1.0).contains(p)) && values.is_sorted_by(|a, b| a >= b)
        };
        match self {
            Self::Single { right, wrong, labels, temperature } => {
                let rows: usize = labels.iter().map(|label| label.probabilities.len()).sum();
                falls(right)
                    && falls(wrong)
                    && labels.iter().all(|label| falls(&label.probabilities))
                    && rows == self.rows()
                    && temperature.is_finite()
                    && *temperature > 0.0
            }
            Self::Multi { labels } => labels.iter().all(|label| {
                falls(&label.present)
                    && falls(&label.absent)
                    && label.present.len() + label.absent.len() == self.rows()
            }),
            Self::Regression { residuals } => {
                residuals.iter().all(|r| r.is_finite() && *r >= 0.0) && residuals.is_sorted()
            }
        }
    }
}

fn falling(values: &mut [f32]) {
    values.sort_by(|a, b| b.total_cmp(a));
}
