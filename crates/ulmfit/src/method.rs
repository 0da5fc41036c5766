//! How a classifier comes to know language.

use crate::recipe::EncoderRecipe;

/// How a classifier comes to know language.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Method {
    /// Fine-tunes a recurrent language model on the texts, then trains a classifier on it: ULMFiT.
    #[default]
    Ulmfit,
    /// Starts from an encoder that was trained on pairs of sentences; best with few labels.
    Encoder(EncoderRecipe),
}
