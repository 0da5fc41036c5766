//! The networks that a classifier can be.

use super::config::NetworkConfig;
use crate::data::labels::LabelKind;
use crate::model::linear::LinearClassifier;
use crate::model::scoring::score_documents;
use crate::model::transformer::SentenceClassifier;
use crate::model::{Network, Param, TextClassifier};
use ulmfit_ops::{Device, Tensor};

/// Ids to probabilities.
#[expect(clippy::large_enum_variant, reason = "a model has one or two of them")]
pub enum ClassifierNetwork<D: Device> {
    /// A pooling head on an AWD-LSTM.
    Recurrent(TextClassifier<D>),
    /// A linear layer on a transformer.
    Transformer(SentenceClassifier<D>),
    /// A linear layer on n-grams.
    Linear(LinearClassifier<D>),
}

/// Documents that a linear layer answers at a time.
const DOCUMENTS: usize = 256;

impl<D: Device> ClassifierNetwork<D> {
    /// Which network, and its sizes.
    pub fn config(&self) -> NetworkConfig {
        match self {
            Self::Recurrent(network) => NetworkConfig::Classifier(network.config().clone()),
            Self::Transformer(network) => NetworkConfig::SentenceClassifier(network.config()),
            Self::Linear(network) => NetworkConfig::LinearClassifier(network.config().clone()),
        }
    }

    /// The method that trains it, as `fit` calls it.
    pub fn method(&self) -> &'static str {
        match self {
            Self::Recurrent(_) => "ulmfit",
            Self::Transformer(_) => "encoder",
            Self::Linear(_) => "tfidf",
        }
    }

    /// What the outputs mean.
    pub fn task(&self) -> LabelKind {
        match self {
            Self::Recurrent(network) => network.config().task,
            Self::Transformer(network) => network.task(),
            Self::Linear(network) => network.config().task,
        }
    }

    /// Tokens of a document of `length` tokens whose states are pooled for the answer; all are read.
    pub fn pooled_tokens(&self, length: usize) -> usize {
        match self {
            Self::Recurrent(network) => network.pooled_tokens(length),
            Self::Transformer(_) | Self::Linear(_) => length,
        }
    }

    /// Computes on another device from now on.
    pub fn set_device(&mut self, device: D) {
        match self {
            Self::Recurrent(network) => network.set_device(device),
            Self::Transformer(network) => network.encoder.set_device(device),
            Self::Linear(network) => network.set_device(device),
        }
    }

    /// Probabilities (or values) of documents in the direction of the network, one row each; `each`
    /// hears of documents done and in all.
    ///
    /// A document's bits do not depend on the others, nor on `batch_size`.
    pub fn probabilities(
        &self,
        documents: &[Vec<u32>],
        batch_size: usize,
        each: &mut dyn FnMut(usize, usize),
    ) -> Vec<Vec<f32>> {
        match self {
            Self::Recurrent(network) => {
                let rows = score_documents(network, documents, batch_size, each);
                let of_row = |logits: Vec<f32>| {
                    network.probabilities(&Tensor::from_f32(&[1, logits.len()], &logits))
                };
                rows.into_iter().map(of_row).collect()
            }
            Self::Transformer(network) => {
                network.probabilities(documents, &mut |done| each(done, documents.len()))
            }
            Self::Linear(network) => {
                let mut rows = Vec::with_capacity(documents.len());
                for chunk in documents.chunks(DOCUMENTS) {
                    rows.extend(network.probabilities(chunk));
                    each(rows.len(), documents.len());
                }
                rows
            }
        }
    }
}

impl<D: Device> Network<D> for ClassifierNetwork<D> {
    fn groups(&self) -> usize {
        match self {
            Self::Recurrent(network) => network.groups(),
            Self::Transformer(network) => network.groups(),
            Self::Linear(network) => network.groups(),
        }
    }

    fn group_names(&self) -> Vec<String> {
        match self {
            Self::Recurrent(network) => network.group_names(),
            Self::Transformer(network) => network.group_names(),
            Self::Linear(network) => network.group_names(),
        }
    }

    fn params(&self) -> Vec<(String, usize, &Param<D>)> {
        match self {
            Self::Recurrent(network) => network.params(),
            Self::Transformer(network) => network.params(),
            Self::Linear(network) => network.params(),
        }
    }

    fn params_mut(&mut self) -> Vec<(String, usize, &mut Param<D>)> {
        match self {
            Self::Recurrent(network) => network.params_mut(),
            Self::Transformer(network) => network.params_mut(),
            Self::Linear(network) => network.params_mut(),
        }
    }

    fn buffers(&self) -> Vec<(String, &Tensor<D>)> {
        match self {
            Self::Recurrent(network) => network.buffers(),
            Self::Transformer(network) => network.buffers(),
            Self::Linear(network) => network.buffers(),
        }
    }

    fn buffers_mut(&mut self) -> Vec<(String, &mut Tensor<D>)> {
        match self {
            Self::Recurrent(network) => network.buffers_mut(),
            Self::Transformer(network) => network.buffers_mut(),
            Self::Linear(network) => network.buffers_mut(),
        }
    }
}
