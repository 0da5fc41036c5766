//! From fastai to us.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::layout::{HeadPart, LayerPart, Slot, kind_of};
use super::torch_file::{StoredTensor, TorchFile};
use super::{FastaiError, FastaiVocab, Kind, Sizes, read_vocabulary};
use crate::checkpoint::durable::{io_error, require_file};
use crate::checkpoint::tensors::check_finite;
use crate::checkpoint::{CheckpointError, HostTensor, Tensors, TensorsError};

const MAX_WEIGHTS_BYTES: u64 = 8 << 30;
const MAX_VOCABULARY_BYTES: u64 = 64 << 20;

/// A model read from fastai's files.
#[derive(Debug)]
pub struct Imported {
    /// What it is.
    pub kind: Kind,
    /// How large it is.
    pub sizes: Sizes,
    /// Every distinct tensor under its name in fastai 2.8: `0.encoder.weight` (for a classifier
    /// `0.module.encoder.weight`) stands for its copies in dropout and decoder. Batch counters
    /// are left out.
    pub tensors: Tensors,
    /// Tokens, and the labels of a classifier if the file has them.
    pub vocabulary: FastaiVocab,
}

/// Reads fastai's weights and vocabulary from files.
///
/// # Errors
/// [`CheckpointError::Missing`], [`CheckpointError::Io`], [`CheckpointError::NotAFile`], and
/// those of [`import_fastai`] as [`CheckpointError::FastaiFile`].
pub fn import_fastai_files(weights: &Path, vocabulary: &Path) -> Result<Imported, CheckpointError> {
    let within = |path: &Path| {
        let path = path.to_owned();
        move |fault| CheckpointError::FastaiFile { path, fault }
    };
    let read = |path: &Path, what, limit| {
        if require_file(path)? > limit {
            return Err(within(path)(FastaiError::Limit { what, limit: limit as usize }));
        }
        fs::read(path).map_err(io_error("read", path))
    };
    let words = read(vocabulary, "bytes of vocabulary", MAX_VOCABULARY_BYTES)?;
    let bytes = read(weights, "bytes of weights", MAX_WEIGHTS_BYTES)?;
    if TorchFile::is_one(&words) && read_vocabulary(&bytes).is_ok() {
        return Err(within(vocabulary)(FastaiError::Swapped));
    }
    let words = read_vocabulary(&words).map_err(within(vocabulary))?;
    import_with(&bytes, words).map_err(|fault| match fault {
        FastaiError::Count { .. } => within(vocabulary)(fault),
        _ => within(weights)(fault),
    })
}

/// Reads the weights that `Learner.save` (with or without the optimizer) or `save_encoder` wrote,
/// and the pickled vocabulary.
///
/// Nothing in the files is executed. Numbers become `f32`.
///
/// # Errors
/// [`FastaiError`] for files that are anything else.
pub fn import_fastai(weights: &[u8], vocabulary: &[u8]) -> Result<Imported, FastaiError> {
    import_with(weights, read_vocabulary(vocabulary)?)
}

fn import_with(weights: &[u8], vocabulary: FastaiVocab) -> Result<Imported, FastaiError> {
    let file = TorchFile::open(weights)?;
    let mut slots = BTreeMap::new();
    for (name, tensor) in file.state()? {
        let unexpected = || TensorsError::Unexpected { tensor: name.to_owned() };
        let slot = Slot::parse(name).ok_or_else(unexpected)?;
        if slots.insert(slot, (name, tensor)).is_some() {
            let what = "occurs twice, under different names";
            return Err(FastaiError::Tensor { tensor: name.to_owned(), what });
        }
    }
    let kind = kind_of(slots.keys().copied());
    drop_copies(&mut slots, kind)?;

    let shapes = slots.iter().map(|(&slot, (_, tensor))| (slot, &tensor.dims[..])).collect();
    let without_bias = kind == Kind::LanguageModel && !slots.contains_key(&Slot::DecoderBias);
    let sizes = infer(shapes, without_bias, kind)?;
    check_counts(&sizes, &vocabulary)?;
    // Tensors that share a storage could ask for many times the size of the file.
    if slots.values().map(|(_, tensor)| tensor.bytes()).sum::<usize>() > file.stored_bytes() {
        return Err(FastaiError::NotTorch { what: "different tensors share one storage" });
    }

    let mut tensors = Tensors::new();
    for (slot, (name, tensor)) in slots {
        let values = tensor.values();
        check_finite(name, 0, &values)?;
        tensors.insert(slot.name(prefix(kind)), HostTensor::new(tensor.dims, values));
    }
    if without_bias {
        let bias = HostTensor::new([sizes.vocabulary], vec![0.0; sizes.vocabulary]);
        tensors.insert(Slot::DecoderBias.name(kind), bias);
    }
    Ok(Imported { kind, sizes, tensors, vocabulary })
}

/// An encoder alone is named like that of a language model.
fn prefix(kind: Kind) -> Kind {
    if kind == Kind::Encoder { Kind::LanguageModel } else { kind }
}

/// The models of 2018 have a decoder without bias; zeros are the same.
fn infer(
    mut shapes: BTreeMap<Slot, &[usize]>,
    without_bias: bool,
    kind: Kind,
) -> Result<Sizes, FastaiError> {
    if let (true, Some(rows)) =
        (without_bias, shapes.get(&Slot::Embedding).and_then(|dims| dims.get(..1)))
    {
        shapes.insert(Slot::DecoderBias, rows);
    }
    Sizes::infer(&shapes, kind)
}

/// Removes the second names of tensors that fastai saves twice or more, and the batch counters.
fn drop_copies(
    slots: &mut BTreeMap<Slot, (&str, StoredTensor<'_>)>,
    kind: Kind,
) -> Result<(), FastaiError> {
    let missing = || TensorsError::Missing { tensor: Slot::Embedding.name(kind) };
    let embedding = slots.get(&Slot::Embedding).ok_or_else(missing)?.1.clone();
    for copy in [Slot::EmbeddingCopy, Slot::DecoderWeight] {
        if let Some((name, tensor)) = slots.remove(&copy) {
            let tied = tensor.shares(&embedding)
                || (tensor.dims == embedding.dims && tensor.values() == embedding.values());
            if !tied {
                let what = "is not the embedding; only tied weights can be imported";
                return Err(FastaiError::Tensor { tensor: name.to_owned(), what });
            }
        }
    }
    for index in 0..=9 {
        slots.remove(&Slot::Head(index, HeadPart::BatchCount));
        // The weights before DropConnect are the true ones, if both are there.
        if let Some(copy) = slots.remove(&Slot::Layer(index, LayerPart::RecurrentCopy)) {
            slots.entry(Slot::Layer(index, LayerPart::Recurrent)).or_insert(copy);
        }
    }
    Ok(())
}

fn check_counts(sizes: &Sizes, vocabulary: &FastaiVocab) -> Result<(), FastaiError> {
    let check = |what, words: usize, rows: usize| {
        if words == rows { Ok(()) } else { Err(FastaiError::Count { what, words, rows }) }
    };
    check("tokens", vocabulary.tokens.len(), sizes.vocabulary)?;
    match (&vocabulary.labels, sizes.head.last()) {
        (Some(labels), Some(&classes)) => check("labels", labels.len(), classes),
        _ => Ok(()),
    }
}
