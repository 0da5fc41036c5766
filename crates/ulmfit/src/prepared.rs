//! A text that has been tokenised and waits for its prediction.

use crate::models::{ClassifierBundle, EncodedDocument};

/// A text that has been tokenised by the classifier that will predict it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreparedText {
    document: EncodedDocument,
    unknown: usize,
    pooled: usize,
    pub(crate) knows_a_word: bool,
}

impl PreparedText {
    /// Of a document that the model itself has encoded.
    pub(crate) fn new(model: &ClassifierBundle, document: EncodedDocument) -> Self {
        let (unknown, pooled) = model.seen(&document);
        let knows_a_word = model.knows_a_word(&document);
        Self { document, unknown, pooled, knows_a_word }
    }

    /// The document, as the parts of the model read it.
    pub fn document(&self) -> &EncodedDocument {
        &self.document
    }

    /// Tokens, among them those that mark the beginning, fields and capitals; of all parts of the
    /// model together.
    pub fn tokens(&self) -> usize {
        self.document.tokens()
    }

    /// Whether it has a word that the model knows; otherwise the answer rests on nothing.
    pub fn knows_a_word(&self) -> bool {
        self.knows_a_word
    }

    /// Tokens that the vocabulary lacks; of all parts together.
    pub fn unknown(&self) -> usize {
        self.unknown
    }

    /// Tokens whose states are pooled for the answer: the last ones of a long text. All are read.
    pub fn pooled(&self) -> usize {
        self.pooled
    }
}
