//! Strings to token ids: rules, tokenizer, vocabulary. Independent of tensors.
//!
//! ```text
//! "It's SO goooood!"
//!   rules       "xxbos xxmaj it's xxup so g xxrep 4 o d!"     (fastai's eight)
//!   tokenizer   xxbos xxmaj it 's xxup so g xxrep 4 o d !     (spaCy's words, or subwords)
//!   vocabulary  2 8 19 22 7 40 …
//! ```
//!
//! English gives the same tokens as fastai 2.8 with spaCy 3.8; `fixtures/text/compare.py` checks this on
//! whole corpora, and the tests on 2,000 hard lines.

mod batches;
mod character_places;
mod chars;
mod config;
mod counter;
mod detokenize;
mod direction;
mod error;
mod html;
mod language;
pub mod ngrams;
mod pipeline;
#[cfg(feature = "subwords")]
mod pretrained;
#[cfg(not(feature = "subwords"))]
#[path = "pretrained/absent.rs"]
mod pretrained;
mod rules;
mod spacy_tables;
mod spans;
pub mod special;
#[cfg(feature = "subwords")]
mod subwords;
#[cfg(not(feature = "subwords"))]
#[path = "subwords/absent.rs"]
mod subwords;
pub mod token_file;
mod tokenizer;
mod vocab;
mod words;

pub use character_places::CharacterPlaces;
pub use config::{InnerSpaces, TextConfig, TokenizerConfig};
pub use counter::Counter;
pub use direction::Direction;
pub use error::TextError;
pub use pipeline::TextPipeline;
pub use pretrained::PretrainedTokenizer;
pub use spans::{TokenSpan, WordSpan, words};
pub use subwords::SubwordModel;
pub use tokenizer::Tokenizer;
pub use vocab::{BaseWords, Vocab, VocabConfig, VocabPadding};

/// The two tokens that stand around every text that an encoder reads: `[CLS]` and `[SEP]` in BERT.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Frame {
    /// Id of the first token.
    pub first: TokenId,
    /// Id of the last token.
    pub last: TokenId,
}

/// Index of a token in the vocabulary, and so of its row in the embedding.
pub type TokenId = u32;

#[cfg(test)]
mod tests;
