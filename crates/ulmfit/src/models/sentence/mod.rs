//! Sentence encoders as users hold them: the encoder with its own tokenizer, read from folders of ours and of others.

mod base;
mod config_check;
mod fragments;
mod hugging_face;
mod weights;

pub use base::EncoderBundle;
pub(super) use config_check::{check_encoder, check_sentence_classifier};
pub use hugging_face::from_hugging_face;
pub(super) use weights::tokenizer;
