//! How a classifier comes to know language.

use crate::recipe::{EncoderRecipe, TfIdfRecipe};

/// How a classifier comes to know language.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Method {
    /// Fine-tunes a recurrent language model on the texts, then trains a classifier on it: ULMFiT.
    #[default]
    Ulmfit,
    /// Several of the others, weighted by how they answer rows that they have not learned.
    Auto,
    /// Starts from an encoder that was trained on pairs of sentences; best with few labels.
    Encoder(EncoderRecipe),
    /// Knows nothing of a language: weighs n-grams of words and characters; in seconds.
    TfIdf(TfIdfRecipe),
}
