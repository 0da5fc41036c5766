//! Models as users hold them: text pipeline, networks, labels; and their folders.

use super::config_check::prefix;
use super::embedded::{open_base, open_model};
use crate::Error;
use crate::checkpoint::{Dtype, FolderWriter, HostTensor, ModelFolder, Tensors, read_tensors};
use crate::data::labels::{LabelKind, LabelSet};
use crate::model::{
    AwdLstmConfig, ClassifierConfig, DropoutConfig, LanguageModel, Network, TextClassifier,
};
use crate::text::{Direction, TextConfig, TextPipeline};
use serde::{Deserialize, Serialize};
use std::path::Path;
use ulmfit_ops::{Cpu, Device, Key, Precision, Tensor};

/// Version of the folder's format.
pub(crate) const SCHEMA: u32 = 1;

/// `config.json` of a model folder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ModelConfig {
    /// Version of the format.
    pub schema: u32,
    /// Reading directions, one network each.
    pub directions: Vec<Direction>,
    /// Strings to ids.
    pub text: TextConfig,
    /// Which network, and its sizes.
    pub network: NetworkConfig,
    /// Names of the columns that a classifier learned from, where they had names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub text_columns: Vec<String>,
    /// Name of the column that its labels came from, if it had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label_column: Option<String>,
}

/// Which network, and its sizes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum NetworkConfig {
    /// Predicts the next token.
    LanguageModel(AwdLstmConfig),
    /// Predicts labels.
    Classifier(ClassifierConfig),
}

impl NetworkConfig {
    /// What messages call it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::LanguageModel(_) => "language model",
            Self::Classifier(_) => "classifier",
        }
    }
}

/// A language model for one or both directions.
pub struct LmBundle<D: Device = Cpu> {
    /// Strings to ids.
    pub text: TextPipeline,
    /// One network per direction.
    pub networks: Vec<(Direction, LanguageModel<D>)>,
}

impl LmBundle {
    /// Networks that have learned nothing.
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
    pub text: TextPipeline,
    /// Names of the outputs.
    pub labels: LabelSet,
    /// Names of the columns that it learned from, for
    /// [`ReadOptions::learned_text`](crate::data::readers::ReadOptions::learned_text); none where they had
    /// no names.
    pub text_columns: Vec<String>,
    /// Name of the column that its labels came from, for
    /// [`ReadOptions::learned_label`](crate::data::readers::ReadOptions::learned_label); none where
    /// it had no name.
    pub label_column: Option<String>,
    /// One network per direction.
    pub networks: Vec<(Direction, TextClassifier<D>)>,
}

/// Reads and checks `config.json`.
///
/// # Errors
/// [`Error::Config`] when it cannot be understood, [`Error::Checkpoint`] when it cannot be read.
pub fn read_config(folder: &ModelFolder) -> Result<ModelConfig, Error> {
    let bytes = folder.read("config.json")?;
    let bad = |message: String| Error::Config { path: folder.path().join("config.json"), message };
    let config: ModelConfig = serde_json::from_slice(&bytes)
        .map_err(|error| bad(format!("cannot be understood: {error}")))?;
    config.check().map_err(|fault| bad(fault.to_string()))?;
    Ok(config)
}

/// Tensors of a network by name.
pub(crate) fn pack_one<D: Device>(network: &impl Network<D>) -> Tensors {
    let host = |t: &Tensor<D>| HostTensor { dims: t.dims().to_vec(), values: t.to_f32() };
    network.state().into_iter().map(|(name, t)| (name, host(t))).collect()
}

/// Tensors of all directions under one roof.
fn pack<D: Device, N: Network<D>>(networks: &[(Direction, N)]) -> Tensors {
    let named = |(direction, network): &(Direction, N)| {
        let tensors = pack_one(network).into_iter();
        tensors.map(|(name, t)| (format!("{}{name}", prefix(*direction)), t)).collect::<Vec<_>>()
    };
    networks.iter().flat_map(named).collect()
}

/// The tensors of a model folder, exactly those that its configuration asks for.
///
/// To be called before networks are made: what a stranger's configuration asks for may be more
/// than there is, but the file is as large as it is.
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
    let rows = match &config.network {
        NetworkConfig::LanguageModel(encoder) => encoder.vocab,
        NetworkConfig::Classifier(classifier) => classifier.encoder.vocab,
    };
    let read = |name: &str| folder.read(name).map_err(std::io::Error::other);
    let text = TextPipeline::from_files(&config.text, read)?;
    if text.vocab().len() == rows {
        return Ok(text);
    }
    let message = format!("has {} tokens, the network {rows} rows", text.vocab().len());
    Err(Error::Config { path: folder.path().join("vocab.json"), message })
}

/// What a file calls a task.
fn name_of(task: LabelKind) -> &'static str {
    match task {
        LabelKind::Single => "`single`",
        LabelKind::Multi => "`multi`",
        LabelKind::Regression => "`regression`",
    }
}

/// Files that come with every model, besides what the model is made of.
#[derive(Clone, Debug, Default)]
pub struct ModelMetadata {
    /// The model card, `README.md`.
    pub card: String,
    /// `run.json`: where the model comes from.
    pub run: serde_json::Value,
    /// Anything else, by name.
    pub others: Vec<(String, Vec<u8>)>,
    /// How the weights are stored.
    pub dtype: Dtype,
}

fn save<D: Device, N: Network<D>>(
    mut folder: FolderWriter,
    config: &ModelConfig,
    text: &TextPipeline,
    networks: &[(Direction, N)],
    metadata: &ModelMetadata,
) -> Result<(), Error> {
    folder.write("config.json", &pretty(config))?;
    for (name, bytes) in text.files() {
        folder.write(name, &bytes)?;
    }
    folder.write_tensors("model.safetensors", &pack(networks), metadata.dtype)?;
    folder.write("README.md", metadata.card.as_bytes())?;
    folder.write("run.json", &pretty(&metadata.run))?;
    for (name, bytes) in &metadata.others {
        folder.write(name, bytes)?;
    }
    Ok(folder.finish()?)
}

/// JSON as people read it; only for types that cannot fail to serialise.
fn pretty(value: &impl Serialize) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(value).expect("plain data serialises");
    bytes.push(b'\n');
    bytes
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
        save(folder, &self.config(), &self.text, &self.networks, metadata)
    }

    /// What `config.json` says.
    pub fn config(&self) -> ModelConfig {
        ModelConfig {
            schema: SCHEMA,
            directions: self.networks.iter().map(|(direction, _)| *direction).collect(),
            text: self.text.config().clone(),
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
        let path = folder.path();
        let config = read_config(folder)?;
        let NetworkConfig::Classifier(network) = &config.network else {
            let (found, wanted) = (config.network.kind(), "classifier");
            return Err(Error::WrongModel { path: path.to_owned(), found, wanted });
        };
        let bad = |message: String| Error::Config { path: path.join("labels.json"), message };
        let labels: LabelSet = serde_json::from_slice(&folder.read("labels.json")?)
            .map_err(|error| bad(format!("cannot be understood: {error}")))?;
        if labels.outputs() != network.classes {
            return Err(bad(format!(
                "{} labels, the network has {}",
                labels.outputs(),
                network.classes
            )));
        }
        if labels.kind() != network.task {
            let (labels, task) = (name_of(labels.kind()), name_of(network.task));
            return Err(bad(format!("the labels are for {labels}, the network is for {task}")));
        }
        let text = load_text(folder, &config)?;
        let tensors = read_weights(folder, &config)?;
        let new =
            || TextClassifier::new(D::default(), network.clone(), DropoutConfig::NONE, Key::new(0));
        let mut networks: Vec<_> = config.directions.iter().map(|&d| (d, new())).collect();
        unpack(folder, tensors, &mut networks)?;
        let ModelConfig { text_columns, label_column, .. } = config;
        Ok(Self { text, labels, text_columns, label_column, networks })
    }

    /// Writes a model folder.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] when writing fails; nothing is left behind then.
    pub fn save(&self, folder: FolderWriter, metadata: &ModelMetadata) -> Result<(), Error> {
        let mut metadata = metadata.clone();
        metadata.others.push(("labels.json".into(), pretty(&self.labels)));
        save(folder, &self.config(), &self.text, &self.networks, &metadata)
    }

    /// What `config.json` says.
    pub fn config(&self) -> ModelConfig {
        ModelConfig {
            schema: SCHEMA,
            directions: self.networks.iter().map(|(direction, _)| *direction).collect(),
            text: self.text.config().clone(),
            network: NetworkConfig::Classifier(self.networks[0].1.config().clone()),
            text_columns: self.text_columns.clone(),
            label_column: self.label_column.clone(),
        }
    }
}

impl LmBundle {
    /// Computes in other numbers from now on.
    pub fn set_precision(&mut self, precision: Precision) {
        let device = Cpu::with_precision(precision);
        self.networks.iter_mut().for_each(|(_, network)| network.set_device(device));
    }
}

impl ClassifierBundle {
    /// Computes in other numbers from now on.
    pub fn set_precision(&mut self, precision: Precision) {
        let device = Cpu::with_precision(precision);
        self.networks.iter_mut().for_each(|(_, network)| network.set_device(device));
    }
}
