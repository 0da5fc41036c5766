//! Classifiers with everything they need: parts and labels; and their folders.

use super::classifier_network::ClassifierNetwork;
use super::config::{ModelConfig, NetworkConfig, PartConfig, PortfolioConfig, SCHEMA};
use super::directions::keep;
use super::embedded::open_model;
use super::encoded::EncodedDocument;
use super::folder::{ModelMetadata, read_config, read_labels, write_labels};
use super::part::Part;
use super::stack::Stack;
use crate::Error;
use crate::checkpoint::{FolderWriter, ModelFolder, Tensors};
use crate::data::labels::LabelSet;
use crate::text::{Direction, TokenId};
use std::path::Path;
use ulmfit_ops::{Cpu, Device, Precision};

/// A classifier: one part, or several whose answers are weighted.
pub struct ClassifierBundle<D: Device = Cpu> {
    /// Names of the outputs.
    pub labels: LabelSet,
    /// Names of the columns that it learned from, for
    /// [`ReadOptions::learned_text`](crate::data::readers::ReadOptions::learned_text); `None` where they had
    /// no names.
    pub text_columns: Vec<String>,
    /// Name of the column that its labels came from, for
    /// [`ReadOptions::learned_label`](crate::data::readers::ReadOptions::learned_label); `None` where
    /// it had no name.
    pub label_column: Option<String>,
    /// The parts by name, at least one.
    pub parts: Vec<(String, Part<D>)>,
    /// How their answers become one; none where the only part answers as it is.
    pub stack: Option<Stack>,
}

impl<D: Device> ClassifierBundle<D> {
    /// A classifier of one part that answers as it is.
    pub fn of_part(part: Part<D>, labels: LabelSet) -> Self {
        let name = part.networks[0].1.method().to_owned();
        let parts = vec![(name, part)];
        Self { labels, text_columns: Vec::new(), label_column: None, parts, stack: None }
    }

    /// The only part of a classifier that answers as it is; none of any other.
    pub fn single(&self) -> Option<&Part<D>> {
        match (&self.parts[..], &self.stack) {
            ([(_, part)], None) => Some(part),
            _ => None,
        }
    }

    /// [`single`](Self::single), where nothing else will do.
    ///
    /// # Errors
    /// [`Error::Usage`] for a portfolio; `what` is what cannot be done with one, after `cannot`.
    pub fn require_single(&self, what: &str) -> Result<&Part<D>, Error> {
        self.single().ok_or_else(|| Error::Usage {
            message: format!("a portfolio of several parts cannot {what}"),
            hint: Some("train with a single method".into()),
        })
    }

    /// The part for a recurrent network, if it is the only one.
    pub fn recurrent(&self) -> Option<&Part<D>> {
        let is_recurrent = |part: &&Part<D>| {
            part.networks
                .iter()
                .all(|(_, network)| matches!(network, ClassifierNetwork::Recurrent(_)))
        };
        self.single().filter(is_recurrent)
    }

    /// Keeps one part, which then answers as it is.
    ///
    /// # Errors
    /// [`Error::Usage`] when there is no part of this name.
    pub fn keep_part(&mut self, name: &str) -> Result<(), Error> {
        if !self.parts.iter().any(|(own, _)| own == name) {
            let names: Vec<&str> = self.parts.iter().map(|(name, _)| name.as_str()).collect();
            let message = format!("the model has no part `{name}`");
            let hint = Some(format!("it has: {}", names.join(", ")));
            return Err(Error::Usage { message, hint });
        }
        self.parts.retain(|(own, _)| own == name);
        self.stack = None;
        Ok(())
    }

    /// Keeps the networks of these directions, in their order: one is half the work of two.
    ///
    /// # Errors
    /// [`Error::Usage`] when one is missing, for no direction at all, and for a portfolio, whose
    /// weights are for all directions.
    pub fn keep(&mut self, directions: &[Direction]) -> Result<(), Error> {
        self.require_single("answer with some of its directions only")?;
        keep(&mut self.parts[0].1.networks, "classifier", directions)
    }

    /// A document, which is a list of fields, as all parts read it.
    pub fn encode(&self, fields: &[impl AsRef<str>]) -> EncodedDocument {
        EncodedDocument(self.parts.iter().map(|(_, part)| part.text.encode(fields)).collect())
    }

    /// [`encode`](Self::encode) of every document, on all cores, in the same order.
    pub fn encode_all<T, S>(&self, documents: &[T]) -> Vec<EncodedDocument>
    where
        T: AsRef<[S]> + Sync,
        S: AsRef<str>,
    {
        let mut encoded = vec![EncodedDocument(Vec::new()); documents.len()];
        for (_, part) in &self.parts {
            let ids = part.text.encode_all(documents);
            encoded.iter_mut().zip(ids).for_each(|(document, ids)| document.0.push(ids));
        }
        encoded
    }

    /// Whether some part knows a word of a document. White space, punctuation and unknown words say
    /// nothing.
    pub fn knows_a_word(&self, document: &EncodedDocument) -> bool {
        self.parts.iter().zip(&document.0).any(|((_, part), ids)| part.knows_a_word(ids))
    }

    /// Tokens of a document that are unknown, and those whose states are pooled, in all parts
    /// together.
    pub(crate) fn seen(&self, document: &EncodedDocument) -> (usize, usize) {
        let of_part = |((_, part), ids): (&(String, Part<D>), &Vec<TokenId>)| {
            let unknown = ids.iter().filter(|&&id| part.text.is_unknown(id)).count();
            let network = part.networks.first();
            (unknown, network.map_or(0, |(_, network)| network.pooled_tokens(ids.len())))
        };
        let parts = self.parts.iter().zip(&document.0).map(of_part);
        parts.fold((0, 0), |sum, found| (sum.0 + found.0, sum.1 + found.1))
    }

    /// Reads a model folder.
    ///
    /// # Errors
    /// [`Error`] when the folder is missing, damaged, or not a classifier's.
    pub fn load(path: &Path) -> Result<Self, Error> {
        Self::from_folder(&open_model(path)?) // so that `en` is called what it is
    }

    /// Reads a model folder that is open.
    ///
    /// # Errors
    /// [`Error`] when it is damaged, or not a classifier's.
    pub fn from_folder(folder: &ModelFolder) -> Result<Self, Error> {
        let config = read_config(folder)?;
        let Some((task, classes)) = config.network.outputs() else {
            let (path, found) = (folder.path().to_owned(), config.network.kind());
            return Err(Error::WrongModel { path, found, wanted: "classifier" });
        };
        let labels = read_labels(folder, task, classes)?;
        let (parts, stack) = match &config.network {
            NetworkConfig::Portfolio(portfolio) => {
                let read = |part: &PartConfig| {
                    let own = folder.part(&part.name);
                    let config = read_config(&own)?;
                    if config.network.outputs() != Some((task, classes)) {
                        let message = "the part has other outputs than the model".to_owned();
                        return Err(Error::Config { path: own.file("config.json"), message });
                    }
                    Ok((part.name.clone(), Part::from_folder(&own, &config)?))
                };
                let parts = portfolio.parts.iter().map(read).collect::<Result<Vec<_>, _>>()?;
                let weights = portfolio.parts.iter().map(|part| part.weight).collect();
                (parts, Some(Stack { weights }))
            }
            network => {
                let part = Part::from_folder(folder, &config)?;
                (vec![(network.method().to_owned(), part)], None)
            }
        };
        let ModelConfig { text_columns, label_column, .. } = config;
        Ok(Self { labels, text_columns, label_column, parts, stack })
    }

    /// Writes a model folder.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] when writing fails; nothing is left behind then.
    pub fn save(&self, mut folder: FolderWriter, metadata: &ModelMetadata) -> Result<(), Error> {
        write_labels(&mut folder, &self.labels)?;
        let Some(part) = self.single() else {
            for (name, part) in &self.parts {
                part.write(&mut folder, name, metadata.dtype)?;
            }
            return metadata.complete(folder, &self.config(), None::<&Tensors>);
        };
        for (name, bytes) in part.text.files() {
            folder.write(name, &bytes)?;
        }
        metadata.complete(folder, &self.config(), Some(&part.tensors()))
    }

    /// The contents of `config.json`.
    pub fn config(&self) -> ModelConfig {
        let (text_columns, label_column) = (self.text_columns.clone(), self.label_column.clone());
        if let Some(part) = self.single() {
            return ModelConfig { text_columns, label_column, ..part.config() };
        }
        let weights = self.stack.iter().flat_map(|stack| &stack.weights);
        let part = |((name, _), &weight): (&(String, Part<D>), &f64)| PartConfig {
            name: name.clone(),
            weight,
        };
        ModelConfig {
            schema: SCHEMA,
            directions: Vec::new(),
            text: None,
            network: NetworkConfig::Portfolio(PortfolioConfig {
                task: self.task(),
                classes: self.labels.outputs(),
                parts: self.parts.iter().zip(weights).map(part).collect(),
            }),
            text_columns,
            label_column,
        }
    }
}

impl ClassifierBundle {
    /// Sets the precision of matrix products.
    pub fn set_precision(&mut self, precision: Precision) {
        let device = Cpu::with_precision(precision);
        let networks = self.parts.iter_mut().flat_map(|(_, part)| &mut part.networks);
        networks.for_each(|(_, network)| network.set_device(device));
    }
}
