//! Models to and from fastai.

use super::Error;
use super::bundle::{ClassifierBundle, LmBundle, pack_one};
use crate::checkpoint::fastai::{
    Exported, Imported, Kind, Vocabulary, export_fastai, import_fastai_files,
};
use crate::checkpoint::{CheckpointError, Tensors};
use crate::data::{LabelKind, LabelSet};
use crate::model::{
    AwdLstmConfig, ClassifierConfig, DropoutConfig, HeadConfig, LanguageModel, Network,
    TextClassifier,
};
use crate::text::{Direction, TextConfig, TextPipeline, Vocab};
use std::path::Path;
use ulmfit_ops::{Cpu, Device, Key, Tensor};

/// A model of fastai as one of ours.
pub enum FromFastai {
    /// A language model; an encoder alone has a decoder without bias.
    LanguageModel(LmBundle),
    /// A classifier.
    Classifier(ClassifierBundle),
}

/// Reads weights and vocabulary that fastai wrote; nothing in them is executed.
///
/// The files do not say which way the model reads.
///
/// # Errors
/// [`Error::Checkpoint`] for files that are not what they should be, [`Error::Text`] for a
/// vocabulary without fastai's special tokens.
pub fn from_fastai(
    weights: &Path,
    vocab: &Path,
    direction: Direction,
) -> Result<FromFastai, Error> {
    let Imported { kind, sizes, mut tensors, vocabulary } = import_fastai_files(weights, vocab)?;
    let encoder = AwdLstmConfig {
        vocab: sizes.vocabulary,
        emb: sizes.embedding,
        hid: sizes.hidden,
        layers: sizes.layers,
    };
    let tokens = Vocab::from_tokens(vocabulary.tokens)?;
    let text = TextPipeline::new(&TextConfig::default(), None, tokens)?;
    if kind == Kind::Classifier {
        let Some((&classes, hidden)) = sizes.head.split_last() else {
            unreachable!("a classifier has a head");
        };
        let numbered = || (0..classes).map(|n| n.to_string()).collect();
        let names = vocabulary.labels.unwrap_or_else(numbered);
        let head = HeadConfig { hidden: hidden.to_vec(), ..HeadConfig::default() };
        let config =
            ClassifierConfig { head, ..ClassifierConfig::new(encoder, classes, LabelKind::Single) };
        let mut network =
            TextClassifier::new(Cpu::default(), config, DropoutConfig::NONE, Key::new(0));
        fill(&mut network, tensors, weights)?;
        let labels = LabelSet::of(LabelKind::Single, names);
        let networks = vec![(direction, network)];
        let text_columns = Vec::new();
        let bundle = ClassifierBundle { text, labels, text_columns, networks };
        return Ok(FromFastai::Classifier(bundle));
    }
    if kind == Kind::Encoder {
        let bias = crate::checkpoint::HostTensor::new([encoder.vocab], vec![0.0; encoder.vocab]);
        tensors.insert("1.decoder.bias".to_owned(), bias);
    }
    let mut network = LanguageModel::new(Cpu::default(), encoder, DropoutConfig::NONE, Key::new(0));
    fill(&mut network, tensors, weights)?;
    Ok(FromFastai::LanguageModel(LmBundle { text, networks: vec![(direction, network)] }))
}

fn fill<D: Device>(
    network: &mut impl Network<D>,
    tensors: Tensors,
    path: &Path,
) -> Result<(), Error> {
    let tensors = tensors.into_iter().map(|(name, t)| (name, Tensor::from_f32(&t.dims, &t.values)));
    let loaded = network.load(tensors.collect());
    loaded.map_err(|source| Error::Weights { path: path.to_owned(), source })
}

impl LmBundle {
    /// Files for fastai, one pair a direction.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] when fastai has no place for what the model is.
    pub fn to_fastai(&self) -> Result<Vec<(Direction, Exported)>, Error> {
        let vocabulary = Vocabulary { tokens: self.text.vocab().tokens().to_vec(), labels: None };
        let export = |(direction, network): &(Direction, LanguageModel<Cpu>)| {
            let files = export_fastai(&pack_one(network), &vocabulary, Kind::LanguageModel);
            Ok((*direction, files.map_err(CheckpointError::from)?))
        };
        self.networks.iter().map(export).collect()
    }
}

impl ClassifierBundle {
    /// Files for fastai, one pair a direction.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] when fastai has no place for what the model is.
    pub fn to_fastai(&self) -> Result<Vec<(Direction, Exported)>, Error> {
        let labels = Some(self.labels.names().to_vec());
        let vocabulary = Vocabulary { tokens: self.text.vocab().tokens().to_vec(), labels };
        let export = |(direction, network): &(Direction, TextClassifier<Cpu>)| {
            let files = export_fastai(&pack_one(network), &vocabulary, Kind::Classifier);
            Ok((*direction, files.map_err(CheckpointError::from)?))
        };
        self.networks.iter().map(export).collect()
    }
}
