//! Predictions.

use super::bundle::LmBundle;
use super::classifier_bundle::ClassifierBundle;
use super::encoded::EncodedDocument;
use crate::Error;
use crate::data::labels::{LabelKind, predicted_labels};
use crate::model::scoring::argmax;
use crate::text::Direction;
use serde::{Serialize, Serializer};
use std::borrow::Borrow;
use ulmfit_ops::Device;

/// The prediction of a classifier for a document.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Prediction {
    /// Exactly one label.
    Single {
        /// The most probable label.
        label: String,
        /// Its probability.
        confidence: f32,
        /// Probability of each label.
        probabilities: Probabilities,
    },
    /// Any number of labels.
    Multi {
        /// Every label whose probability is at least one half.
        labels: Vec<String>,
        /// Probability of the least certain one chosen; if there is none, that the likeliest label
        /// is absent.
        confidence: f32,
        /// Probability of each label.
        probabilities: Probabilities,
    },
    /// A number.
    Regression {
        /// The number.
        value: f32,
    },
}

impl Prediction {
    /// The most probable label; empty if a number was predicted.
    ///
    /// Where a text may have several labels, [`labels`](Self::labels) has all of them.
    pub fn label(&self) -> &str {
        match self {
            Self::Single { label, .. } => label,
            Self::Multi { probabilities, .. } => {
                let best = probabilities.0.iter().max_by(|a, b| a.1.total_cmp(&b.1));
                best.map_or("", |(name, _)| name)
            }
            Self::Regression { .. } => "",
        }
    }

    /// All labels of the text: one; any number where several are possible; `None` for a number.
    pub fn labels(&self) -> &[String] {
        match self {
            Self::Single { label, .. } => std::slice::from_ref(label),
            Self::Multi { labels, .. } => labels,
            Self::Regression { .. } => &[],
        }
    }

    /// Confidence from 0 to 1; NaN for a number, which has no probability.
    pub fn confidence(&self) -> f32 {
        match self {
            Self::Single { confidence, .. } | Self::Multi { confidence, .. } => *confidence,
            Self::Regression { .. } => f32::NAN,
        }
    }

    /// The number that was predicted, if one was.
    pub fn value(&self) -> Option<f32> {
        match self {
            Self::Regression { value } => Some(*value),
            _ => None,
        }
    }

    /// Each label with its probability, in the order of the model's labels; empty for a number.
    pub fn probabilities(&self) -> &[(String, f32)] {
        match self {
            Self::Single { probabilities, .. } | Self::Multi { probabilities, .. } => {
                &probabilities.0
            }
            Self::Regression { .. } => &[],
        }
    }
}

impl Prediction {
    /// Keeps the probabilities of the most probable labels, the most probable first; ties keep the order of the labels.
    #[must_use]
    pub fn likeliest(mut self, count: usize) -> Self {
        if let Self::Single { probabilities, .. } | Self::Multi { probabilities, .. } = &mut self {
            probabilities.0.sort_by(|a, b| b.1.total_cmp(&a.1));
            probabilities.0.truncate(count);
        }
        self
    }
}

/// Names of the labels with their probabilities, in the order of the label set; a map in JSON.
#[derive(Clone, Debug, PartialEq)]
pub struct Probabilities(pub Vec<(String, f32)>);

impl Serialize for Probabilities {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, p)| (name, *p)))
    }
}

/// Texts for which every model must have a finite prediction.
const PROBE: [&str; 2] = ["a text of some words, and others", ""];

impl<D: Device> LmBundle<D> {
    /// As [`ClassifierBundle::check_answers`].
    ///
    /// # Errors
    /// [`Error::NotFinite`] when a logit is NaN or infinite.
    pub(crate) fn check_answers(&self) -> Result<(), Error> {
        for (direction, network) in &self.networks {
            for text in PROBE {
                let mut ids = self.text.encode(&[text]);
                direction.orient(&mut ids);
                let logits = network.logits(&ids, 1, &mut network.zero_state(1)).to_f32();
                if !logits.iter().all(|logit| logit.is_finite()) {
                    return Err(Error::NotFinite { what: "a logit", direction: *direction });
                }
            }
        }
        Ok(())
    }
}

impl<D: Device> ClassifierBundle<D> {
    /// Probabilities of every document, one row each.
    ///
    /// A document's bits do not depend on the others, nor on `batch_size`.
    ///
    /// # Errors
    /// [`Error::NotFinite`] when one of them is NaN or infinite, as absurd weights make it.
    pub fn probabilities<T, S>(
        &self,
        documents: &[T],
        batch_size: usize,
    ) -> Result<Vec<Vec<f32>>, Error>
    where
        T: AsRef<[S]> + Sync,
        S: AsRef<str>,
    {
        self.probabilities_of(&self.encode_all(documents), batch_size, &mut |_, _| ())
    }

    /// The same of encoded documents; `each(done, total)` is called after each batch.
    ///
    /// # Errors
    /// As [`probabilities`](Self::probabilities).
    pub fn probabilities_of(
        &self,
        documents: &[impl Borrow<EncodedDocument>],
        batch_size: usize,
        each: &mut dyn FnMut(usize, usize),
    ) -> Result<Vec<Vec<f32>>, Error> {
        let mut of_parts = self.answers_of_parts(documents, batch_size, each)?;
        match &self.stack {
            Some(_) => self.combined(&of_parts),
            None => Ok(of_parts.swap_remove(0)),
        }
    }

    /// The answers of each part alone, one row per document.
    pub(crate) fn answers_of_parts(
        &self,
        documents: &[impl Borrow<EncodedDocument>],
        batch_size: usize,
        each: &mut dyn FnMut(usize, usize),
    ) -> Result<Vec<Vec<Vec<f32>>>, Error> {
        let mut done = 0;
        let mut total = 0;
        let mut of_parts = Vec::with_capacity(self.parts.len());
        for (n, (_, part)) in self.parts.iter().enumerate() {
            let ids: Vec<&[u32]> = documents.iter().map(|d| d.borrow().0[n].as_slice()).collect();
            let mut progress = |here, all| {
                total = all;
                each(done + here, self.parts.len() * all);
            };
            of_parts.push(part.probabilities_of_ids(&ids, batch_size, &mut progress)?);
            done += total;
        }
        Ok(of_parts)
    }

    /// What the answers of all parts come to.
    pub(crate) fn combined(
        &self,
        of_parts: &[impl AsRef<[Vec<f32>]>],
    ) -> Result<Vec<Vec<f32>>, Error> {
        let Some(stack) = &self.stack else { return Ok(of_parts[0].as_ref().to_vec()) };
        let row = |n: usize| {
            let rows: Vec<&[f32]> =
                of_parts.iter().map(|rows| rows.as_ref()[n].as_slice()).collect();
            stack.combine(self.task(), &rows)
        };
        let rows: Vec<Vec<f32>> = (0..of_parts[0].as_ref().len()).map(row).collect();
        // what is finite in each part may overflow in the sum
        let is_sound = rows.iter().flatten().all(|p| p.is_finite());
        is_sound.then_some(rows).ok_or_else(|| self.parts[0].1.not_finite(Direction::Forward))
    }

    /// The same from the networks of these directions alone, as after [`keep`](Self::keep).
    ///
    /// # Errors
    /// As [`probabilities`](Self::probabilities); [`Error::Usage`] when a direction is missing, and
    /// for a portfolio, whose weights are for all directions.
    pub fn probabilities_in(
        &self,
        directions: &[Direction],
        documents: &[impl Borrow<EncodedDocument>],
        batch_size: usize,
    ) -> Result<Vec<Vec<f32>>, Error> {
        let part = self.require_single("answer with some of its directions only")?;
        let ids: Vec<&[u32]> = documents.iter().map(|document| document.borrow().ids()).collect();
        part.probabilities_in(directions, &ids, batch_size)
    }

    /// Predicts a few words with every network, to see that the results are finite.
    ///
    /// # Errors
    /// As [`probabilities`](Self::probabilities).
    pub(crate) fn check_answers(&self) -> Result<(), Error> {
        self.probabilities(&PROBE.map(|text| [text]), PROBE.len()).map(drop)
    }

    /// Meaning of the outputs.
    pub fn task(&self) -> LabelKind {
        self.labels.kind()
    }

    /// The prediction for a row of probabilities.
    pub fn prediction(&self, row: &[f32]) -> Prediction {
        let names = self.labels.names();
        let probabilities = Probabilities(names.iter().cloned().zip(row.iter().copied()).collect());
        let best = argmax(row);
        match self.task() {
            LabelKind::Regression => Prediction::Regression { value: row[0] },
            LabelKind::Single => Prediction::Single {
                label: names[best].clone(),
                confidence: row[best],
                probabilities,
            },
            LabelKind::Multi => {
                let chosen =
                    predicted_labels(row).into_iter().map(|n| n as usize).collect::<Vec<_>>();
                let labels = chosen.iter().map(|&n| names[n].clone()).collect();
                let chosen = chosen.into_iter().map(|n| row[n]);
                let confidence = chosen.reduce(f32::min).unwrap_or(1.0 - row[best]);
                Prediction::Multi { labels, confidence, probabilities }
            }
        }
    }
}
