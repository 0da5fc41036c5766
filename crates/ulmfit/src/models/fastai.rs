//! Models to and from fastai.

use super::bundle::LmBundle;
use super::classifier_bundle::ClassifierBundle;
use super::classifier_network::ClassifierNetwork;
use super::folder::pack_one;
use super::part::Part;
use crate::Error;
use crate::checkpoint::fastai::{
    Exported, FastaiVocab, Imported, Kind, export_fastai, import_fastai_files,
};
use crate::checkpoint::{CheckpointError, Tensors};
use crate::data::labels::{LabelKind, LabelSet};
use crate::model::{
    AwdLstmConfig, ClassifierConfig, DropoutConfig, HeadConfig, LanguageModel, Network,
    TextClassifier,
};
use crate::text::{Direction, TextConfig, TextPipeline, Vocab};
use std::path::Path;
use ulmfit_ops::{Cpu, Device, Key, Tensor};

/// A fastai model, converted.
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
/// [`Error::Checkpoint`] for files that are not what they should be, or a vocabulary without
/// fastai's special tokens.
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
    let tokens = Vocab::from_tokens(vocabulary.tokens).map_err(|fault| {
        CheckpointError::FastaiFile { path: vocab.to_owned(), fault: fault.into() }
    })?;
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
        let labels = LabelSet::from_names(LabelKind::Single, names);
        let networks = vec![(direction, ClassifierNetwork::Recurrent(network))];
        let bundle = ClassifierBundle::of_part(Part { text: text.into(), networks }, labels);
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

/// Tensors of a classifier; those of a regression give values without being told their units.
///
/// The last weight takes the deviation. The layer has no bias, so the shift of the batch norm
/// before it takes the mean, along the weight: `w·(b + m·w/|w|²) = w·b + m`.
fn in_users_units(network: &TextClassifier<Cpu>) -> Tensors {
    let mut tensors = pack_one(network);
    let Some(scale) = network.config().target_scale else { return tensors };
    let last = network.config().head.hidden.len();
    let mut tensor = |part: &str| {
        let name = format!("1.layers.{last}.{part}");
        tensors.remove(&name).map(|tensor| (name, tensor)).expect("a head has a last layer")
    };
    let (weight_name, mut weight) = tensor("2.weight");
    let (shift_name, mut shift) = tensor("0.bias");
    weight.values.iter_mut().for_each(|w| *w = (f64::from(*w) * scale.sd) as f32);
    let square: f64 = weight.values.iter().map(|&w| f64::from(w).powi(2)).sum();
    for (shift, &w) in shift.values.iter_mut().zip(&weight.values) {
        *shift = (f64::from(*shift) + scale.mean * f64::from(w) / square) as f32;
    }
    tensors.extend([(weight_name, weight), (shift_name, shift)]);
    tensors
}

impl LmBundle {
    /// Files for fastai, one pair per direction.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] when fastai cannot represent the model.
    pub fn to_fastai(&self) -> Result<Vec<(Direction, Exported)>, Error> {
        let vocabulary = FastaiVocab { tokens: self.text.vocab().tokens().to_vec(), labels: None };
        let export = |(direction, network): &(Direction, LanguageModel<Cpu>)| {
            let files = export_fastai(&pack_one(network), &vocabulary, Kind::LanguageModel);
            Ok((*direction, files.map_err(CheckpointError::from)?))
        };
        self.networks.iter().map(export).collect()
    }
}

impl ClassifierBundle {
    /// Files for fastai, one pair per direction.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] when fastai cannot represent the model, [`Error::Usage`] for
    /// anything but a recurrent network.
    pub fn to_fastai(&self) -> Result<Vec<(Direction, Exported)>, Error> {
        let has_names = self.labels.kind() != LabelKind::Regression;
        let labels = has_names.then(|| self.labels.names().to_vec());
        let refused = || Error::Usage {
            message: "this model cannot be exported to fastai".to_owned(),
            hint: Some(
                "only recurrent classifiers, such as the default method trains, can be exported"
                    .to_owned(),
            ),
        };
        let part = self.single().ok_or_else(refused)?;
        let text = part.text.pipeline().ok_or_else(refused)?;
        let vocabulary = FastaiVocab { tokens: text.vocab().tokens().to_vec(), labels };
        let export = |(direction, network): &(Direction, ClassifierNetwork<Cpu>)| {
            let ClassifierNetwork::Recurrent(network) = network else { return Err(refused()) };
            let tensors = in_users_units(network);
            let files = export_fastai(&tensors, &vocabulary, Kind::Classifier);
            Ok((*direction, files.map_err(CheckpointError::from)?))
        };
        part.networks.iter().map(export).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TargetScale;

    /// The network without units says what the one with units says.
    #[test]
    fn a_regression_for_fastai_gives_values() {
        let encoder = AwdLstmConfig { vocab: 9, emb: 4, hid: 5, layers: 2 };
        let scale = TargetScale { mean: 150_000.0, sd: 20_000.0 };
        let plain = ClassifierConfig::new(encoder, 1, LabelKind::Regression);
        let config = ClassifierConfig { target_scale: Some(scale), ..plain.clone() };
        let new = |config, key| {
            TextClassifier::new(Cpu::default(), config, DropoutConfig::NONE, Key::new(key))
        };
        let ours = new(config, 1);
        let mut exported = new(plain, 2);
        fill(&mut exported, in_users_units(&ours), Path::new("model")).unwrap();
        let texts: [&[u32]; 2] = [&[2, 3, 4, 5], &[2, 7]];
        let wanted = ours.probabilities(&ours.logits(&texts));
        for (found, wanted) in exported.logits(&texts).to_f32().into_iter().zip(wanted) {
            assert!((found - wanted).abs() < 1.0, "{found} and {wanted}");
        }
    }
}
