//! A part of a classifier: one way of reading texts, and its networks.

use super::classifier_network::ClassifierNetwork;
use super::classifier_text::ClassifierText;
use super::config::{ModelConfig, NetworkConfig, SCHEMA};
use super::directions::require;
use super::folder::pretty;
use super::ngram_text::load_ngrams;
use super::recurrent_text::load_text;
use super::sentence;
use super::weights::{pack, read_weights, unpack};
use crate::Error;
use crate::checkpoint::{Dtype, FolderWriter, ModelFolder, Tensors};
use crate::data::labels::LabelKind;
use crate::model::linear::LinearClassifier;
use crate::model::transformer::SentenceClassifier;
use crate::model::{DropoutConfig, TextClassifier};
use crate::text::{Direction, TokenId};
use ulmfit_ops::{Cpu, Device, Key};

/// Name of the part of n-grams that have learned the pseudo-labels of a sentence encoder.
#[cfg(feature = "train")]
pub(crate) const PSEUDO_LABELS: &str = "tfidf-pseudo-labels";

/// A part of a classifier: one way of reading texts, and its networks. Most classifiers have one.
pub struct Part<D: Device = Cpu> {
    /// Strings to ids.
    pub text: ClassifierText,
    /// One network per direction, whose probabilities are averaged; what reads both ways at once
    /// is called `forward`.
    pub networks: Vec<(Direction, ClassifierNetwork<D>)>,
}

impl<D: Device> Part<D> {
    /// Reads it from a model folder, or from the part of one.
    ///
    /// # Errors
    /// [`Error`] when a file is damaged, or the network is not a classifier's.
    pub(super) fn from_folder(folder: &ModelFolder, config: &ModelConfig) -> Result<Self, Error> {
        let text = match &config.network {
            NetworkConfig::SentenceClassifier(network) => {
                ClassifierText::Pretrained(sentence::tokenizer(folder, &network.encoder)?)
            }
            NetworkConfig::LinearClassifier(network) => {
                ClassifierText::Ngrams(load_ngrams(folder, network)?)
            }
            _ => load_text(folder, config)?.into(),
        };
        let tensors = read_weights(folder, config)?;
        let new = |&direction: &Direction| {
            let (device, key) = (D::default(), Key::new(0));
            let network = match &config.network {
                NetworkConfig::SentenceClassifier(sizes) => {
                    ClassifierNetwork::Transformer(SentenceClassifier::new(device, sizes, key))
                }
                NetworkConfig::Classifier(sizes) => ClassifierNetwork::Recurrent(
                    TextClassifier::new(device, sizes.clone(), DropoutConfig::NONE, key),
                ),
                NetworkConfig::LinearClassifier(sizes) => {
                    ClassifierNetwork::Linear(LinearClassifier::new(device, sizes.clone()))
                }
                other => {
                    let (path, found) = (folder.path().to_owned(), other.kind());
                    return Err(Error::WrongModel { path, found, wanted: "classifier" });
                }
            };
            Ok((direction, network))
        };
        let mut networks: Vec<_> = config.directions.iter().map(new).collect::<Result<_, _>>()?;
        unpack(folder, tensors, &mut networks)?;
        Ok(Self { text, networks })
    }

    /// Writes it as the part of a model, under this name.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] when writing fails.
    pub(super) fn write(
        &self,
        folder: &mut FolderWriter,
        name: &str,
        dtype: Dtype,
    ) -> Result<(), Error> {
        for (file, bytes) in self.text.files() {
            folder.write(&format!("{name}.{file}"), &bytes)?;
        }
        folder.write(&format!("{name}.config.json"), &pretty(&self.config()))?;
        let weights = format!("{name}.model.safetensors");
        Ok(folder.write_tensors(&weights, &self.tensors(), dtype)?)
    }

    /// Its sizes, as `config.json` has them.
    pub fn config(&self) -> ModelConfig {
        ModelConfig {
            schema: SCHEMA,
            directions: self.directions(),
            text: self.text.pipeline().map(|text| text.config().clone()),
            network: self.networks[0].1.config(),
            text_columns: Vec::new(),
            label_column: None,
        }
    }

    /// The weights of all directions, by name.
    pub(super) fn tensors(&self) -> Tensors {
        pack(&self.networks)
    }

    /// Meaning of the outputs.
    pub fn task(&self) -> LabelKind {
        self.networks[0].1.task()
    }

    /// The reading directions in use.
    pub fn directions(&self) -> Vec<Direction> {
        self.networks.iter().map(|(direction, _)| *direction).collect()
    }

    /// Probabilities (or values) of documents, given as token ids in reading order, averaged over
    /// the directions; one row each. `each(done, total)` is called after each batch.
    ///
    /// A document's bits do not depend on the others, nor on `batch_size`.
    ///
    /// # Errors
    /// [`Error::NotFinite`] when one of them is NaN or infinite, as absurd weights make it.
    pub fn probabilities_of_ids(
        &self,
        documents: &[impl AsRef<[TokenId]>],
        batch_size: usize,
        each: &mut dyn FnMut(usize, usize),
    ) -> Result<Vec<Vec<f32>>, Error> {
        let all: Vec<_> = self.networks.iter().collect();
        self.mean_of(&all, documents, batch_size, each)
    }

    /// The same from the networks of these directions alone.
    ///
    /// # Errors
    /// As [`probabilities_of_ids`](Self::probabilities_of_ids); [`Error::Usage`] when a direction is
    /// missing.
    pub(super) fn probabilities_in(
        &self,
        directions: &[Direction],
        documents: &[impl AsRef<[TokenId]>],
        batch_size: usize,
    ) -> Result<Vec<Vec<f32>>, Error> {
        require(&self.networks, "classifier", directions)?;
        let of = |direction| self.networks.iter().find(|(d, _)| d == direction);
        let chosen: Vec<_> = directions.iter().filter_map(of).collect();
        self.mean_of(&chosen, documents, batch_size, &mut |_, _| ())
    }

    fn mean_of(
        &self,
        networks: &[&(Direction, ClassifierNetwork<D>)],
        documents: &[impl AsRef<[TokenId]>],
        batch_size: usize,
        each: &mut dyn FnMut(usize, usize),
    ) -> Result<Vec<Vec<f32>>, Error> {
        let share = 1.0 / networks.len() as f32;
        let total = documents.len() * networks.len();
        let mut done = 0;
        let mut rows: Vec<Vec<f32>> = vec![Vec::new(); documents.len()];
        for (direction, network) in networks {
            let mut oriented: Vec<Vec<TokenId>> =
                documents.iter().map(|ids| ids.as_ref().to_vec()).collect();
            oriented.iter_mut().for_each(|ids| direction.orient(ids));
            let mut progress = |here, _| each(done + here, total);
            let found = network.probabilities(&oriented, batch_size, &mut progress);
            done += documents.len();
            for (row, found) in rows.iter_mut().zip(found) {
                if !found.iter().all(|p| p.is_finite()) {
                    return Err(self.not_finite(*direction));
                }
                row.resize(found.len(), 0.0);
                row.iter_mut().zip(found).for_each(|(sum, p)| *sum += p * share);
            }
        }
        Ok(rows)
    }

    pub(super) fn not_finite(&self, direction: Direction) -> Error {
        let what = match self.task() {
            LabelKind::Regression => "a value",
            LabelKind::Single | LabelKind::Multi => "a probability",
        };
        Error::NotFinite { what, direction }
    }

    /// Whether a document has a word that this part knows. White space, punctuation and unknown
    /// words say nothing.
    pub(super) fn knows_a_word(&self, document: &[TokenId]) -> bool {
        document.iter().any(|&id| self.text.is_word(id))
    }
}
