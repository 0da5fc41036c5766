//! Language models with everything they need: text pipeline and networks; and their folders.

use super::config::{ModelConfig, NetworkConfig, SCHEMA};
use super::embedded::{english, open_base};
use super::folder::{ModelMetadata, read_config};
use super::recurrent_text::load_text;
use super::weights::{pack, read_weights, unpack};
use crate::Error;
use crate::checkpoint::{FolderWriter, ModelFolder};
use crate::model::{AwdLstmConfig, DropoutConfig, LanguageModel};
use crate::text::{Direction, TextPipeline};
use std::path::Path;
use ulmfit_ops::{Cpu, Device, Key, Precision};

/// A language model for one or both directions.
pub struct LmBundle<D: Device = Cpu> {
    /// Strings to ids.
    pub text: TextPipeline,
    /// One network per direction.
    pub networks: Vec<(Direction, LanguageModel<D>)>,
}

impl LmBundle {
    /// The small English language model inside the program, forward and backward.
    ///
    /// # Errors
    /// As [`english`].
    pub fn english() -> Result<Self, Error> {
        Self::from_folder(&english()?)
    }

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

impl<D: Device> LmBundle<D> {
    /// Reads a model folder, or the model inside the program by its name ([`open_model`](super::open_model)).
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
    pub fn save(&self, mut folder: FolderWriter, metadata: &ModelMetadata) -> Result<(), Error> {
        for (name, bytes) in self.text.files() {
            folder.write(name, &bytes)?;
        }
        metadata.complete(folder, &self.config(), Some(&pack(&self.networks)))
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

impl LmBundle {
    /// Sets the precision of matrix products.
    pub fn set_precision(&mut self, precision: Precision) {
        let device = Cpu::with_precision(precision);
        self.networks.iter_mut().for_each(|(_, network)| network.set_device(device));
    }
}
