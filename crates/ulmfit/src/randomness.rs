//! What random numbers are drawn for.

use ulmfit_ops::Key;

/// What random numbers are drawn for: the first step from a seed into the tree of keys, a different one for each use.
///
/// The steps below 20 are those of the reading directions. A number that is written here once stays: another one would
/// change what a seed means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Updates of a learning rate finder with a language model.
    LmRateFinder = 20,
    /// Updates of a learning rate finder with a classifier.
    ClassifierRateFinder = 21,
    /// Texts that `pretrain` holds out.
    PretrainHoldOut = 50,
    /// Texts that `finetune` holds out.
    FinetuneHoldOut = 51,
    /// Training, validation and test set: the same for every method.
    Splits = 100,
    /// Pairs of texts for contrastive fine-tuning.
    Pairs = 101,
    /// Which texts to label next.
    NextTexts = 102,
    /// Folds that choose the strength of a head's penalty.
    Head = 103,
    /// Classifiers on n-grams.
    Ngrams = 104,
    /// Which texts without labels are read.
    DrawnTexts = 105,
    /// Pairs of the same text with different dropout.
    DropoutPairs = 106,
    /// Words that are masked.
    MaskedWords = 107,
    /// Texts that a teacher reads.
    Teacher = 109,
    /// Folds of out-of-fold predictions.
    Folds = 110,
    /// Encoder and head learning together.
    EndToEnd = 111,
    /// Folds that find labels which are probably wrong.
    Suspects = 112,
    /// Which examples come first in a curve of errors against labels.
    LabelCurve = 113,
    /// Which texts without labels such a curve uses.
    LabelCurveTexts = 114,
}

impl Purpose {
    /// The key of this use.
    #[must_use]
    pub fn key(self, seed: u64) -> Key {
        Key::new(seed).child(self as u64)
    }
}
