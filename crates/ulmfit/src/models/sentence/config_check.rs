//! What the configuration of an encoder may say.

use crate::data::labels::LabelKind;
use crate::model::transformer::{SentenceClassifierConfig, TransformerConfig};
use crate::models::config_fault::{ConfigFault, LARGEST, MOST_LAYERS, size};

/// A piece has at least one token beside the two around it.
const SHORTEST_PIECE: usize = 3;

pub(in crate::models) fn check_encoder(sizes: &TransformerConfig) -> Result<(), ConfigFault> {
    let TransformerConfig {
        vocab,
        positions,
        piece,
        width,
        layers,
        heads,
        inner,
        eps,
        frame,
        vectors: _,
    } = *sizes;
    size("vocab", vocab, 1..=LARGEST)?;
    size("positions", positions, SHORTEST_PIECE..=LARGEST)?;
    size("piece", piece, SHORTEST_PIECE..=positions)?;
    size("width", width, 1..=LARGEST)?;
    size("layers", layers, 1..=MOST_LAYERS)?;
    size("inner", inner, 1..=LARGEST)?;
    size("heads", heads, 1..=width)?;
    if width % heads != 0 {
        return Err(ConfigFault::Heads { heads, width });
    }
    size("first of the frame", frame.first as usize, 0..=vocab - 1)?;
    size("last of the frame", frame.last as usize, 0..=vocab - 1)?;
    if !(eps.is_finite() && eps >= 0.0) {
        return Err(ConfigFault::Epsilon { found: eps });
    }
    Ok(())
}

pub(in crate::models) fn check_sentence_classifier(
    config: &SentenceClassifierConfig,
) -> Result<(), ConfigFault> {
    check_encoder(&config.encoder)?;
    size("classes", config.classes, 1..=LARGEST)?;
    let valid =
        |scale: crate::model::TargetScale| config.task == LabelKind::Regression && scale.is_valid();
    if config.target_scale.is_some_and(|scale| !valid(scale)) {
        return Err(ConfigFault::TargetScale);
    }
    Ok(())
}
