//! Rules of a recipe for little and for much data; [`resolve`](super::LmRecipe::resolve) applies them.

use serde::{Deserialize, Serialize};

/// Settings for so much text that it is read only once: overfitting is unlikely, and training all
/// layers gains more than freezing the lower ones would protect (lab book, 2026-11-23).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ReadOnce {
    /// Factor of all dropout probabilities.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drop_mult: Option<f64>,
    /// Factor by which each lower group learns more slowly, if the recipe has such a factor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lr_factor: Option<f64>,
}

/// Settings for a language model that starts from random weights.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct NoBase {
    /// Below this number of tokens the weights stay random: training on so little text did not help the
    /// classifier, and mostly hurt it, for any number of epochs (lab book, 2026-11-24).
    pub random_below: usize,
    /// Instead of the stage's own.
    pub min_updates: usize,
}

/// Settings for few labelled documents: all layers are trained at once, since so few examples can train
/// one layer at a time little (lab book, 2026-11-24).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FewDocuments {
    /// Applies below this number of documents.
    pub below: usize,
    /// Peak learning rate of the highest group.
    pub lr: f64,
}

/// When a classifier gives pseudo-labels to unlabelled texts, and how many of these are used.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SelfTraining {
    /// Applies below this number of labelled documents; `None`: always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below: Option<usize>,
    /// Most texts that get a pseudo-label.
    pub texts: usize,
    /// Largest share of them that the second classifier is trained on, per class.
    pub share: f64,
}

/// Share where only the number of texts was set by hand.
const SHARE: f64 = 0.5;

impl SelfTraining {
    /// With up to `texts` texts, however many labels there are; 0 means no self-training.
    pub fn of(texts: usize) -> Option<Self> {
        (texts > 0).then_some(Self { below: None, texts, share: SHARE })
    }
}
