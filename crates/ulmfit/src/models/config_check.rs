//! What a `config.json` may contain, and which tensors follow from it.
//!
//! Model folders are untrusted input: every number is checked before it is used.

use super::config::{ModelConfig, NetworkConfig, PortfolioConfig, SCHEMA};
use super::config_fault::{ConfigFault, LARGEST, MOST_LAYERS, size};
use super::sentence;
use crate::data::labels::LabelKind;
use crate::model::linear::LinearConfig;
use crate::model::{AwdLstmConfig, ClassifierConfig};
use crate::text::Direction;
use std::collections::BTreeMap;

/// Parts of a portfolio.
const MOST_PARTS: usize = 16;
/// The largest weight of a part: beyond it only the most probable label is left.
const MOST_WEIGHT: f64 = 1e3;
/// Every vocabulary begins with `xxunk`, `xxpad` and `xxbos`.
const FEWEST_TOKENS: usize = 3;

impl ModelConfig {
    /// Checks every number; what passes has [`tensors`](Self::tensors).
    ///
    /// # Errors
    /// The first [`ConfigFault`].
    pub fn check(&self) -> Result<(), ConfigFault> {
        if self.schema != SCHEMA {
            return Err(ConfigFault::Schema { found: self.schema, known: SCHEMA });
        }
        let recurrent = match &self.network {
            NetworkConfig::LanguageModel(_) | NetworkConfig::Classifier(_) => true,
            NetworkConfig::SentenceEncoder(_)
            | NetworkConfig::SentenceClassifier(_)
            | NetworkConfig::LinearClassifier(_)
            | NetworkConfig::Portfolio(_) => false,
        };
        if recurrent != self.text.is_some() {
            return Err(ConfigFault::Text);
        }
        match (&self.network, &*self.directions) {
            (NetworkConfig::SentenceEncoder(_) | NetworkConfig::Portfolio(_), [])
            | (
                NetworkConfig::SentenceClassifier(_) | NetworkConfig::LinearClassifier(_),
                [Direction::Forward],
            ) => {}
            (_, [_]) if recurrent => {}
            (_, [one, other]) if recurrent && one != other => {}
            _ => return Err(ConfigFault::Directions),
        }
        match &self.network {
            NetworkConfig::LanguageModel(encoder) => check_encoder(encoder),
            NetworkConfig::Classifier(classifier) => check_classifier(classifier),
            NetworkConfig::SentenceEncoder(encoder) => sentence::check_encoder(encoder),
            NetworkConfig::SentenceClassifier(config) => {
                sentence::check_sentence_classifier(config)
            }
            NetworkConfig::LinearClassifier(config) => check_linear(config),
            NetworkConfig::Portfolio(portfolio) => check_portfolio(portfolio),
        }
    }

    /// Names and shapes of all tensors of the folder, computed without making a network.
    ///
    /// # Panics
    /// May do so for sizes that [`check`](Self::check) refuses.
    pub fn tensors(&self) -> BTreeMap<String, Vec<usize>> {
        let of_one = match &self.network {
            NetworkConfig::LanguageModel(encoder) => encoder.language_model_shapes(),
            NetworkConfig::Classifier(classifier) => classifier.shapes(),
            NetworkConfig::SentenceEncoder(encoder) => return encoder.shapes(),
            NetworkConfig::Portfolio(_) => return BTreeMap::new(), // its parts have them
            NetworkConfig::SentenceClassifier(classifier) => classifier.shapes(),
            NetworkConfig::LinearClassifier(classifier) => classifier.shapes(),
        };
        let named = |&direction| {
            let name = move |name: &String| format!("{}{name}", prefix(direction));
            of_one.iter().map(move |(tensor, dims)| (name(tensor), dims.clone()))
        };
        self.directions.iter().flat_map(named).collect()
    }
}

/// What the names of a network's tensors begin with.
pub(crate) fn prefix(direction: Direction) -> &'static str {
    match direction {
        Direction::Forward => "forward.",
        Direction::Backward => "backward.",
    }
}

fn check_portfolio(portfolio: &PortfolioConfig) -> Result<(), ConfigFault> {
    let PortfolioConfig { task: _, classes, parts } = portfolio;
    size("classes", *classes, 1..=LARGEST)?;
    size("parts", parts.len(), 1..=MOST_PARTS)?;
    for (n, part) in parts.iter().enumerate() {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let is_name =
            !part.name.is_empty() && part.name.len() <= 40 && part.name.bytes().all(plain);
        if !is_name || parts[..n].iter().any(|other| other.name == part.name) {
            return Err(ConfigFault::PartName);
        }
        if !(0.0..=MOST_WEIGHT).contains(&part.weight) {
            return Err(ConfigFault::PartWeight { found: part.weight });
        }
    }
    if parts.iter().all(|part| part.weight == 0.0) {
        return Err(ConfigFault::PartWeight { found: 0.0 });
    }
    Ok(())
}

fn check_encoder(encoder: &AwdLstmConfig) -> Result<(), ConfigFault> {
    let AwdLstmConfig { vocab, emb, hid, layers } = *encoder;
    size("vocab", vocab, FEWEST_TOKENS..=LARGEST)?;
    size("emb", emb, 1..=LARGEST)?;
    size("hid", hid, 1..=LARGEST)?;
    size("layers", layers, 1..=MOST_LAYERS)
}

fn check_classifier(classifier: &ClassifierConfig) -> Result<(), ConfigFault> {
    let ClassifierConfig { encoder, head, classes, task, seq_len, max_len, target_scale } =
        classifier;
    check_encoder(encoder)?;
    size("hidden layers of the head", head.hidden.len(), 0..=MOST_LAYERS)?;
    head.hidden.iter().try_for_each(|&width| size("hidden of the head", width, 1..=LARGEST))?;
    if !(0.0..1.0).contains(&head.dropout) {
        return Err(ConfigFault::Dropout { found: head.dropout });
    }
    size("classes", *classes, 1..=LARGEST)?;
    if target_scale.is_some_and(|scale| *task != LabelKind::Regression || !scale.is_valid()) {
        return Err(ConfigFault::TargetScale);
    }
    // Without an upper bound: of a long piece or window only what a document fills is computed.
    for (field, is_nothing) in [("seq-len", *seq_len == 0), ("max-len", *max_len == Some(0))] {
        if is_nothing {
            return Err(ConfigFault::Nothing { field });
        }
    }
    Ok(())
}

fn check_linear(config: &LinearConfig) -> Result<(), ConfigFault> {
    let LinearConfig { words, chars, classes, task, target_scale } = *config;
    size("words", words, 0..=LARGEST)?;
    size("chars", chars, 0..=LARGEST)?;
    size("words and chars", words + chars, 1..=LARGEST)?;
    size("classes", classes, 1..=LARGEST)?;
    if target_scale.is_some_and(|scale| task != LabelKind::Regression || !scale.is_valid()) {
        return Err(ConfigFault::TargetScale);
    }
    Ok(())
}
