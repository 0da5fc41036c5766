//! Encoders as people download them: folders of Hugging Face's `transformers` and of
//! `sentence-transformers`.
//!
//! Read are `config.json`, `model.safetensors` and `tokenizer.json`; what pickles hold is not.
//! `modules.json`, `sentence_bert_config.json` and `1_Pooling/config.json` are read if they are there.

use super::base::EncoderBundle;
use super::check_encoder;
use super::weights::{check_vocabulary, fill};
use crate::Error;
use crate::checkpoint::{CheckpointError, HostTensor, Tensors, peek_tensors, read_some_tensors};
use crate::model::transformer::{Transformer, TransformerConfig, VectorScale};
use crate::text::PretrainedTokenizer;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;
use ulmfit_ops::{Cpu, Key};

/// What is read of `config.json`; each family has its own words.
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

/// What is read of `sentence_bert_config.json`.
#[derive(Deserialize)]
struct SentenceConfig {
    max_seq_length: Option<usize>,
}

/// What is read of `1_Pooling/config.json`.
#[derive(Deserialize)]
struct PoolingConfig {
    pooling_mode_mean_tokens: Option<bool>,
}

/// What is read of `modules.json`.
#[derive(Deserialize)]
struct Module {
    #[serde(rename = "type")]
    kind: String,
}

/// A family of encoders: what its files call things.
struct Family {
    /// Tensors of `distilbert` have other names.
    distilled: bool,
    /// Positions that are not used: those up to the padding's, in the family of RoBERTa.
    unused_positions: usize,
}

/// Reads an encoder of the BERT family; nothing in the folder is executed.
///
/// # Errors
/// [`Error::Config`] for an encoder that cannot be computed here, [`Error::Checkpoint`] for weights
/// that are missing or damaged, [`Error::Text`] for a tokenizer that cannot be read.
pub fn from_hugging_face(folder: &Path) -> Result<EncoderBundle, Error> {
    let path = folder.join("config.json");
    let bad = |message: String| Error::Config { path: path.clone(), message };
    let config: HfConfig = json(&path)?;
    let family = family(&config).map_err(bad)?;
    let vectors = vector_scale(folder)?;
    let tokenizer = folder.join("tokenizer.json");
    let text = PretrainedTokenizer::from_json(&read(&tokenizer)?)?;
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
    check_vocabulary(&text, &sizes, &tokenizer)?;
    check_encoder(&sizes).map_err(|fault| bad(fault.to_string()))?;

    let kinds = config.type_vocab_size.filter(|_| !family.distilled);
    let tensors = weights(folder, &sizes, &family, kinds)?;
    let mut encoder = Transformer::new(Cpu::default(), sizes, Key::new(0));
    fill(&mut encoder, tensors, folder)?;
    Ok(EncoderBundle { text, encoder })
}

/// Refuses what is computed otherwise than BERT.
fn family(config: &HfConfig) -> Result<Family, String> {
    let family = match config.model_type.as_str() {
        "bert" => Family { distilled: false, unused_positions: 0 },
        "distilbert" => Family { distilled: true, unused_positions: 0 },
        "roberta" | "xlm-roberta" | "camembert" => {
            Family { distilled: false, unused_positions: config.pad_token_id.unwrap_or(1) + 1 }
        }
        other => {
            return Err(format!(
                "a model of type `{other}`; read are `bert`, `distilbert`, `roberta`, `xlm-roberta` \
                 and `camembert`"
            ));
        }
    };
    if config.hidden_act != "gelu" {
        return Err(format!("the activation `{}`; only `gelu` is computed", config.hidden_act));
    }
    if let Some(kind) = config.position_embedding_type.as_ref().filter(|kind| *kind != "absolute") {
        return Err(format!("positions of type `{kind}`; only `absolute` are computed"));
    }
    if config.is_decoder {
        return Err("a decoder; an encoder is needed".to_owned());
    }
    Ok(family)
}

/// Whether vectors are scaled to length one; an encoder that does not pool by the mean is refused.
fn vector_scale(folder: &Path) -> Result<VectorScale, Error> {
    let path = folder.join("1_Pooling").join("config.json");
    let pooling = optional::<PoolingConfig>(&path)?;
    if pooling.is_some_and(|pooling| pooling.pooling_mode_mean_tokens != Some(true)) {
        let message = "states are not pooled by their mean, which is all that is computed".into();
        return Err(Error::Config { path, message });
    }
    let modules: Option<Vec<Module>> = optional(&folder.join("modules.json"))?;
    let unit = modules.iter().flatten().any(|module| module.kind.ends_with(".Normalize"));
    Ok(if unit { VectorScale::Unit } else { VectorScale::AsIs })
}

/// The weights under our names, which are BERT's. The vector that tells the first sentence of a
/// pair from the second is added to every position, since there are no pairs here.
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
    // a model with a task on top keeps its encoder below a name of its own
    let prefixes = ["", "bert.", "distilbert.", "roberta."];
    let present: Vec<String> = peek_tensors(&bytes)
        .map_err(|error| in_file(&error, &path))?
        .into_iter()
        .map(|tensor| tensor.name)
        .collect();
    let first = theirs(POSITIONS);
    let is_there = |prefix: &&&str| present.contains(&format!("{prefix}{first}"));
    let prefix = prefixes.iter().find(is_there).copied().unwrap_or_default();
    let names: BTreeMap<String, String> =
        wanted.keys().map(|name| (format!("{prefix}{}", theirs(name)), name.clone())).collect();
    let shapes = names.iter().map(|(theirs, ours)| (theirs.clone(), wanted[ours].clone()));
    let found = read_some_tensors(&bytes, &shapes.collect()).map_err(|e| in_file(&e, &path))?;
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

/// What is wrong with a file of weights.
fn in_file(error: &CheckpointError, path: &Path) -> Error {
    Error::Config { path: path.to_owned(), message: error.to_string() }
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|source| {
        let path = path.to_owned();
        match source.kind() {
            ErrorKind::NotFound => CheckpointError::Missing { path },
            _ => CheckpointError::Io { action: "read", path, source },
        }
        .into()
    })
}

fn json<T: DeserializeOwned>(path: &Path) -> Result<T, Error> {
    serde_json::from_slice(&read(path)?).map_err(|error| {
        let message = format!("not valid: {error}");
        Error::Config { path: path.to_owned(), message }
    })
}

/// A file that may be absent.
fn optional<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, Error> {
    if path.exists() { json(path).map(Some) } else { Ok(None) }
}
