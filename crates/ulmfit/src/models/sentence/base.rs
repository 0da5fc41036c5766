//! A sentence encoder and its tokenizer.

use super::weights;
use crate::Error;
use crate::checkpoint::{FolderWriter, ModelFolder};
use crate::model::Network;
use crate::model::transformer::{Transformer, TransformerConfig};
use crate::models::config::{ModelConfig, NetworkConfig, SCHEMA};
use crate::models::folder::{ModelMetadata, pack_one, read_config};
use crate::text::PretrainedTokenizer;
use ulmfit_ops::{Cpu, Device, Key};

/// A sentence encoder and the tokenizer it was trained with.
pub struct EncoderBundle<D: Device = Cpu> {
    /// Texts to ids.
    pub text: PretrainedTokenizer,
    /// Ids to vectors.
    pub encoder: Transformer<D>,
}

impl<D: Device> EncoderBundle<D> {
    /// Reads a model folder that is open.
    ///
    /// # Errors
    /// [`Error`] when it is damaged, or not a sentence encoder's.
    pub fn from_folder(folder: &ModelFolder) -> Result<Self, Error> {
        let config = read_config(folder)?;
        let NetworkConfig::SentenceEncoder(sizes) = config.network else {
            let (found, wanted) = (config.network.kind(), "sentence encoder");
            return Err(Error::WrongModel { path: folder.path().to_owned(), found, wanted });
        };
        let text = weights::tokenizer(folder, &sizes)?;
        let tensors = weights::read(folder, &sizes.shapes())?;
        let mut encoder = Transformer::new(D::default(), sizes, Key::new(0));
        weights::fill(&mut encoder, tensors, folder.path())?;
        Ok(Self { text, encoder })
    }

    /// Another encoder with the same weights.
    ///
    /// # Panics
    /// Never: equal configurations have equal tensors.
    pub fn copy_encoder(&self) -> Transformer<D> {
        let mut encoder = Transformer::new(D::default(), *self.encoder.config(), Key::new(0));
        let tensors = self.encoder.state().into_iter();
        let tensors = tensors.map(|(name, tensor)| (name, tensor.clone())).collect();
        encoder.load(tensors).expect("equal configurations have equal tensors");
        encoder
    }

    /// Writes a model folder.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] when writing fails; nothing is left behind then.
    pub fn save(&self, mut folder: FolderWriter, metadata: &ModelMetadata) -> Result<(), Error> {
        for (name, bytes) in self.text.files() {
            folder.write(name, &bytes)?;
        }
        metadata.complete(folder, &self.config(), Some(&pack_one(&self.encoder)))
    }

    /// What `config.json` says.
    pub fn config(&self) -> ModelConfig {
        ModelConfig {
            schema: SCHEMA,
            directions: Vec::new(),
            text: None,
            network: NetworkConfig::SentenceEncoder(*self.encoder.config()),
            text_columns: Vec::new(),
            label_column: None,
        }
    }

    /// The vector of each document, which is a list of fields; in their order.
    ///
    /// A document's bits do not depend on the others.
    pub fn vectors<T, S>(&self, documents: &[T]) -> Vec<Vec<f32>>
    where
        T: AsRef<[S]> + Sync,
        S: AsRef<str>,
    {
        self.encoder.vectors_of(&self.text.encode_all(documents), &mut |_| ())
    }

    /// Its sizes.
    pub fn sizes(&self) -> TransformerConfig {
        *self.encoder.config()
    }
}
