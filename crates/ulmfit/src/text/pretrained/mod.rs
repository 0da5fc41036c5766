//! The tokenizer that an encoder was trained with, `tokenizer.json` of the `tokenizers` library:
//! texts to ids without fastai's rules.

use std::sync::Arc;

use rayon::prelude::*;
use tokenizers::Tokenizer;

use super::spans::TokenSpan;
use super::{Frame, TextError, TokenId};

/// The file in a model folder, as the `tokenizers` library stores it.
const TOKENIZER_FILE: &str = "tokenizer.json";
/// What stands for a hidden word.
const MASKS: [&str; 2] = ["[MASK]", "<mask>"];
/// What stands between the fields of a document.
const BETWEEN_FIELDS: &str = " ";

/// A tokenizer with its vocabulary. Cheap to clone, safe to share.
#[derive(Clone, Debug)]
pub struct PretrainedTokenizer {
    tokenizer: Arc<Tokenizer>,
    json: Arc<[u8]>,
    frame: Frame,
    vocab_size: usize,
}

impl PretrainedTokenizer {
    /// Reads `tokenizer.json`.
    ///
    /// # Errors
    /// [`TextError::Pretrained`] when it cannot be understood, or does not frame a text by two
    /// tokens.
    pub fn from_json(json: &[u8]) -> Result<Self, TextError> {
        let mut tokenizer = Tokenizer::from_bytes(json).map_err(|error| failed(&*error))?;
        // long texts are cut by whoever reads them, and nothing is padded
        tokenizer.with_truncation(None).map_err(|error| failed(&*error))?;
        tokenizer.with_padding(None);
        let nothing = tokenizer.encode("", true).map_err(|error| failed(&*error))?;
        let &[first, last] = nothing.get_ids() else {
            let count = nothing.get_ids().len();
            let reason = format!("{count} tokens stand around a text, not 2");
            return Err(TextError::Pretrained { reason });
        };
        let ids = tokenizer.get_vocab(true).into_values();
        let this = Self {
            vocab_size: ids.max().map_or(0, |id| id as usize + 1),
            tokenizer: Arc::new(tokenizer),
            json: json.into(),
            frame: Frame { first, last },
        };
        // what fails for one such text would fail for many
        this.try_encode(&["a word, and what no vocabulary has: \u{10fffd}"])?;
        Ok(this)
    }

    /// Name and content of the file that a model folder needs: what it was read from, as it was.
    pub fn files(&self) -> Vec<(&'static str, Vec<u8>)> {
        vec![(TOKENIZER_FILE, self.json.to_vec())]
    }

    /// The characters that a token stands for; none of an id without a token.
    pub fn token(&self, id: TokenId) -> Option<String> {
        let token = self.tokenizer.id_to_token(id)?;
        // the marks of a word's beginning, or of its continuation
        Some(token.trim_start_matches(['Ġ', '▁', '#']).to_owned())
    }

    /// Whether a token has a meaning of its own, as the one for what is unknown.
    pub fn is_special(&self, id: TokenId) -> bool {
        self.tokenizer.get_added_tokens_decoder().get(&id).is_some_and(|token| token.special)
    }

    /// Ids of all tokens that have a meaning of their own, in order.
    pub fn special(&self) -> Vec<TokenId> {
        let tokens = self.tokenizer.get_added_tokens_decoder();
        let special = tokens.iter().filter(|(_, token)| token.special);
        let mut ids: Vec<TokenId> = special.map(|(&id, _)| id).collect();
        ids.sort_unstable();
        ids
    }

    /// The token that hides a word, if it has one: `[MASK]` of BERT, `<mask>` of RoBERTa.
    pub fn mask(&self) -> Option<TokenId> {
        let ids = MASKS.iter().filter_map(|token| self.tokenizer.token_to_id(token));
        ids.into_iter().find(|&id| self.is_special(id))
    }

    /// One more than the largest id.
    pub fn vocab_size(&self) -> usize {
        self.vocab_size
    }

    /// What stands around every text.
    pub fn frame(&self) -> Frame {
        self.frame
    }

    /// The ids of a document without their frame; a space stands between its fields.
    ///
    /// A document that the tokenizer has no answer to (a regular expression of its own may give up)
    /// is like an empty one.
    pub fn encode(&self, fields: &[impl AsRef<str>]) -> Vec<TokenId> {
        self.try_encode(fields).unwrap_or_default()
    }

    fn try_encode(&self, fields: &[impl AsRef<str>]) -> Result<Vec<TokenId>, TextError> {
        let fields: Vec<&str> = fields.iter().map(AsRef::as_ref).collect();
        let text = fields.join(BETWEEN_FIELDS);
        let encoding = self.tokenizer.encode_fast(text, false).map_err(|error| failed(&*error))?;
        Ok(encoding.get_ids().to_vec())
    }

    /// [`encode`](Self::encode) with the bytes of the fields that each token stands for.
    pub fn encode_with_spans(&self, fields: &[impl AsRef<str>]) -> (Vec<TokenId>, Vec<TokenSpan>) {
        let fields: Vec<&str> = fields.iter().map(AsRef::as_ref).collect();
        let text = fields.join(BETWEEN_FIELDS);
        let Ok(encoding) = self.tokenizer.encode(text, false) else { return Default::default() };
        let spans = encoding.get_tokens().iter().zip(encoding.get_offsets());
        let spans = spans.map(|(token, &(start, end))| {
            let (mut field, mut base) = (0, 0);
            while field + 1 < fields.len() && start > base + fields[field].len() {
                base += fields[field].len() + BETWEEN_FIELDS.len();
                field += 1;
            }
            let within = |at: usize| at.saturating_sub(base).min(fields[field].len());
            let (start, end) = (within(start), within(end));
            TokenSpan { token: token.clone(), field, start, end: end.max(start) }
        });
        (encoding.get_ids().to_vec(), spans.collect())
    }

    /// [`encode`](Self::encode) of every document, on all cores, in the same order.
    pub fn encode_all<T, S>(&self, documents: &[T]) -> Vec<Vec<TokenId>>
    where
        T: AsRef<[S]> + Sync,
        S: AsRef<str>,
    {
        documents.par_iter().map(|fields| self.encode(fields.as_ref())).collect()
    }
}

fn failed(error: &(impl std::fmt::Display + ?Sized)) -> TextError {
    TextError::Pretrained { reason: error.to_string() }
}
