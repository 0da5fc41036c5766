//! Encoders as people download them: folders of Hugging Face's `transformers` and
//! `sentence-transformers`.
//!
//! `config.json`, `model.safetensors` and `tokenizer.json` are needed; `modules.json`,
//! `sentence_bert_config.json` and `1_Pooling/config.json` are read if they exist. Pickles are never opened.

use super::base::EncoderBundle;
use super::check_encoder;
use super::weights::fill;
use crate::Error;
use crate::checkpoint::{
    CheckpointError, HostTensor, HuggingFaceFault, Tensors, peek_tensors, read_some_tensors,
};
use crate::model::transformer::{Transformer, TransformerConfig, VectorScale};
use crate::text::PretrainedTokenizer;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;
use ulmfit_ops::{Cpu, Key};

/// The part of `config.json` that matters; the families name some fields differently.
#[derive(Deserialize)]
struct HfConfig {
    model_type: String,
    vocab_size: usize,
    max_position_embeddings: usize,
    #[serde(alias = "dim")]
    hidden_size: usize,
    #[serde(alias = "n_layers")]
    num_hidden_layers: usize,
    #[serde(alias = "n_heads")]
    num_attention_heads: usize,
    #[serde(alias = "hidden_dim")]
    intermediate_size: usize,
    #[serde(alias = "activation")]
    hidden_act: String,
    layer_norm_eps: Option<f64>,
    type_vocab_size: Option<usize>,
    pad_token_id: Option<usize>,
    position_embedding_type: Option<String>,
    #[serde(default)]
    is_decoder: bool,
}

/// The part of `sentence_bert_config.json` that matters.
#[derive(Deserialize)]
struct SentenceConfig {
    max_seq_length: Option<usize>,
}

/// The part of `modules.json` that matters.
#[derive(Deserialize)]
struct Module {
    #[serde(rename = "type")]
    kind: String,
}

/// What differs between families of encoders.
struct Family {
    /// Whether tensors have the names of `distilbert`.
    distilled: bool,
    /// Rows of the position embeddings that are not used: in RoBERTa, those up to that of the padding.
    unused_positions: usize,
}

/// Reads an encoder of the BERT family; nothing in the folder is executed.
///
/// # Errors
/// [`CheckpointError::HuggingFace`] for files that are missing, damaged, or of an encoder that is not
/// supported.
pub fn from_hugging_face(folder: &Path) -> Result<EncoderBundle, Error> {
    check_folder(folder).map_err(|fault| at(folder, fault))?;
    let path = folder.join("config.json");
    let config: HfConfig = json(&path)?;
    let family = family(&config).map_err(|fault| at(&path, fault))?;
    let vectors = vector_scale(folder)?;
    let tokenizer = folder.join("tokenizer.json");
    let text = PretrainedTokenizer::from_json(&read(&tokenizer)?)
        .map_err(|error| at(&tokenizer, error.into()))?;
    let positions = config.max_position_embeddings.saturating_sub(family.unused_positions);
    let most = optional::<SentenceConfig>(&folder.join("sentence_bert_config.json"))?;
    let most = most.and_then(|config| config.max_seq_length).unwrap_or(positions);
    let sizes = TransformerConfig {
        vocab: config.vocab_size,
        positions,
        piece: most.min(positions),
        width: config.hidden_size,
        layers: config.num_hidden_layers,
        heads: config.num_attention_heads,
        inner: config.intermediate_size,
        eps: config.layer_norm_eps.unwrap_or(1e-12),
        frame: text.frame(),
        vectors,
    };
    let (tokens, rows) = (text.vocab_size(), sizes.vocab);
    if tokens > rows {
        return Err(at(&tokenizer, HuggingFaceFault::Vocabulary { tokens, rows }));
    }
    check_encoder(&sizes)
        .map_err(|fault| at(&path, HuggingFaceFault::Sizes { message: fault.to_string() }))?;

    let kinds = config.type_vocab_size.filter(|_| !family.distilled);
    let tensors = weights(folder, &sizes, &family, kinds)?;
    let mut encoder = Transformer::new(Cpu::default(), sizes, Key::new(0));
    fill(&mut encoder, tensors, folder)?;
    Ok(EncoderBundle { text, encoder })
}

/// Looks for what a person may have given instead, and for the three files.
fn check_folder(folder: &Path) -> Result<(), HuggingFaceFault> {
    let has = |name: &str| folder.join(name).exists();
    let missing = |name| Err(HuggingFaceFault::NoFile { name });
    if !folder.exists() {
        return Err(HuggingFaceFault::NoFolder);
    }
    if !folder.is_dir() {
        return Err(HuggingFaceFault::NotAFolder);
    }
    if has("manifest.json") && has("run.json") {
        return Err(HuggingFaceFault::Ours);
    }
    if !has("config.json") {
        let is_cache = has("snapshots") && has("refs");
        return if is_cache { Err(HuggingFaceFault::Cache) } else { missing("config.json") };
    }
    if !has("model.safetensors") {
        return match () {
            () if has("model.safetensors.index.json") => Err(HuggingFaceFault::Sharded),
            () if has("pytorch_model.bin") => Err(HuggingFaceFault::Pickled),
            () => missing("model.safetensors"),
        };
    }
    if !has("tokenizer.json") {
        let is_slow = has("vocab.txt") || has("vocab.json") || has("sentencepiece.bpe.model");
        return if is_slow {
            Err(HuggingFaceFault::NoFastTokenizer)
        } else {
            missing("tokenizer.json")
        };
    }
    Ok(())
}

/// Refuses encoders that are computed differently from BERT.
fn family(config: &HfConfig) -> Result<Family, HuggingFaceFault> {
    let family = match config.model_type.as_str() {
        "bert" => Family { distilled: false, unused_positions: 0 },
        "distilbert" => Family { distilled: true, unused_positions: 0 },
        "roberta" | "xlm-roberta" | "camembert" => {
            Family { distilled: false, unused_positions: config.pad_token_id.unwrap_or(1) + 1 }
        }
        other => return Err(HuggingFaceFault::ModelType { found: other.to_owned() }),
    };
    if config.hidden_act != "gelu" {
        return Err(HuggingFaceFault::Activation { found: config.hidden_act.clone() });
    }
    if let Some(kind) = config.position_embedding_type.as_ref().filter(|kind| *kind != "absolute") {
        return Err(HuggingFaceFault::Positions { found: kind.clone() });
    }
    if config.is_decoder {
        return Err(HuggingFaceFault::Decoder);
    }
    Ok(family)
}

/// Whether vectors are scaled to length one. Encoders that compute them in another way than by the mean
/// of the states are refused.
fn vector_scale(folder: &Path) -> Result<VectorScale, Error> {
    const MODE: &str = "pooling_mode_";
    const MEAN: &str = "pooling_mode_mean_tokens";

    let path = folder.join("1_Pooling").join("config.json");
    if let Some(pooling) = optional::<BTreeMap<String, serde_json::Value>>(&path)? {
        let is_on = |(name, value): &(&String, &serde_json::Value)| {
            name.starts_with(MODE) && **value == serde_json::Value::Bool(true)
        };
        let modes: Vec<&String> = pooling.iter().filter(is_on).map(|(name, _)| name).collect();
        if modes != [MEAN] {
            return Err(at(&path, HuggingFaceFault::Pooling));
        }
    }
    let path = folder.join("modules.json");
    let modules: Vec<Module> = optional(&path)?.unwrap_or_default();
    let kind = |module: &Module| module.kind.rsplit('.').next().unwrap_or_default().to_owned();
    let kinds: Vec<String> = modules.iter().map(kind).collect();
    let known = ["Transformer", "Pooling", "Normalize", "Dropout"];
    match kinds.iter().position(|kind| !known.contains(&kind.as_str())) {
        Some(other) => {
            Err(at(&path, HuggingFaceFault::Module { kind: modules[other].kind.clone() }))
        }
        None if kinds.iter().any(|kind| kind == "Normalize") => Ok(VectorScale::Unit),
        None => Ok(VectorScale::AsIs),
    }
}

/// The weights under our names, which are BERT's. There are no pairs of sentences here, so the embedding
/// of the first sentence of a pair is added to every position.
fn weights(
    folder: &Path,
    sizes: &TransformerConfig,
    family: &Family,
    kinds: Option<usize>,
) -> Result<Tensors, Error> {
    const POSITIONS: &str = "embeddings.position_embeddings.weight";
    const KINDS: &str = "embeddings.token_type_embeddings.weight";

    let path = folder.join("model.safetensors");
    let bytes = read(&path)?;
    let mut wanted = sizes.shapes();
    wanted.insert(POSITIONS.into(), vec![sizes.positions + family.unused_positions, sizes.width]);
    if let Some(kinds) = kinds {
        wanted.insert(KINDS.into(), vec![kinds, sizes.width]);
    }
    let theirs = |name: &str| if family.distilled { distilled(name) } else { name.to_owned() };
    // models with a task head have a prefix before the names of the encoder
    let prefixes = ["", "bert.", "distilbert.", "roberta."];
    let present: Vec<String> = peek_tensors(&bytes)
        .map_err(|error| in_file(error, &path))?
        .into_iter()
        .map(|tensor| tensor.name)
        .collect();
    let first = theirs(POSITIONS);
    let is_there = |prefix: &&&str| present.contains(&format!("{prefix}{first}"));
    let prefix = prefixes.iter().find(is_there).copied().unwrap_or_default();
    let names: BTreeMap<String, String> =
        wanted.keys().map(|name| (format!("{prefix}{}", theirs(name)), name.clone())).collect();
    let shapes = names.iter().map(|(theirs, ours)| (theirs.clone(), wanted[ours].clone()));
    let found = read_some_tensors(&bytes, &shapes.collect()).map_err(|e| in_file(e, &path))?;
    let mut tensors: Tensors =
        found.into_iter().map(|(theirs, tensor)| (names[&theirs].clone(), tensor)).collect();

    let kind = tensors.remove(KINDS).map(|tensor| tensor.values[..sizes.width].to_vec());
    if let Some(positions) = tensors.get_mut(POSITIONS) {
        let mut values = positions.values.split_off(family.unused_positions * sizes.width);
        for row in values.chunks_exact_mut(sizes.width) {
            row.iter_mut().zip(kind.iter().flatten()).for_each(|(place, kind)| *place += kind);
        }
        *positions = HostTensor::new([sizes.positions, sizes.width], values);
    }
    Ok(tensors)
}

/// What DistilBERT calls a tensor of BERT.
fn distilled(name: &str) -> String {
    let parts = [
        ("encoder.layer.", "transformer.layer."),
        ("attention.self.query", "attention.q_lin"),
        ("attention.self.key", "attention.k_lin"),
        ("attention.self.value", "attention.v_lin"),
        ("attention.output.dense", "attention.out_lin"),
        ("attention.output.LayerNorm", "sa_layer_norm"),
        ("intermediate.dense", "ffn.lin1"),
        ("output.dense", "ffn.lin2"),
        ("output.LayerNorm", "output_layer_norm"),
    ];
    parts.iter().fold(name.to_owned(), |name, (bert, theirs)| name.replace(bert, theirs))
}

fn at(path: &Path, fault: HuggingFaceFault) -> Error {
    CheckpointError::HuggingFace { path: path.to_owned(), fault }.into()
}

/// What is wrong with a file of weights.
fn in_file(error: CheckpointError, path: &Path) -> Error {
    match error {
        CheckpointError::Tensors(error) => at(path, error.into()),
        other => other.into(),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let bytes = std::fs::read(path).map_err(|source| {
        let path = path.to_owned();
        match source.kind() {
            ErrorKind::NotFound => CheckpointError::Missing { path },
            _ => CheckpointError::Io { action: "read", path, source },
        }
    })?;
    if bytes.starts_with(b"version https://git-lfs") {
        return Err(at(path, HuggingFaceFault::Pointer));
    }
    Ok(bytes)
}

fn json<T: DeserializeOwned>(path: &Path) -> Result<T, Error> {
    serde_json::from_slice(&read(path)?).map_err(|error| at(path, error.into()))
}

/// A file that may be absent.
fn optional<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, Error> {
    if path.exists() { json(path).map(Some) } else { Ok(None) }
}
