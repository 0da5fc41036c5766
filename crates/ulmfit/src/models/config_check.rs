//! What a `config.json` may contain, and which tensors follow from it.
//!
//! Model folders are untrusted input: every number is checked before it is used.

use super::bundle::{ModelConfig, NetworkConfig, SCHEMA};
use crate::data::labels::LabelKind;
use crate::model::{AwdLstmConfig, ClassifierConfig};
use crate::text::Direction;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// Largest width, vocabulary and number of classes: more than anyone trains, and few enough that
/// no shape overflows.
const LARGEST: usize = 1 << 24;
/// Most layers of an encoder, and of a head.
const MOST_LAYERS: usize = 64;
/// Every vocabulary begins with `xxunk`, `xxpad` and `xxbos`.
const FEWEST_TOKENS: usize = 3;

/// Why a `config.json` describes no model.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigFault {
    /// A version that this program does not know.
    #[error("format {found} is not known to this program, only {known}")]
    Schema {
        /// In the file.
        found: u32,
        /// In this program.
        known: u32,
    },
    /// No direction, or one twice.
    #[error("`directions` must be forward, backward, or each of them once")]
    Directions,
    /// A size that no model has.
    #[error("`{field}` is {found}, it must be from {least} to {most}")]
    Size {
        /// Name of the setting.
        field: &'static str,
        /// In the file.
        found: usize,
        /// Smallest allowed.
        least: usize,
        /// Largest allowed.
        most: usize,
    },
    /// Pieces or a window of nothing.
    #[error("`{field}` is 0, it must be at least 1")]
    Nothing {
        /// Name of the setting.
        field: &'static str,
    },
    /// Units of values where there are none, or no units.
    #[error("`target-scale` is for a regression, with a finite mean and a positive deviation")]
    TargetScale,
    /// A probability of dropout that leaves nothing, or is none.
    #[error("`dropout` of the head is {found}, it must be from 0 to below 1")]
    Dropout {
        /// In the file.
        found: f64,
    },
}

impl ModelConfig {
    /// Checks every number; what passes has [`tensors`](Self::tensors).
    ///
    /// # Errors
    /// The first [`ConfigFault`].
    pub fn check(&self) -> Result<(), ConfigFault> {
        if self.schema != SCHEMA {
            return Err(ConfigFault::Schema { found: self.schema, known: SCHEMA });
        }
        match *self.directions {
            [_] => {}
            [one, other] if one != other => {}
            _ => return Err(ConfigFault::Directions),
        }
        match &self.network {
            NetworkConfig::LanguageModel(encoder) => check_encoder(encoder),
            NetworkConfig::Classifier(classifier) => check_classifier(classifier),
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

fn size(
    field: &'static str,
    found: usize,
    allowed: RangeInclusive<usize>,
) -> Result<(), ConfigFault> {
    if allowed.contains(&found) {
        return Ok(());
    }
    Err(ConfigFault::Size { field, found, least: *allowed.start(), most: *allowed.end() })
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
