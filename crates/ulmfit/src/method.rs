//! How a classifier comes to know language.

use crate::recipe::{EncoderRecipe, TfIdfRecipe};

/// How a classifier comes to know language.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Method {
    /// Fine-tunes a recurrent language model on the texts, then trains a classifier on it: ULMFiT.
    #[default]
    Ulmfit,
    /// Starts from an encoder that was trained on pairs of sentences; best with few labels.
    Encoder(EncoderRecipe),
    /// Knows nothing of a language: weighs n-grams of words and characters; in seconds.
    TfIdf(TfIdfRecipe),
}
