//! The settings of the text front end, stored in a model's `config.json`.

use serde::{Deserialize, Serialize};

/// Settings of the tokenization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TextConfig {
    /// Words or pieces of words.
    pub tokenizer: TokenizerConfig,
    /// Code of ISO 639; `xx` for none in particular.
    pub language: String,
    /// Whether `xxfld i` precedes field `i` of a document: if not given, where a document has
    /// several (as fastai).
    pub mark_fields: Option<bool>,
    /// Whether `xxeos` ends a document.
    pub add_eos: bool,
    /// What to do with spaces inside a token.
    pub inner_spaces: InnerSpaces,
}

impl TextConfig {
    /// The language for people: that of the models inside the program by its name, others by their code.
    pub fn language_name(&self) -> String {
        match self.language.as_str() {
            "en" => "English".to_owned(),
            code => format!("`{code}`"),
        }
    }
}

impl Default for TextConfig {
    fn default() -> Self {
        Self {
            tokenizer: TokenizerConfig::Words,
            language: "en".to_owned(),
            mark_fields: None,
            add_eos: false,
            inner_spaces: InnerSpaces::Mark,
        }
    }
}

/// The tokenizer proper.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum TokenizerConfig {
    /// Words as spaCy splits them.
    #[default]
    Words,
    /// Pieces of a unigram language model (Kudo 2018, SentencePiece's default).
    Unigram {
        /// Number of pieces to learn.
        #[serde(default = "default_vocab_size")]
        vocab_size: usize,
    },
    /// Pieces by byte-pair merges (Sennrich et al. 2016).
    Bpe {
        /// Number of pieces to learn.
        #[serde(default = "default_vocab_size")]
        vocab_size: usize,
    },
}

/// MultiFiT's (Eisenschlos et al. 2019).
const fn default_vocab_size() -> usize {
    15_000
}

impl TokenizerConfig {
    /// The value of `kind` on disk.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Words => "words",
            Self::Unigram { .. } => "unigram",
            Self::Bpe { .. } => "bpe",
        }
    }
}

/// White space of two characters and more is a token (`"\n "`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InnerSpaces {
    /// A space in a token becomes `▁`, as in fastai's training data (its rule `replace_space`).
    #[default]
    Mark,
    /// A space stays, as in fastai's `predict`, which leaves that rule out.
    Keep,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_as_tagged_json() {
        let config: TextConfig =
            serde_json::from_str(r#"{"tokenizer": {"kind": "unigram"}, "language": "de"}"#)
                .unwrap();
        assert_eq!(config.tokenizer, TokenizerConfig::Unigram { vocab_size: 15_000 });
        let text = serde_json::to_string(&config).unwrap();
        assert_eq!(serde_json::from_str::<TextConfig>(&text).unwrap(), config);
        assert!(serde_json::from_str::<TextConfig>(r#"{"tokeniser": {}}"#).is_err());
    }
}
