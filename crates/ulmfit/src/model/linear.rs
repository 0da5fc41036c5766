//! A linear layer on the TF-IDF weights of n-grams.

use super::{Network, Param, TargetScale};
use crate::data::labels::LabelKind;
use crate::text::TokenId;
use crate::text::ngrams::tfidf;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::OnceLock;
use ulmfit_ops::class_loss::Activation;
use ulmfit_ops::embedding_bag::Bag;
use ulmfit_ops::{Device, Tensor};

/// Sizes of a [`LinearClassifier`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LinearConfig {
    /// Columns of n-grams of words, which come first.
    pub words: usize,
    /// Columns of n-grams of characters.
    pub chars: usize,
    /// Number of outputs.
    pub classes: usize,
    /// What the outputs mean.
    pub task: LabelKind,
    /// Unit of the numbers that a regression predicts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_scale: Option<TargetScale>,
}

impl LinearConfig {
    /// Number of columns, `V`.
    pub fn columns(&self) -> usize {
        self.words + self.chars
    }

    /// The blocks of columns, each of which is scaled to length one.
    pub fn blocks(&self) -> [Range<usize>; 2] {
        [0..self.words, self.words..self.columns()]
    }

    /// Names and shapes of the tensors of a classifier of these sizes.
    pub fn shapes(&self) -> BTreeMap<String, Vec<usize>> {
        let (columns, outputs) = (self.columns(), self.classes);
        let shapes =
            [(WEIGHT, vec![columns, outputs]), (BIAS, vec![outputs]), (IDF, vec![columns])];
        shapes.into_iter().map(|(name, dims)| (name.to_owned(), dims)).collect()
    }
}

const WEIGHT: &str = "weight";
const BIAS: &str = "bias";
/// Inverse document frequencies.
const IDF: &str = "idf";

/// Columns of n-grams to probabilities.
pub struct LinearClassifier<D: Device> {
    device: D,
    config: LinearConfig,
    idf: Tensor<D>,
    /// `idf`, where it can be read.
    frequencies: OnceLock<Vec<f32>>,
    weight: Param<D>,
    bias: Param<D>,
}

/// What a [`LinearClassifier`] is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct LinearWeights {
    /// Inverse document frequency of each column, `[V]`.
    pub idf: Vec<f32>,
    /// What a column adds to each output, `[V, O]`.
    pub weight: Vec<f32>,
    /// `[O]`
    pub bias: Vec<f32>,
}

impl<D: Device> LinearClassifier<D> {
    /// A classifier that has learned nothing.
    pub fn new(device: D, config: LinearConfig) -> Self {
        let (columns, outputs) = (config.columns(), config.classes);
        Self {
            device,
            idf: Tensor::zeros(&[columns]),
            frequencies: OnceLock::new(),
            weight: Param::new(WEIGHT, Tensor::zeros(&[columns, outputs])),
            bias: Param::new(BIAS, Tensor::zeros(&[outputs])).without_decay(),
            config,
        }
    }

    /// A classifier of these weights.
    ///
    /// # Panics
    /// When their numbers do not fit the configuration.
    pub fn of_weights(device: D, config: LinearConfig, weights: &LinearWeights) -> Self {
        let (columns, outputs) = (config.columns(), config.classes);
        let mut this = Self::new(device, config);
        this.idf = Tensor::from_f32(&[columns], &weights.idf);
        this.weight.value = Tensor::from_f32(&[columns, outputs], &weights.weight);
        this.bias.value = Tensor::from_f32(&[outputs], &weights.bias);
        this
    }

    /// Its sizes.
    pub fn config(&self) -> &LinearConfig {
        &self.config
    }

    /// Computes on another device from now on.
    pub fn set_device(&mut self, device: D) {
        self.device = device;
    }

    /// TF-IDF weights of a document, which is its columns in rising order.
    pub fn tfidf(&self, document: &[TokenId]) -> Bag {
        let frequencies = self.frequencies.get_or_init(|| self.idf.to_f32());
        tfidf(document, frequencies, &self.config.blocks())
    }

    /// What is summed up before the activation: `[N, O]` for documents.
    pub fn logits(&self, documents: &[Bag]) -> Tensor<D> {
        self.device.embedding_bag_forward(&self.weight.value, &self.bias.value, documents)
    }

    /// Probabilities (or values) of every document, which is its columns in rising order; one row
    /// each.
    ///
    /// A document's bits do not depend on the others.
    pub fn probabilities(&self, documents: &[Vec<TokenId>]) -> Vec<Vec<f32>> {
        let bags: Vec<Bag> = documents.iter().map(|document| self.tfidf(document)).collect();
        let activation = match self.config.task {
            LabelKind::Single => Activation::Softmax,
            LabelKind::Multi => Activation::Sigmoid,
            LabelKind::Regression => Activation::Identity,
        };
        let rows = self.device.activate(&self.logits(&bags), activation).to_f32();
        let restored = |row: &[f32]| match self.config.target_scale {
            Some(scale) => row.iter().map(|&v| scale.restore(f64::from(v)) as f32).collect(),
            None => row.to_vec(),
        };
        rows.chunks_exact(self.config.classes).map(restored).collect()
    }
}

impl<D: Device> Network<D> for LinearClassifier<D> {
    fn groups(&self) -> usize {
        1
    }

    fn group_names(&self) -> Vec<String> {
        vec!["linear".to_owned()]
    }

    fn params(&self) -> Vec<(String, usize, &Param<D>)> {
        [&self.weight, &self.bias].map(|param| (param.name.clone(), 0, param)).into()
    }

    fn params_mut(&mut self) -> Vec<(String, usize, &mut Param<D>)> {
        [&mut self.weight, &mut self.bias].map(|param| (param.name.clone(), 0, param)).into()
    }

    fn buffers(&self) -> Vec<(String, &Tensor<D>)> {
        vec![(IDF.to_owned(), &self.idf)]
    }

    fn buffers_mut(&mut self) -> Vec<(String, &mut Tensor<D>)> {
        self.frequencies = OnceLock::new(); // they are about to change
        vec![(IDF.to_owned(), &mut self.idf)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ulmfit_ops::{Cpu, Reference};

    fn config(task: LabelKind, target_scale: Option<TargetScale>) -> LinearConfig {
        LinearConfig { words: 1, chars: 2, classes: 2, task, target_scale }
    }

    fn weights() -> LinearWeights {
        LinearWeights {
            idf: vec![1.0, 2.0, 1.5],
            weight: vec![1.0, -1.0, 0.5, 0.25, 2.0, 1.0],
            bias: vec![0.1, -0.1],
        }
    }

    #[test]
    fn logits_are_those_of_the_formula() {
        fn check<D: Device>() {
            let model = LinearClassifier::<D>::of_weights(
                D::default(),
                config(LabelKind::Single, None),
                &weights(),
            );
            let bag = model.tfidf(&[0, 1, 1, 2]);
            // one block of one column; (1 + ln 2) · 2 and 1.5 in the other
            let [a, b] = [2.0 * (1.0 + 2.0_f64.ln()), 1.5];
            let length = (a * a + b * b).sqrt();
            let wanted = [
                1.0 + 0.5 * a / length + 2.0 * b / length + 0.1,
                -1.0 + 0.25 * a / length + b / length - 0.1,
            ];
            let found = model.logits(&[bag]).to_f64();
            assert!(found.iter().zip(wanted).all(|(f, w)| (f - w).abs() < 1e-6), "{found:?}");
            let row = model.probabilities(&[vec![0, 1, 1, 2]]).remove(0);
            let share = 1.0 / (1.0 + (wanted[1] - wanted[0]).exp());
            assert!((f64::from(row[0]) - share).abs() < 1e-6, "{row:?}");
            assert_eq!(model.probabilities(&[vec![], vec![0, 1, 1, 2]])[1], row);
        }
        check::<Reference>();
        check::<Cpu>();
    }

    #[test]
    fn loaded_weights_are_used() {
        let scale = TargetScale { mean: 10.0, sd: 2.0 };
        let config = LinearConfig { classes: 1, ..config(LabelKind::Regression, Some(scale)) };
        let weights = LinearWeights { weight: vec![1.0; 3], bias: vec![0.5], ..weights() };
        let full = LinearClassifier::<Cpu>::of_weights(Cpu::default(), config.clone(), &weights);
        let mut empty = LinearClassifier::<Cpu>::new(Cpu::default(), config.clone());
        assert_eq!(empty.probabilities(&[vec![0]]), [[10.0]], "nothing counts");
        let tensors = full.state().into_iter().map(|(name, tensor)| (name, tensor.clone()));
        empty.load(tensors.collect()).unwrap();
        assert_eq!(empty.probabilities(&[vec![0]]), [[13.0]]);
        assert_eq!(empty.shapes(), config.shapes());
    }
}
