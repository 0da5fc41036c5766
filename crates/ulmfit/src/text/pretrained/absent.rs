//! The stand-in of a build without the feature `subwords`.

use super::spans::TokenSpan;
use super::{Frame, TextError, TokenId};

/// The tokenizer of an encoder; a build without the feature `subwords` has none.
#[derive(Clone, Debug)]
pub enum PretrainedTokenizer {}

impl PretrainedTokenizer {
    /// Fails: this build cannot read the file.
    ///
    /// # Errors
    /// Always.
    pub fn from_json(_json: &[u8]) -> Result<Self, TextError> {
        Err(TextError::Pretrained { reason: "this build cannot read it".to_owned() })
    }

    /// Name and content of the file that a model folder needs.
    pub fn files(&self) -> Vec<(&'static str, Vec<u8>)> {
        match *self {}
    }

    /// The token of an id.
    pub fn token(&self, _id: TokenId) -> Option<String> {
        match *self {}
    }

    /// One more than the largest id.
    pub fn vocab_size(&self) -> usize {
        match *self {}
    }

    /// What stands around every text.
    pub fn frame(&self) -> Frame {
        match *self {}
    }

    /// Whether a token has a meaning of its own.
    pub fn is_special(&self, _id: TokenId) -> bool {
        match *self {}
    }

    /// Ids of all tokens that have a meaning of their own.
    pub fn special(&self) -> Vec<TokenId> {
        match *self {}
    }

    /// The token that hides a word.
    pub fn mask(&self) -> Option<TokenId> {
        match *self {}
    }

    /// The ids of a document.
    pub fn encode(&self, _fields: &[impl AsRef<str>]) -> Vec<TokenId> {
        match *self {}
    }

    /// The ids of a document and what each stands for.
    pub fn encode_with_spans(&self, _fields: &[impl AsRef<str>]) -> (Vec<TokenId>, Vec<TokenSpan>) {
        match *self {}
    }

    /// The ids of every document.
    pub fn encode_all<T, S>(&self, _documents: &[T]) -> Vec<Vec<TokenId>>
    where
        T: AsRef<[S]> + Sync,
        S: AsRef<str>,
    {
        match *self {}
    }
}
