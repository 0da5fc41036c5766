//! Methods of training a classifier.

use crate::recipe::{EncoderRecipe, TfIdfRecipe};

/// A method of training a classifier.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Method {
    /// Fine-tunes a recurrent language model on the texts, then trains a classifier on it: ULMFiT.
    #[default]
    Ulmfit,
    /// Several of the other methods, weighted by their predictions for held-out examples.
    Auto,
    /// Starts from an encoder that was trained on pairs of sentences; best with few labels.
    Encoder(EncoderRecipe),
    /// Weights n-grams of words and characters, without a pretrained model; takes seconds.
    TfIdf(TfIdfRecipe),
}
