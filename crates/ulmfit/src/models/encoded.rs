//! Documents as the parts of a classifier read them.

use crate::text::TokenId;

/// A document as token ids, in the vocabulary of each part of the classifier that encoded it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodedDocument(pub(super) Vec<Vec<TokenId>>);

impl EncodedDocument {
    /// The ids for the first part; the only one of most classifiers.
    pub fn ids(&self) -> &[TokenId] {
        self.0.first().map_or(&[], Vec::as_slice)
    }

    /// Tokens that are read in all.
    pub fn tokens(&self) -> usize {
        self.0.iter().map(Vec::len).sum()
    }
}

/// Of a classifier with one part.
impl From<Vec<TokenId>> for EncodedDocument {
    fn from(ids: Vec<TokenId>) -> Self {
        Self(vec![ids])
    }
}
