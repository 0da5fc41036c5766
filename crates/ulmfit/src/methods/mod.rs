//! Methods other than ULMFiT's stages: a sentence encoder, n-grams, and a portfolio of all of them.

pub mod encoder;
pub(crate) mod portfolio;
pub mod tfidf;
