//! Labels for texts.

use super::bundle::ClassifierBundle;
use crate::data::LabelKind;
use crate::model::{argmax, score_documents};
use serde::Serialize;
use serde_json::{Map, Value};
use ulmfit_ops::{Device, Tensor};

/// What a classifier says about a document.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Prediction {
    /// The most probable label; the value as text in a regression; every label above one half,
    /// joined by commas, in a multi-label task.
    pub label: String,
    /// Probability of that label: of the least certain one chosen in a multi-label task.
    pub confidence: f32,
    /// Probability of each label, or the values of a regression.
    pub probabilities: Map<String, Value>,
}

impl<D: Device> ClassifierBundle<D> {
    /// Probabilities of every document, averaged over the directions; one row each.
    ///
    /// A document's bits do not depend on the others, nor on `batch_size`.
    pub fn probabilities(&self, documents: &[Vec<String>], batch_size: usize) -> Vec<Vec<f32>> {
        self.probabilities_of_ids(&self.text.encode_all(documents), batch_size, &mut |_, _| ())
    }

    /// The same from token ids in reading order; `each` hears of documents done and in all.
    pub fn probabilities_of_ids(
        &self,
        documents: &[Vec<u32>],
        batch_size: usize,
        each: &mut dyn FnMut(usize, usize),
    ) -> Vec<Vec<f32>> {
        let classes = self.labels.outputs();
        let share = 1.0 / self.networks.len() as f32;
        let total = documents.len() * self.networks.len();
        let mut done = 0;
        let mut rows = vec![vec![0.0; classes]; documents.len()];
        for (direction, network) in &self.networks {
            let mut oriented = documents.to_vec();
            oriented.iter_mut().for_each(|ids| direction.orient(ids));
            let mut progress = |here, _| each(done + here, total);
            let logits = score_documents(network, &oriented, batch_size, &mut progress);
            done += documents.len();
            for (row, logits) in rows.iter_mut().zip(logits) {
                let found = network.probabilities(&Tensor::from_f32(&[1, classes], &logits));
                row.iter_mut().zip(found).for_each(|(sum, p)| *sum += p * share);
            }
        }
        rows
    }

    /// What the numbers of a row belong to: the labels, or `value` in a regression.
    pub fn output_names(&self) -> Vec<String> {
        match self.task() {
            LabelKind::Regression => vec!["value".to_owned()],
            LabelKind::Single | LabelKind::Multi => self.labels.names().to_vec(),
        }
    }

    /// What the outputs mean.
    pub fn task(&self) -> LabelKind {
        self.networks[0].1.config().task
    }

    /// A row of probabilities in words.
    pub fn prediction(&self, row: &[f32]) -> Prediction {
        let names = self.output_names();
        let probabilities = names.iter().cloned().zip(row.iter().map(|&p| p.into())).collect();
        let best = argmax(row);
        match self.task() {
            LabelKind::Single => {
                Prediction { label: names[best].clone(), confidence: row[best], probabilities }
            }
            LabelKind::Regression => {
                Prediction { label: row[0].to_string(), confidence: 1.0, probabilities }
            }
            LabelKind::Multi => {
                let chosen: Vec<usize> = (0..row.len()).filter(|&n| row[n] >= 0.5).collect();
                let label = chosen.iter().map(|&n| names[n].as_str()).collect::<Vec<_>>().join(",");
                let chosen = chosen.into_iter().map(|n| row[n]);
                let confidence = chosen.reduce(f32::min).unwrap_or(1.0 - row[best]);
                Prediction { label, confidence, probabilities }
            }
        }
    }
}
