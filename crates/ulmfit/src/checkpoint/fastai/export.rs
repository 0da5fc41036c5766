//! From us to fastai.

use std::collections::BTreeMap;

use super::layout::{HeadPart, LayerPart, Slot};
use super::pickle_write::PickleWriter;
use super::zip_write::ArchiveWriter;
use super::{FastaiError, FastaiVocab, Kind, Sizes};
use crate::checkpoint::tensors::check_finite;
use crate::checkpoint::{HostTensor, Tensors, TensorsError};

/// fastai's two files.
#[derive(Debug)]
pub struct Exported {
    /// A `.pth` file: a bare state dictionary, which `torch.load(weights_only=True)` reads.
    pub weights: Vec<u8>,
    /// A `.pkl` file: the tokens, or for a classifier the tokens and the labels.
    pub vocabulary: Vec<u8>,
}

/// Writes files for fastai 2.8: `language_model_learner(.., pretrained_fnames=[..])`,
/// `Learner.load` and, for [`Kind::Encoder`], `load_encoder` take them.
///
/// `tensors` have fastai's names, with or without the tied copies, and with the prefix of any
/// kind; [`Kind::Encoder`] takes the encoder out of a language model or a classifier.
///
/// # Errors
/// [`FastaiError::Layout`] when names, shapes or values are not those of such a model,
/// [`FastaiError::Count`] when the vocabulary has another length.
pub fn export_fastai(
    tensors: &Tensors,
    vocabulary: &FastaiVocab,
    kind: Kind,
) -> Result<Exported, FastaiError> {
    let mut slots = BTreeMap::new();
    for (name, tensor) in tensors {
        let unexpected = || TensorsError::Unexpected { tensor: name.clone() };
        let slot = Slot::parse(name).ok_or_else(unexpected)?;
        check_finite(name, 0, &tensor.values)?;
        match slot {
            // written from the originals
            Slot::EmbeddingCopy
            | Slot::DecoderWeight
            | Slot::Head(_, HeadPart::BatchCount)
            | Slot::Layer(_, LayerPart::RecurrentCopy) => {}
            Slot::DecoderBias | Slot::Head(..) if kind == Kind::Encoder => {}
            _ => drop(slots.insert(slot, tensor)),
        }
    }
    let shapes = slots.iter().map(|(&slot, tensor)| (slot, &tensor.dims[..])).collect();
    let sizes = Sizes::infer(&shapes, kind)?;
    let count = |what, words: usize, rows: usize| {
        if words == rows { Ok(()) } else { Err(FastaiError::Count { what, words, rows }) }
    };
    count("tokens", vocabulary.tokens.len(), sizes.vocabulary)?;
    if let (Some(labels), Some(&classes)) = (&vocabulary.labels, sizes.head.last()) {
        count("labels", labels.len(), classes)?;
    }
    Ok(Exported {
        weights: write_weights(&slots, &sizes, kind)?,
        vocabulary: write_vocabulary(vocabulary),
    })
}

/// Every name of the state dictionary in fastai's order, with the tensor whose storage it uses.
fn state_order(
    slots: &BTreeMap<Slot, &HostTensor>,
    sizes: &Sizes,
    kind: Kind,
) -> Vec<(Slot, Slot)> {
    let own = |slot| (slot, slot);
    let mut order = vec![own(Slot::Embedding), (Slot::EmbeddingCopy, Slot::Embedding)];
    order
        .extend(slots.keys().filter(|slot| matches!(slot, Slot::Layer(..))).map(|&slot| own(slot)));
    if kind == Kind::LanguageModel {
        order.extend([(Slot::DecoderWeight, Slot::Embedding), own(Slot::DecoderBias)]);
    }
    for block in 0..sizes.head.len() {
        use HeadPart::{BatchCount, Linear, NormBias, NormWeight, RunningMean, RunningVariance};
        for part in [NormWeight, NormBias, RunningMean, RunningVariance, BatchCount, Linear] {
            order.push(own(Slot::Head(block, part)));
        }
    }
    order
}

fn write_weights(
    slots: &BTreeMap<Slot, &HostTensor>,
    sizes: &Sizes,
    kind: Kind,
) -> Result<Vec<u8>, FastaiError> {
    let mut pickle = PickleWriter::new();
    let mut storages = Vec::new();
    pickle.ordered_dict();
    pickle.mark();
    for (slot, source) in state_order(slots, sizes, kind) {
        let key = storages.iter().position(|&stored| stored == source).unwrap_or_else(|| {
            storages.push(source);
            storages.len() - 1
        });
        pickle.text(&slot.name(kind));
        match slots.get(&source) {
            Some(tensor) => write_tensor(&mut pickle, "FloatStorage", key, &tensor.dims),
            None => write_tensor(&mut pickle, "LongStorage", key, &[]), // a batch counter
        }
    }
    pickle.set_from_mark();

    let mut archive = ArchiveWriter::default();
    archive.add("model/data.pkl", &pickle.finish())?;
    archive.add("model/byteorder", b"little")?;
    for (key, source) in storages.iter().enumerate() {
        let content = match slots.get(source) {
            Some(tensor) => tensor.values.iter().flat_map(|value| value.to_le_bytes()).collect(),
            None => vec![0; 8],
        };
        archive.add(&format!("model/data/{key}"), &content)?;
    }
    archive.add("model/version", b"3\n")?;
    archive.finish()
}

/// `_rebuild_tensor_v2(storage, offset, size, stride, requires_grad, backward_hooks)`.
fn write_tensor(pickle: &mut PickleWriter, storage: &str, key: usize, dims: &[usize]) {
    pickle.global("torch._utils", "_rebuild_tensor_v2");
    pickle.mark();
    pickle.mark();
    pickle.text("storage");
    pickle.global("torch", storage);
    pickle.text(&key.to_string());
    pickle.text("cpu");
    pickle.integer(dims.iter().product());
    pickle.tuple_from_mark();
    pickle.persistent();
    pickle.integer(0);
    pickle.integers(dims);
    let stride = |axis: usize| dims[axis + 1..].iter().product();
    pickle.integers(&(0..dims.len()).map(stride).collect::<Vec<usize>>());
    pickle.no();
    pickle.ordered_dict();
    pickle.tuple_from_mark();
    pickle.call();
}

fn write_vocabulary(vocabulary: &FastaiVocab) -> Vec<u8> {
    let mut pickle = PickleWriter::new();
    match &vocabulary.labels {
        None => pickle.texts(&vocabulary.tokens),
        Some(labels) => {
            pickle.empty_list();
            pickle.mark();
            pickle.texts(&vocabulary.tokens);
            pickle.texts(labels);
            pickle.append_from_mark();
        }
    }
    pickle.finish()
}
