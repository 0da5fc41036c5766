//! A text that has been tokenised and waits for its prediction.

use crate::models::ClassifierBundle;
use crate::text::TokenId;

/// A text that has been tokenised by the classifier that will predict it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreparedText {
    ids: Vec<TokenId>,
    unknown: usize,
    pooled: usize,
    pub(crate) knows_a_word: bool,
}

impl PreparedText {
    /// Of the ids that the model's own text pipeline gave.
    pub(crate) fn new(model: &ClassifierBundle, ids: Vec<TokenId>) -> Self {
        let unknown = ids.iter().filter(|&&id| model.text.is_unknown(id)).count();
        let pooled =
            model.networks.first().map_or(0, |(_, network)| network.pooled_tokens(ids.len()));
        let knows_a_word = model.knows_a_word(&ids);
        Self { ids, unknown, pooled, knows_a_word }
    }

    /// Ids of the tokens in reading order.
    pub fn ids(&self) -> &[TokenId] {
        &self.ids
    }

    /// Tokens, among them those that mark the beginning, fields and capitals.
    pub fn tokens(&self) -> usize {
        self.ids.len()
    }

    /// Tokens that the vocabulary lacks.
    pub fn unknown(&self) -> usize {
        self.unknown
    }

    /// Tokens whose states are pooled for the answer: the last ones of a long text. All are read.
    pub fn pooled(&self) -> usize {
        self.pooled
    }
}
