//! Errors of tokenizers, vocabularies and token files.

use std::io::ErrorKind;
use std::path::PathBuf;

/// Why a tokenizer or vocabulary could not be created, stored or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TextError {
    /// The language is not an ISO 639 code.
    #[error("unknown language code `{code}`")]
    Language {
        /// What was asked for.
        code: String,
    },
    /// The language has no spaces between words.
    #[error("language `{code}` has no spaces between words")]
    NeedsSubwords {
        /// The language.
        code: String,
    },
    /// A subword tokenizer was asked for, but its model is missing or the build cannot use one.
    #[error("tokenizer `{kind}` without its subword model")]
    NoSubwordModel {
        /// `unigram` or `bpe`.
        kind: &'static str,
    },
    /// The subword model is of another kind than the configuration says, or not wanted at all.
    #[error("the configuration asks for tokenizer `{wanted}`, the subword model is `{found}`")]
    SubwordKind {
        /// Of the configuration.
        wanted: &'static str,
        /// Of the model.
        found: &'static str,
    },
    /// The subword model could not be trained or read.
    #[error("subword model: {reason}")]
    Subwords {
        /// What the file or the trainer says.
        reason: String,
    },
    /// The tokenizer of an encoder could not be read, or cannot read a text.
    #[error("tokenizer.json: {reason}")]
    Pretrained {
        /// What the file or the tokenizer says.
        reason: String,
    },
    /// A vocabulary does not begin with the tokens whose ids are fixed.
    #[error("vocabulary has `{found}` as token {id}, expected `{expected}`")]
    VocabSpecials {
        /// Where.
        id: usize,
        /// What was found.
        found: String,
        /// What must.
        expected: &'static str,
    },
    /// A vocabulary lists a token twice.
    #[error("vocabulary lists `{token}` twice, as {first} and {second}")]
    VocabDuplicate {
        /// The token.
        token: String,
        /// Its first id.
        first: super::TokenId,
        /// Its second id.
        second: super::TokenId,
    },
    /// A vocabulary has more tokens than ids.
    #[error("vocabulary of {size} tokens is too large")]
    VocabSize {
        /// Its length.
        size: usize,
    },
    /// A file of n-grams asks for lengths that none has.
    #[error(
        "ngrams.json: n-grams of {what} of {least} to {most}; the shortest must be from 1 to \
         {shortest}, the longest from that to {longest}"
    )]
    NgramLengths {
        /// `words` or `chars`.
        what: &'static str,
        /// Shortest, in the file.
        least: usize,
        /// Longest, in the file.
        most: usize,
        /// Largest number that the shortest may be.
        shortest: usize,
        /// Largest number that the longest may be.
        longest: usize,
    },
    /// A file of n-grams lists one twice.
    #[error("ngrams.json: `{gram}` is listed twice")]
    NgramTwice {
        /// The n-gram.
        gram: String,
    },
    /// A file of a model folder is not what it should be.
    #[error("{name}: {source}")]
    Json {
        /// The file's name in the folder.
        name: &'static str,
        /// What the parser says.
        source: serde_json::Error,
    },
    /// A file of a model folder could not be read.
    #[error("{name}: {source}")]
    Read {
        /// The file's name in the folder.
        name: &'static str,
        /// What the system says.
        source: std::io::Error,
    },
    /// A token file could not be read or written.
    #[error("{}: {source}", path.display())]
    TokenFileIo {
        /// The token file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A token file is damaged or cut short, or the file is not a token file.
    #[error("{}: {reason}", path.display())]
    TokenFileDamaged {
        /// The token file.
        path: PathBuf,
        /// What does not fit.
        reason: &'static str,
    },
    /// A token file was made from other texts, another vocabulary or with other settings.
    #[error("{}: made from other sources, settings or vocabulary", path.display())]
    TokenFileStale {
        /// The token file.
        path: PathBuf,
    },
}

impl TextError {
    /// What to do next, where that can be said.
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::Language { .. } => {
                "give a two-letter code such as `de`, or `xx` for any language"
            }
            Self::NeedsSubwords { .. } => "choose the tokenizer `unigram` or `bpe`",
            Self::NoSubwordModel { .. } | Self::Pretrained { .. }
                if !cfg!(feature = "subwords") =>
            {
                "this build lacks the feature `subwords`"
            }
            Self::NoSubwordModel { .. } => {
                "train one, or copy `tokenizer.json` into the model folder"
            }
            Self::SubwordKind { .. } => "let `tokenizer` in config.json name the model's own kind",
            Self::VocabSpecials { .. } => "the first tokens must be `xxunk`, `xxpad`, `xxbos`",
            Self::VocabDuplicate { .. } => "remove one of the two; its embedding row goes with it",
            Self::NgramTwice { .. } => "remove one of the two; its row of weights goes with it",
            Self::NgramLengths { .. } => "train the model again, the file is not what was written",
            Self::TokenFileDamaged { .. } | Self::TokenFileStale { .. } => {
                "delete the file, it will be made again"
            }
            Self::TokenFileIo { source, .. } if source.kind() == ErrorKind::StorageFull => {
                "make room on the disk; the same command continues"
            }
            Self::TokenFileIo { source, .. } if source.kind() == ErrorKind::FileTooLarge => {
                "files may not be larger here: see `ulimit -f`"
            }
            _ => return None,
        })
    }
}
