//! Pieces of words, through the `tokenizers` library: what a language without spaces, or with many
//! forms of a word, needs. The rules and their special tokens come first (as in fastai); a special
//! token is never cut.

mod sentencepiece;
mod train;

use std::ops::Range;
use std::path::Path;

use tokenizers::models::ModelWrapper;
use tokenizers::normalizers::NormalizerWrapper;
use tokenizers::pre_tokenizers::metaspace::Metaspace;
use tokenizers::{AddedToken, Model, Tokenizer};

use super::chars::is_space;
use super::config::{TextConfig, TokenizerConfig};
use super::rules::{RuleBuffer, Rules};
use super::special::{self, UNK};
use super::{Counter, TextError};

/// The mark of a word's beginning.
const SPACE: char = '▁';

/// A unigram or byte-pair model: words to pieces.
#[derive(Debug)]
pub struct SubwordModel {
    tokenizer: Tokenizer,
    unk: Option<u32>,
    /// Special tokens are pieces that begin a word (`▁xxbos`), as in models that fastai trained.
    marked_specials: bool,
}

impl SubwordModel {
    /// Reads a unigram model of SentencePiece (`.model`), its normalization included.
    ///
    /// # Errors
    ///
    /// If the file cannot be read or holds no unigram model.
    pub fn from_sentencepiece(path: &Path) -> Result<Self, TextError> {
        let bytes = std::fs::read(path).map_err(|error| failed(&error))?;
        let file = sentencepiece::Proto::parse(&bytes)?;
        let model = file.unigram()?;
        Ok(Self::new(model, file.normalizer()?))
    }

    /// Learns pieces from documents.
    pub(super) fn train<E: From<TextError>>(
        config: &TextConfig,
        documents: impl IntoIterator<Item = Result<Vec<String>, E>>,
    ) -> Result<Self, E> {
        Ok(Self::new(train::train(config, documents)?, None))
    }

    /// `tokenizer.json` of the `tokenizers` library, which other programs can read too.
    pub(super) fn from_json(json: &[u8]) -> Result<Self, TextError> {
        let tokenizer = Tokenizer::from_bytes(json).map_err(|error| failed(&*error))?;
        match tokenizer.get_model() {
            ModelWrapper::Unigram(_) | ModelWrapper::BPE(_) => Ok(Self::around(tokenizer)),
            _ => {
                Err(TextError::Subwords { reason: "neither a unigram nor a bpe model".to_owned() })
            }
        }
    }

    pub(super) fn to_json(&self) -> Vec<u8> {
        self.tokenizer.to_string(false).expect("what was built or read can be written").into_bytes()
    }

    fn new(model: ModelWrapper, normalizer: Option<NormalizerWrapper>) -> Self {
        let mut tokenizer = Tokenizer::new(model);
        tokenizer.with_pre_tokenizer(Some(Metaspace::default()));
        tokenizer.with_normalizer(normalizer).expect("no tokens were added that it could change");
        Self::around(tokenizer)
    }

    fn around(tokenizer: Tokenizer) -> Self {
        let id = |token: &str| tokenizer.get_model().token_to_id(token);
        let unk = [UNK, "<unk>"].into_iter().find_map(id);
        let marked_specials = id(&format!("{SPACE}{}", special::BOS)).is_some();
        Self { tokenizer, unk, marked_specials }
    }

    /// `unigram` or `bpe`, as in [`TokenizerConfig::kind`].
    pub(super) fn kind(&self) -> &'static str {
        match self.tokenizer.get_model() {
            ModelWrapper::BPE(_) => "bpe",
            _ => "unigram",
        }
    }

    /// All pieces, by id.
    pub(super) fn pieces(&self) -> Vec<String> {
        let model = self.tokenizer.get_model();
        (0..model.get_vocab_size() as u32).filter_map(|id| model.id_to_token(id)).collect()
    }

    /// Calls `f` with the pieces of a text that the rules have been over; a character that is in no
    /// piece comes as it is, or as `xxunk`.
    pub(super) fn for_each_piece(&self, text: &str, f: &mut dyn FnMut(&str)) {
        self.for_each_piece_at(text, &mut |piece, _| f(piece));
    }

    /// As [`for_each_piece`](Self::for_each_piece), with the bytes of the text that each piece
    /// stands for; of a text that is normalized, those of the whole word, if words stay words.
    pub(super) fn for_each_piece_at(&self, text: &str, f: &mut dyn FnMut(&str, Range<usize>)) {
        let normalized = match self.tokenizer.get_normalizer() {
            Some(NormalizerWrapper::Precompiled(map)) => Some(map.normalize_string(text)),
            _ => None,
        };
        let (given, text) = (text, normalized.as_deref().unwrap_or(text));
        let words = |text: &'_ str| text.split(is_space).filter(|word| !word.is_empty()).count();
        let same_words = normalized.is_some() && words(given) == words(text);
        let mut given_words = given.split(is_space).filter(|word| !word.is_empty());
        let mut word = String::new();
        for plain in text.split(is_space).filter(|word| !word.is_empty()) {
            let whole = match given_words.next() {
                Some(own) if same_words => range_in(given, own),
                _ if normalized.is_some() => 0..given.len(),
                _ => range_in(text, plain),
            };
            word.clear();
            word.push(SPACE);
            word.push_str(plain);
            if special::ALL.contains(&plain) {
                f(if self.marked_specials { &word } else { plain }, whole);
                continue;
            }
            // Only a model without a piece for the unknown can fail, and `from_json` may read one.
            match self.tokenizer.get_model().tokenize(&word) {
                Ok(pieces) => {
                    for piece in pieces {
                        let at =
                            |offset: usize| whole.start + offset.saturating_sub(SPACE.len_utf8());
                        let part = at(piece.offsets.0)..at(piece.offsets.1);
                        let place = if normalized.is_some() { whole.clone() } else { part };
                        f(if Some(piece.id) == self.unk { UNK } else { &piece.value }, place);
                    }
                }
                Err(_) => f(UNK, whole),
            }
        }
    }
}

/// Where a slice of a text is in it.
fn range_in(text: &str, slice: &str) -> Range<usize> {
    let start = slice.as_ptr() as usize - text.as_ptr() as usize;
    start..start + slice.len()
}

fn failed(error: &(impl std::fmt::Display + ?Sized)) -> TextError {
    TextError::Subwords { reason: error.to_string() }
}

fn special_tokens() -> Vec<AddedToken> {
    special::ALL.map(|token| AddedToken::from(token, true)).into()
}

#[cfg(test)]
mod tests;
