//! Reading what the folders of encoders and of classifiers on them have in common.

use crate::Error;
use crate::checkpoint::{ModelFolder, Tensors, read_tensors};
use crate::model::Network;
use crate::model::transformer::TransformerConfig;
use crate::text::PretrainedTokenizer;
use std::collections::BTreeMap;
use std::path::Path;
use ulmfit_ops::{Device, Tensor};

/// The tokenizer in a model folder, as the `tokenizers` library stores it.
const TOKENIZER: &str = "tokenizer.json";

/// Reads the tokenizer, whose ids must be rows of the encoder's vocabulary.
pub(in crate::models) fn tokenizer(
    folder: &ModelFolder,
    sizes: &TransformerConfig,
) -> Result<PretrainedTokenizer, Error> {
    let text = PretrainedTokenizer::from_json(&folder.read(TOKENIZER)?)?;
    check_vocabulary(&text, sizes, &folder.path().join(TOKENIZER))?;
    Ok(text)
}

/// Refuses a tokenizer that does not suit the encoder.
pub(super) fn check_vocabulary(
    text: &PretrainedTokenizer,
    sizes: &TransformerConfig,
    path: &Path,
) -> Result<(), Error> {
    let bad = |message| Err(Error::Config { path: path.to_owned(), message });
    let (tokens, rows) = (text.vocab_size(), sizes.vocab);
    if tokens > rows {
        return bad(format!("has {tokens} tokens, the network {rows} rows"));
    }
    if text.frame() != sizes.frame {
        return bad("puts other tokens around a text than config.json says".to_owned());
    }
    Ok(())
}

/// The tensors of a folder, exactly these.
pub(super) fn read(
    folder: &ModelFolder,
    shapes: &BTreeMap<String, Vec<usize>>,
) -> Result<Tensors, Error> {
    Ok(read_tensors(&folder.read("model.safetensors")?, shapes)?)
}

/// Puts tensors into a network.
pub(super) fn fill<D: Device>(
    network: &mut impl Network<D>,
    tensors: Tensors,
    path: &Path,
) -> Result<(), Error> {
    let tensors = tensors.into_iter().map(|(name, t)| (name, Tensor::from_f32(&t.dims, &t.values)));
    let loaded = network.load(tensors.collect());
    loaded.map_err(|source| Error::Weights { path: path.to_owned(), source })
}
