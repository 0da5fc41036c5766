//! Which n-grams a text has, and which of them are known.

use serde::{Deserialize, Serialize};

/// Lengths of n-grams, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NgramRange {
    /// The shortest.
    pub least: usize,
    /// The longest.
    pub most: usize,
}

/// Which n-grams a text has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NgramConfig {
    /// Numbers of words.
    pub words: NgramRange,
    /// Numbers of characters, within a word and the spaces around it.
    pub chars: NgramRange,
}

impl Default for NgramConfig {
    /// One to two words, two to five characters.
    fn default() -> Self {
        Self { words: NgramRange { least: 1, most: 2 }, chars: NgramRange { least: 2, most: 5 } }
    }
}

/// Which n-grams of the documents get a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct NgramLimits {
    /// Those in fewer documents do not.
    pub min_documents: usize,
    /// Most columns of n-grams of words, and as many of characters: those in the most documents.
    pub max_features: usize,
}
