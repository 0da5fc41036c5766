//! The stand-in of a build without the feature `subwords`.

use std::ops::Range;
use std::path::Path;

use super::{TextConfig, TextError};

/// A model of pieces; a build without the feature `subwords` has none.
#[derive(Debug)]
pub enum SubwordModel {}

impl SubwordModel {
    /// Fails: this build cannot read the file.
    ///
    /// # Errors
    ///
    /// Always.
    pub fn from_sentencepiece(_path: &Path) -> Result<Self, TextError> {
        Err(TextError::NoSubwordModel { kind: "unigram" })
    }

    pub(super) fn train<E: From<TextError>>(
        config: &TextConfig,
        _documents: impl IntoIterator<Item = Result<Vec<String>, E>>,
    ) -> Result<Self, E> {
        Err(TextError::NoSubwordModel { kind: config.tokenizer.kind() }.into())
    }

    pub(super) fn from_json(_json: &[u8]) -> Result<Self, TextError> {
        Err(TextError::NoSubwordModel { kind: "subwords" })
    }

    pub(super) fn kind(&self) -> &'static str {
        match *self {}
    }

    pub(super) fn for_each_piece(&self, _text: &str, _f: &mut dyn FnMut(&str)) {
        match *self {}
    }

    pub(super) fn for_each_piece_at(&self, _text: &str, _f: &mut dyn FnMut(&str, Range<usize>)) {
        match *self {}
    }

    pub(super) fn pieces(&self) -> Vec<String> {
        match *self {}
    }

    pub(super) fn to_json(&self) -> Vec<u8> {
        match *self {}
    }
}
