//! Models with everything they need: text pipeline, networks, labels; and their folders.

use super::classifier_network::ClassifierNetwork;
use super::classifier_text::ClassifierText;
use super::config::{ModelConfig, NetworkConfig, SCHEMA};
use super::config_check::prefix;
use super::embedded::{open_base, open_model};
use super::folder::{ModelMetadata, pack_one, read_config, read_labels, write_labels};
use super::sentence;
use crate::Error;
use crate::checkpoint::{FolderWriter, ModelFolder, Tensors, read_tensors};
use crate::data::labels::LabelSet;
use crate::model::transformer::SentenceClassifier;
use crate::model::{AwdLstmConfig, DropoutConfig, LanguageModel, Network, TextClassifier};
use crate::text::{Direction, TextPipeline};
use std::path::Path;
use ulmfit_ops::{Cpu, Device, Key, Precision, Tensor};

/// A language model for one or both directions.
pub struct LmBundle<D: Device = Cpu> {
    /// Strings to ids.
    pub text: TextPipeline,
    /// One network per direction.
    pub networks: Vec<(Direction, LanguageModel<D>)>,
}

impl LmBundle {
    /// Untrained networks.
    pub fn random(
        text: TextPipeline,
        sizes: AwdLstmConfig,
        directions: &[Direction],
        seed: u64,
    ) -> Self {
        let network = |direction: Direction| {
            let key = Key::new(seed).child(direction as u64).child(0);
            LanguageModel::new(Cpu::default(), sizes, DropoutConfig::NONE, key)
        };
        Self { text, networks: directions.iter().map(|&d| (d, network(d))).collect() }
    }
}

/// A classifier for one or both directions, whose probabilities are averaged.
pub struct ClassifierBundle<D: Device = Cpu> {
    /// Strings to ids.
    pub text: ClassifierText,
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
    /// One network per direction; a transformer, which reads both ways at once, is called `forward`.
    pub networks: Vec<(Direction, ClassifierNetwork<D>)>,
}

/// Tensors of all directions together.
fn pack<D: Device, N: Network<D>>(networks: &[(Direction, N)]) -> Tensors {
    let named = |(direction, network): &(Direction, N)| {
        let tensors = pack_one(network).into_iter();
        tensors.map(|(name, t)| (format!("{}{name}", prefix(*direction)), t)).collect::<Vec<_>>()
    };
    networks.iter().flat_map(named).collect()
}

/// The tensors of a model folder, exactly those that its configuration implies.
///
/// Call this before networks are created: an untrusted configuration may ask for more memory than
/// there is, but cannot ask for more than the file has.
fn read_weights(folder: &ModelFolder, config: &ModelConfig) -> Result<Tensors, Error> {
    Ok(read_tensors(&folder.read("model.safetensors")?, &config.tensors())?)
}

/// Fills all networks.
fn unpack<D: Device, N: Network<D>>(
    folder: &ModelFolder,
    mut tensors: Tensors,
    networks: &mut [(Direction, N)],
) -> Result<(), Error> {
    for (direction, network) in networks {
        let names: Vec<String> = network.shapes().into_keys().collect();
        let take = |name: String| {
            let tensor = tensors.remove(&format!("{}{name}", prefix(*direction)))?;
            Some((name, Tensor::from_f32(&tensor.dims, &tensor.values)))
        };
        let loaded = network.load(names.into_iter().filter_map(take).collect());
        loaded.map_err(|source| Error::Weights { path: folder.path().to_owned(), source })?;
    }
    Ok(())
}

/// Reads the text pipeline of a model folder.
///
/// # Errors
/// [`Error`] when files are missing or damaged, or the vocabulary does not fit the network.
pub fn load_text(folder: &ModelFolder, config: &ModelConfig) -> Result<TextPipeline, Error> {
    let (rows, text) = match (&config.network, &config.text) {
        (NetworkConfig::LanguageModel(encoder), Some(text)) => (encoder.vocab, text),
        (NetworkConfig::Classifier(classifier), Some(text)) => (classifier.encoder.vocab, text),
        (network, _) => {
            let (found, wanted) = (network.kind(), "recurrent network");
            return Err(Error::WrongModel { path: folder.path().to_owned(), found, wanted });
        }
    };
    let read = |name: &str| folder.read(name).map_err(std::io::Error::other);
    let text = TextPipeline::from_files(text, read)?;
    if text.vocab().len() == rows {
        return Ok(text);
    }
    let message = format!("has {} tokens, the network {rows} rows", text.vocab().len());
    Err(Error::Config { path: folder.path().join("vocab.json"), message })
}

fn save<D: Device, N: Network<D>>(
    mut folder: FolderWriter,
    config: &ModelConfig,
    text: Vec<(&'static str, Vec<u8>)>,
    networks: &[(Direction, N)],
    metadata: &ModelMetadata,
) -> Result<(), Error> {
    for (name, bytes) in text {
        folder.write(name, &bytes)?;
    }
    metadata.complete(folder, config, &pack(networks))
}

impl<D: Device> LmBundle<D> {
    /// Reads a model folder, or the model inside the program by its name ([`open_model`]).
    ///
    /// # Errors
    /// [`Error`] when the folder is missing, damaged, or not a language model's.
    pub fn load(path: &Path) -> Result<Self, Error> {
        Self::from_folder(&open_base(path)?)
    }

    /// Reads a model folder that is open.
    ///
    /// # Errors
    /// [`Error`] when it is damaged, or not a language model's.
    pub fn from_folder(folder: &ModelFolder) -> Result<Self, Error> {
        let config = read_config(folder)?;
        let NetworkConfig::LanguageModel(sizes) = config.network.clone() else {
            let (found, wanted) = (config.network.kind(), "language model");
            return Err(Error::WrongModel { path: folder.path().to_owned(), found, wanted });
        };
        let text = load_text(folder, &config)?;
        let tensors = read_weights(folder, &config)?;
        let new = |_| LanguageModel::new(D::default(), sizes, DropoutConfig::NONE, Key::new(0));
        let mut networks: Vec<_> = config.directions.iter().map(|&d| (d, new(d))).collect();
        unpack(folder, tensors, &mut networks)?;
        Ok(Self { text, networks })
    }

    /// Writes a model folder.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] when writing fails; nothing is left behind then.
    pub fn save(&self, folder: FolderWriter, metadata: &ModelMetadata) -> Result<(), Error> {
        save(folder, &self.config(), self.text.files(), &self.networks, metadata)
    }

    /// The contents of `config.json`.
    pub fn config(&self) -> ModelConfig {
        ModelConfig {
            schema: SCHEMA,
            directions: self.networks.iter().map(|(direction, _)| *direction).collect(),
            text: Some(self.text.config().clone()),
            network: NetworkConfig::LanguageModel(self.networks[0].1.config()),
            text_columns: Vec::new(),
            label_column: None,
        }
    }

    /// The network that reads in `direction`.
    pub fn network(&self, direction: Direction) -> Option<&LanguageModel<D>> {
        self.networks.iter().find(|(d, _)| *d == direction).map(|(_, network)| network)
    }
}

impl<D: Device> ClassifierBundle<D> {
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
        let (task, classes) = match &config.network {
            NetworkConfig::Classifier(network) => (network.task, network.classes),
            NetworkConfig::SentenceClassifier(network) => (network.task, network.classes),
            other => {
                let (path, found) = (folder.path().to_owned(), other.kind());
                return Err(Error::WrongModel { path, found, wanted: "classifier" });
            }
        };
        let labels = read_labels(folder, task, classes)?;
        let text = match &config.network {
            NetworkConfig::SentenceClassifier(network) => {
                ClassifierText::Pretrained(sentence::tokenizer(folder, &network.encoder)?)
            }
            _ => load_text(folder, &config)?.into(),
        };
        let tensors = read_weights(folder, &config)?;
        let new = |&direction: &Direction| {
            let (device, key) = (D::default(), Key::new(0));
            let network = match &config.network {
                NetworkConfig::SentenceClassifier(sizes) => {
                    ClassifierNetwork::Transformer(SentenceClassifier::new(device, sizes, key))
                }
                NetworkConfig::Classifier(sizes) => ClassifierNetwork::Recurrent(
                    TextClassifier::new(device, sizes.clone(), DropoutConfig::NONE, key),
                ),
                _ => unreachable!("others were refused"),
            };
            (direction, network)
        };
        let mut networks: Vec<_> = config.directions.iter().map(new).collect();
        unpack(folder, tensors, &mut networks)?;
        let ModelConfig { text_columns, label_column, .. } = config;
        Ok(Self { text, labels, text_columns, label_column, networks })
    }

    /// Writes a model folder.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] when writing fails; nothing is left behind then.
    pub fn save(&self, mut folder: FolderWriter, metadata: &ModelMetadata) -> Result<(), Error> {
        write_labels(&mut folder, &self.labels)?;
        save(folder, &self.config(), self.text.files(), &self.networks, metadata)
    }

    /// The contents of `config.json`.
    pub fn config(&self) -> ModelConfig {
        ModelConfig {
            schema: SCHEMA,
            directions: self.networks.iter().map(|(direction, _)| *direction).collect(),
            text: self.text.pipeline().map(|text| text.config().clone()),
            network: self.networks[0].1.config(),
            text_columns: self.text_columns.clone(),
            label_column: self.label_column.clone(),
        }
    }
}

impl LmBundle {
    /// Sets the precision of matrix products.
    pub fn set_precision(&mut self, precision: Precision) {
        let device = Cpu::with_precision(precision);
        self.networks.iter_mut().for_each(|(_, network)| network.set_device(device));
    }
}

impl ClassifierBundle {
    /// Sets the precision of matrix products.
    pub fn set_precision(&mut self, precision: Precision) {
        let device = Cpu::with_precision(precision);
        self.networks.iter_mut().for_each(|(_, network)| network.set_device(device));
    }
}
