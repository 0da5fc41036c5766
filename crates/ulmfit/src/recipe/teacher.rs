//! How a language model learns the sentence vectors of a teacher.

use serde::{Deserialize, Serialize};

/// How a language model learns the sentence vectors of a teacher beside the next word
/// ([`Student`](crate::model::student::Student)); it does so only where a teacher is given.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct TeacherRecipe {
    /// Factor of its loss (1 - cosine) beside the cross entropy of the next word in nats.
    pub weight: f64,
    /// Texts per batch of the language model.
    pub batch_size: usize,
    /// Sentences and sections at most, drawn from all.
    pub texts: usize,
    /// Maximum number of tokens of a text, from its beginning.
    pub max_tokens: usize,
}

impl Default for TeacherRecipe {
    fn default() -> Self {
        Self { weight: 10.0, batch_size: 64, texts: 200_000, max_tokens: 64 }
    }
}

impl TeacherRecipe {
    /// Skipped in files when nothing is changed, so that older run folders still match.
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}
