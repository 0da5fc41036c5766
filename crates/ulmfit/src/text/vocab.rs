//! The tokens a model knows, by id.

use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};

use super::special::{self, UNK_ID};
use super::{Counter, TextError, TokenId};

/// Settings of a new vocabulary (fastai's `make_vocab`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VocabConfig {
    /// Rarer tokens are left out.
    pub min_freq: u64,
    /// Maximum number of tokens, including the special ones but not those that [`VocabPadding`] adds.
    pub max_size: usize,
    /// Whether the size is rounded up.
    pub fill: VocabPadding,
    /// Which words of a base model are kept when the vocabulary is adapted to new texts.
    pub base_words: BaseWords,
}

impl Default for VocabConfig {
    fn default() -> Self {
        Self {
            min_freq: 3,
            max_size: 60_000,
            fill: VocabPadding::None,
            base_words: BaseWords::Frequent,
        }
    }
}

/// Which words of a base model stay in the vocabulary of the texts it is fine-tuned on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
pub enum BaseWords {
    /// Those that reach the minimum frequency of new words in the texts (as in fastai)
    #[default]
    Frequent,
    /// Those that occur in the texts
    Seen,
    /// All, in case later texts use them
    All,
    /// All, in the same order, and no new words: for more text of the kind that the base was trained on
    Only,
}

/// Padding of the vocabulary size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VocabPadding {
    /// Nothing.
    #[default]
    None,
    /// `xxfake` up to the next multiple of eight, eight of them if the size is one already: fastai's,
    /// for files to be exchanged with it.
    Fastai,
}

/// Tokens by id and ids by token. On disk (`vocab.json`) a JSON array of the tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct Vocab {
    tokens: Vec<String>,
    ids: FxHashMap<String, TokenId>,
}

impl Vocab {
    /// A vocabulary of these tokens in this order. `xxfake` may occur several times and is
    /// never the id of a text's token.
    ///
    /// # Errors
    ///
    /// If it does not begin with `xxunk xxpad xxbos`, or a token occurs twice.
    pub fn from_tokens(tokens: Vec<String>) -> Result<Self, TextError> {
        if TokenId::try_from(tokens.len()).is_err() {
            return Err(TextError::VocabSize { size: tokens.len() });
        }
        for (id, expected) in special::ALL.into_iter().enumerate().take(3) {
            let found = tokens.get(id).cloned().unwrap_or_default();
            if found != expected {
                return Err(TextError::VocabSpecials { id, found, expected });
            }
        }
        let vocab = Self::index(tokens);
        for (first, token) in (0..).zip(&vocab.tokens) {
            if let Some(second) = vocab.get(token).filter(|last| *last != first) {
                return Err(TextError::VocabDuplicate { token: token.clone(), first, second });
            }
        }
        Ok(vocab)
    }

    fn index(tokens: Vec<String>) -> Self {
        let real = (0..).zip(&tokens).filter(|(_, token)| *token != special::FAKE);
        let ids = real.map(|(id, token)| (token.clone(), id)).collect();
        Self { tokens, ids }
    }

    /// The special tokens, then the most frequent others that are frequent enough.
    pub fn build(counter: &Counter, config: &VocabConfig) -> Self {
        Self::choose(counter, config, |_| false, &[])
    }

    /// The vocabulary of new texts for a model that knows this one: as [`build`](Self::build), and
    /// the words of this one that [`BaseWords`] keeps.
    #[must_use]
    pub fn adapt(&self, counter: &Counter, config: &VocabConfig) -> Self {
        let known = |token: &str| self.get(token).is_some();
        match config.base_words {
            BaseWords::Frequent => Self::build(counter, config),
            BaseWords::Seen => Self::choose(counter, config, known, &[]),
            BaseWords::All => Self::choose(counter, config, known, &self.tokens),
            BaseWords::Only => self.clone(),
        }
    }

    /// The special tokens, the tokens of the texts that are frequent enough or `known`, by
    /// frequency, then `more`.
    fn choose(
        counter: &Counter,
        config: &VocabConfig,
        known: impl Fn(&str) -> bool,
        more: &[String],
    ) -> Self {
        // The cut comes before the special tokens are added, and again after: fastai's order.
        let common = counter.most_common().into_iter().take(config.max_size);
        let special = |token: &str| special::ALL.contains(&token) || token == special::FAKE;
        let others = common
            .filter(|(token, count)| *count >= config.min_freq || known(token))
            .filter(|(token, _)| !special(token))
            .map(|(token, _)| token);
        let mut tokens: Vec<String> =
            special::ALL.into_iter().chain(others).map(str::to_owned).collect();
        if !more.is_empty() {
            let there: FxHashSet<String> = tokens.iter().cloned().collect();
            let missing = more.iter().filter(|token| !special(token) && !there.contains(*token));
            tokens.extend(missing.cloned());
        }
        tokens.truncate(config.max_size.max(special::ALL.len()));
        if config.fill == VocabPadding::Fastai {
            tokens.resize(tokens.len() / 8 * 8 + 8, special::FAKE.to_owned());
        }
        Self::index(tokens)
    }

    /// Id of `token`; [`special::UNK_ID`] if it is unknown.
    #[inline]
    pub fn id(&self, token: &str) -> TokenId {
        self.get(token).unwrap_or(UNK_ID)
    }

    /// Id of `token`, if it is known.
    #[inline]
    pub fn get(&self, token: &str) -> Option<TokenId> {
        self.ids.get(token).copied()
    }

    /// The token of an id.
    ///
    /// # Panics
    ///
    /// If there is no such id.
    pub fn token(&self, id: TokenId) -> &str {
        &self.tokens[id as usize]
    }

    /// Number of ids.
    #[allow(clippy::len_without_is_empty, reason = "a vocabulary always has the special tokens")]
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// The tokens, by id.
    pub fn tokens(&self) -> &[String] {
        &self.tokens
    }

    /// For every token its id in `old`, `None` where it is new: how embeddings move from one
    /// vocabulary to another (fastai's `match_embeds`; new tokens get the mean row there).
    pub fn sources_in(&self, old: &Self) -> Vec<Option<TokenId>> {
        self.tokens.iter().map(|token| old.get(token)).collect()
    }
}

impl TryFrom<Vec<String>> for Vocab {
    type Error = TextError;

    fn try_from(tokens: Vec<String>) -> Result<Self, TextError> {
        Self::from_tokens(tokens)
    }
}

impl From<Vocab> for Vec<String> {
    fn from(vocab: Vocab) -> Self {
        vocab.tokens
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(words: impl IntoIterator<Item = (String, usize)>) -> Counter {
        let mut counter = Counter::default();
        for (word, count) in words {
            (0..count).for_each(|_| counter.add(&word));
        }
        counter
    }

    /// `n` different words, three times each.
    fn words(n: usize) -> Counter {
        counted((0..n).map(|i| (format!("w{i}"), 3)))
    }

    fn build(counter: &Counter, min_freq: u64, max_size: usize, fill: VocabPadding) -> Vocab {
        Vocab::build(counter, &VocabConfig { min_freq, max_size, fill, ..VocabConfig::default() })
    }

    /// Sizes: `make_vocab` of fastai 2.8.12.
    #[test]
    fn sizes_as_in_fastai() {
        for (distinct, max_size, size) in
            [(7, 60_000, 24), (6, 60_000, 16), (100, 40, 48), (100, 41, 48)]
        {
            assert_eq!(build(&words(distinct), 3, max_size, VocabPadding::Fastai).len(), size);
        }
        assert_eq!(build(&words(7), 3, 60_000, VocabPadding::None).len(), 16);
        assert_eq!(build(&words(7), 4, 60_000, VocabPadding::None).len(), 9);
    }

    #[test]
    fn special_tokens_first_then_by_frequency() {
        let tokens = [("b", 3), ("xxmaj", 9), ("a", 5), ("rare", 2), ("c", 3), ("xxbos", 4)];
        let counter = counted(tokens.map(|(word, count)| (word.to_owned(), count)));
        let vocab = build(&counter, 3, 60_000, VocabPadding::None);
        assert_eq!(vocab.tokens()[..9], special::ALL);
        assert_eq!(vocab.tokens()[9..], ["a", "b", "c"]);
        assert_eq!((vocab.id("a"), vocab.id("rare"), vocab.token(10)), (9, UNK_ID, "b"));
        // Of the three most frequent two are special, so one other is left.
        assert_eq!(build(&counter, 3, 10, VocabPadding::None).tokens()[9..], ["a"]);
    }

    #[test]
    fn words_of_a_base_stay() {
        let base = counted([("b", 5), ("a", 3), ("old", 4)].map(|(w, n)| (w.to_owned(), n)));
        let base = build(&base, 1, 100, VocabPadding::Fastai);
        let texts = counted([("a", 1), ("new", 3), ("rare", 2)].map(|(w, n)| (w.to_owned(), n)));
        for (base_words, max_size, wanted) in [
            (BaseWords::Frequent, 100, &["new"][..]),
            (BaseWords::Seen, 100, &["new", "a"]),
            (BaseWords::All, 100, &["new", "a", "b", "old"]),
            (BaseWords::All, 12, &["new", "a", "b"]),
        ] {
            let config = VocabConfig { max_size, base_words, ..VocabConfig::default() };
            let adapted = base.adapt(&texts, &config);
            assert_eq!(adapted.tokens()[..9], special::ALL);
            assert_eq!(&adapted.tokens()[9..], wanted, "{base_words:?}");
        }
        let only = VocabConfig { base_words: BaseWords::Only, ..VocabConfig::default() };
        assert_eq!(base.adapt(&texts, &only), base);
    }

    #[test]
    fn fake_tokens_have_no_id() {
        let vocab = build(&words(7), 3, 60_000, VocabPadding::Fastai);
        assert_eq!((vocab.token(23), vocab.get("xxfake")), ("xxfake", None));
    }

    #[test]
    fn json_is_an_array_and_is_checked() {
        let vocab = build(&words(2), 1, 100, VocabPadding::None);
        let json = serde_json::to_string(&vocab).unwrap();
        assert!(json.starts_with(r#"["xxunk","xxpad","xxbos""#));
        assert_eq!(serde_json::from_str::<Vocab>(&json).unwrap(), vocab);
        for (wrong, message) in [
            (r#"["xxpad"]"#, "`xxpad` as token 0"),
            (r#"["xxunk","xxpad","xxbos","a","b","a"]"#, "`a` twice, as 3 and 5"),
        ] {
            let error = serde_json::from_str::<Vocab>(wrong).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
    }

    #[test]
    fn sources_by_string() {
        let old =
            Vocab::from_tokens(["xxunk", "xxpad", "xxbos", "a", "b"].map(String::from).into())
                .unwrap();
        let new =
            Vocab::from_tokens(["xxunk", "xxpad", "xxbos", "b", "c"].map(String::from).into())
                .unwrap();
        assert_eq!(new.sources_in(&old), [Some(0), Some(1), Some(2), Some(4), None]);
    }
}
