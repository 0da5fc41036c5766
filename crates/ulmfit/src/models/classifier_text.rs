//! How a classifier reads texts.

use crate::text::ngrams::{FieldBytes, NgramVocab};
use crate::text::{PretrainedTokenizer, TextPipeline, TokenId, WordSpan, special, words};

/// Texts to ids, as the network of a classifier needs them.
#[derive(Clone, Debug)]
pub enum ClassifierText {
    /// fastai's rules, a tokenizer and a vocabulary: for a recurrent network.
    Pipeline(TextPipeline),
    /// The tokenizer that came with a transformer.
    Pretrained(PretrainedTokenizer),
    /// N-grams of words and characters, in no order: for a linear layer.
    Ngrams(NgramVocab),
}

impl ClassifierText {
    /// The ids of a document, which is a list of fields; n-grams in rising order.
    pub fn encode(&self, fields: &[impl AsRef<str>]) -> Vec<TokenId> {
        match self {
            Self::Pipeline(text) => text.encode(fields),
            Self::Pretrained(text) => text.encode(fields),
            Self::Ngrams(text) => text.encode(fields),
        }
    }

    /// [`encode`](Self::encode), and the words of the document as numbers of these ids; those of
    /// n-grams have no numbers, for these are in no order.
    pub fn encode_words(&self, fields: &[impl AsRef<str>]) -> (Vec<TokenId>, Vec<WordSpan>) {
        match self {
            Self::Pipeline(text) => {
                let spans = text.tokenizer().tokenize_with_spans(fields);
                let ids = spans.iter().map(|span| text.vocab().id(&span.token)).collect();
                (ids, words(fields, &spans, 1)) // not `xxbos`
            }
            Self::Pretrained(text) => {
                let (ids, spans) = text.encode_with_spans(fields);
                let found = words(fields, &spans, 0);
                (ids, found)
            }
            Self::Ngrams(text) => {
                let word = |FieldBytes { field, bytes }| {
                    let (start, end) = (bytes.start, bytes.end);
                    WordSpan { first_token: 0, end_token: 0, field, start, end }
                };
                (text.encode(fields), text.words(fields).into_iter().map(word).collect())
            }
        }
    }

    /// [`encode`](Self::encode) of every document, on all cores, in the same order.
    pub fn encode_all<T, S>(&self, documents: &[T]) -> Vec<Vec<TokenId>>
    where
        T: AsRef<[S]> + Sync,
        S: AsRef<str>,
    {
        match self {
            Self::Pipeline(text) => text.encode_all(documents),
            Self::Pretrained(text) => text.encode_all(documents),
            Self::Ngrams(text) => text.encode_all(documents),
        }
    }

    /// Name and content of the files that a model folder needs besides `config.json`.
    pub fn files(&self) -> Vec<(&'static str, Vec<u8>)> {
        match self {
            Self::Pipeline(text) => text.files(),
            Self::Pretrained(text) => text.files(),
            Self::Ngrams(text) => text.files(),
        }
    }

    /// Number of tokens or n-grams it knows.
    pub fn vocab_size(&self) -> usize {
        match self {
            Self::Pipeline(text) => text.vocab().len(),
            Self::Pretrained(text) => text.vocab_size(),
            Self::Ngrams(text) => text.len(),
        }
    }

    /// Whether a token is a word or a piece of one, and not punctuation, white space or unknown.
    pub fn is_word(&self, id: TokenId) -> bool {
        let has_letters =
            |token: &str| token.chars().any(|c| !c.is_ascii_punctuation() && !c.is_whitespace());
        match self {
            Self::Pipeline(text) => {
                let token = text.vocab().token(id);
                let is_special = special::ALL.contains(&token) || token == special::FAKE;
                !is_special && has_letters(token)
            }
            Self::Pretrained(text) => {
                !text.is_special(id) && text.token(id).is_some_and(|token| has_letters(&token))
            }
            Self::Ngrams(text) => text.is_word(id),
        }
    }

    /// Whether a token stands for what the vocabulary lacks.
    pub fn is_unknown(&self, id: TokenId) -> bool {
        match self {
            Self::Pipeline(_) => id == special::UNK_ID,
            Self::Pretrained(text) => {
                text.token(id).is_some_and(|token| token == "[UNK]" || token == "<unk>")
            }
            Self::Ngrams(_) => false, // it is left out
        }
    }

    /// The rules and words of a recurrent network; none of others.
    pub fn pipeline(&self) -> Option<&TextPipeline> {
        match self {
            Self::Pipeline(text) => Some(text),
            Self::Pretrained(_) | Self::Ngrams(_) => None,
        }
    }
}

impl From<TextPipeline> for ClassifierText {
    fn from(text: TextPipeline) -> Self {
        Self::Pipeline(text)
    }
}

impl From<&PretrainedTokenizer> for ClassifierText {
    #[cfg_attr(
        not(feature = "subwords"),
        expect(unreachable_code, reason = "without the feature there is no such tokenizer")
    )]
    fn from(text: &PretrainedTokenizer) -> Self {
        Self::Pretrained(text.clone())
    }
}
