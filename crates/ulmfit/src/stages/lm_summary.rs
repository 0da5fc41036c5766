//! The language model before stage 3.

use crate::recipe::LmRecipe;
use crate::report::DirectionScore;

/// The language model before stage 3.
#[derive(Default)]
pub(crate) struct LmSummary {
    /// Its scores.
    pub(crate) language_model: Vec<DirectionScore>,
    /// Number of unlabelled texts that it was trained on.
    pub(crate) unlabeled: usize,
    /// Some of these, as token ids, for a classifier to label.
    pub(crate) pool: Vec<Vec<u32>>,
    /// Its hyper-parameters.
    pub(crate) recipe: Option<LmRecipe>,
    /// Tokens that it has read in all, if it started from random weights.
    pub(crate) lm_tokens: Option<usize>,
}
