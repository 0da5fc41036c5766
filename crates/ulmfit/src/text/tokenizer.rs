//! A document to its tokens.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use super::chars::is_space;
use super::config::{InnerSpaces, TextConfig, TokenizerConfig};
use super::error::TextError;
use super::language::Language;
use super::rules::{RuleBuffer, Rules};
use super::spans::TokenSpan;
use super::subwords::SubwordModel;
use super::words::{self, WordTokenizer};

/// Above this a text's buffers are given back instead of kept for the next.
const LARGEST_KEPT: usize = 1 << 20;

/// Rules, tokenizer and post rule of one [`TextConfig`]. Immutable; share it between threads.
#[derive(Debug)]
pub struct Tokenizer {
    rules: Rules,
    inner_spaces: InnerSpaces,
    splitter: Splitter,
    /// One per thread that has been here at the same time as others.
    rooms: Mutex<Vec<Scratch>>,
}

#[derive(Debug)]
enum Splitter {
    Words(Box<WordTokenizer>),
    Subwords(Box<SubwordModel>),
}

/// Buffers for one document.
#[derive(Debug, Default)]
struct Scratch {
    draft: RuleBuffer,
    words: words::Scratch,
    marked: String,
}

impl Default for Tokenizer {
    /// English words.
    fn default() -> Self {
        Self::new(&TextConfig::default(), None).expect("the default configuration is sound")
    }
}

impl Tokenizer {
    /// The tokenizer that `config` describes; `subwords` is its model of pieces, if it needs one.
    ///
    /// # Errors
    ///
    /// If the language is unknown or needs subwords, or the model is missing or of another kind.
    pub fn new(config: &TextConfig, subwords: Option<SubwordModel>) -> Result<Self, TextError> {
        let language = Language::of(&config.language)?;
        let wanted = config.tokenizer.kind();
        let splitter = match (&config.tokenizer, subwords) {
            (TokenizerConfig::Words, None) if language == Language::Unspaced => {
                return Err(TextError::NeedsSubwords { code: config.language.clone() });
            }
            (TokenizerConfig::Words, None) => {
                Splitter::Words(Box::new(WordTokenizer::new(language)))
            }
            (_, None) => return Err(TextError::NoSubwordModel { kind: wanted }),
            (_, Some(model)) if model.kind() == wanted => Splitter::Subwords(Box::new(model)),
            (_, Some(model)) => {
                return Err(TextError::SubwordKind { wanted, found: model.kind() });
            }
        };
        Ok(Self {
            rules: Rules::new(language, config),
            inner_spaces: config.inner_spaces,
            splitter,
            rooms: Mutex::default(),
        })
    }

    /// The subword model, if this is a subword tokenizer.
    pub fn subwords(&self) -> Option<&SubwordModel> {
        match &self.splitter {
            Splitter::Words(_) => None,
            Splitter::Subwords(model) => Some(model),
        }
    }

    /// The tokens of a document, from `xxbos` on; `xxfld i` before each field where there are several.
    pub fn tokenize(&self, fields: &[impl AsRef<str>]) -> Vec<String> {
        let mut tokens = Vec::new();
        self.for_each_token(fields, &mut |token| tokens.push(token.to_owned()));
        tokens
    }

    /// As [`Self::tokenize`], with nothing allocated for a token.
    pub fn for_each_token(&self, fields: &[impl AsRef<str>], f: &mut dyn FnMut(&str)) {
        let mut room = self.rooms().pop().unwrap_or_default();
        let Scratch { draft, words, marked } = &mut room;
        self.rules.apply(fields, draft);
        let text = draft.text();
        let small = text.len() <= LARGEST_KEPT;
        match &self.splitter {
            Splitter::Subwords(model) => model.for_each_piece(text, f),
            Splitter::Words(tokenizer) => {
                for token in tokenizer.tokenize(text, words) {
                    let token = token.of(text);
                    // Only white space can have a space in it.
                    if self.inner_spaces == InnerSpaces::Mark && token.starts_with(is_space) {
                        marked.clear();
                        marked.extend(token.chars().map(|c| if c == ' ' { '▁' } else { c }));
                        f(marked);
                    } else {
                        f(token);
                    }
                }
            }
        }
        if small {
            self.rooms().push(room);
        }
    }

    /// As [`Self::tokenize`], with the bytes of the fields that each token stands for.
    pub fn tokenize_with_spans(&self, fields: &[impl AsRef<str>]) -> Vec<TokenSpan> {
        let (mut draft, mut words) = (RuleBuffer::default(), words::Scratch::default());
        self.rules.apply_tracked(fields, &mut draft);
        let (text, source) = (draft.text(), draft.source());
        let lengths: Vec<usize> = fields.iter().map(|field| field.as_ref().len()).collect();
        let mut tokens = Vec::new();
        let mut push = |token: &str, bytes: Range<usize>| {
            let (token, (field, start, end)) = (token.to_owned(), place(&lengths, source, bytes));
            tokens.push(TokenSpan { token, field, start, end });
        };
        match &self.splitter {
            Splitter::Subwords(model) => model.for_each_piece_at(text, &mut push),
            Splitter::Words(tokenizer) => {
                for span in tokenizer.tokenize(text, &mut words) {
                    let token = span.of(text);
                    if self.inner_spaces == InnerSpaces::Mark && token.starts_with(is_space) {
                        push(&token.replace(' ', "▁"), span.bytes());
                    } else {
                        push(token, span.bytes());
                    }
                }
            }
        }
        tokens
    }

    fn rooms(&self) -> std::sync::MutexGuard<'_, Vec<Scratch>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The field and the bytes in it that these bytes of all fields together are.
fn place(lengths: &[usize], source: &[(u32, u32)], bytes: Range<usize>) -> (usize, usize, usize) {
    // a byte that stands for nothing says where, but nothing more
    let here = source.get(bytes.start).map_or(0, |range| range.0);
    let real = || source[bytes.clone()].iter().filter(|range| range.0 < range.1);
    let first = real().map(|range| range.0).min();
    let start = first.unwrap_or(here) as usize;
    let end = real().map(|range| range.1).max().map_or(start, |end| end as usize);
    let (mut field, mut base) = (0, 0);
    // an empty place at the end of a field is the beginning of the next one
    while field + 1 < lengths.len() && start >= base + lengths[field] {
        base += lengths[field];
        field += 1;
    }
    let length = lengths.get(field).copied().unwrap_or(0);
    (field, (start - base).min(length), (end - base).min(length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::words;

    fn tokens(config: &TextConfig, fields: &[&str]) -> String {
        Tokenizer::new(config, None).unwrap().tokenize(fields).join("|")
    }

    #[test]
    fn documents_as_in_fastai() {
        let english = TextConfig::default();
        for (text, expected) in [
            ("", "xxbos"),
            (" ", "xxbos"),
            ("I AM XXBOS", "xxbos|i|xxup|am|xxup|xxbos"),
            (
                "It's a GREAT film, isn't it? Don't miss it — really. U.S. vs. UK: $5.00/kg (approx.) e.g. #1",
                "xxbos|xxmaj|it|'s|a|xxup|great|film|,|is|n't|it|?|xxmaj|do|n't|miss|it|—|really|.|xxup|u.s|.\
                 |vs.|xxup|uk|:|$|5.00|/|kg|(|approx|.|)|e.g.|#|1",
            ),
            (
                "Email me@x.com or visit http://www.imdb.com/title/tt0111161/?ref_=fn :-) <3 can't-wait 3.14 1,000 9am",
                "xxbos|xxmaj|email|me@x.com|or|visit|http|:|/|/|xxrep|3|w|.imdb.com|/|title|/|tt0|xxrep|4|1|61\
                 |/|?|ref_=fn|:-)|<3|can't|-|wait|3.14|1|,|xxrep|3|0|9|am",
            ),
            ("no no no no way\n\nnew   para \n x", "xxbos|xxwrep|4|no|way|\n\n|new|para|\n▁|x"),
        ] {
            assert_eq!(tokens(&english, &[text]), expected);
        }
        let predict = TextConfig { inner_spaces: InnerSpaces::Keep, ..english };
        assert_eq!(tokens(&predict, &["a \n b"]), "xxbos|a|\n |b");
    }

    #[test]
    fn fields() {
        let mut config = TextConfig { add_eos: true, ..TextConfig::default() };
        assert_eq!(tokens(&config, &["A title", "B"]), "xxbos|xxfld|1|a|title|xxfld|2|b|xxeos");
        assert_eq!(tokens(&config, &["one"]), "xxbos|one|xxeos");
        config.mark_fields = Some(false);
        assert_eq!(tokens(&config, &["one", "two"]), "xxbos|one|two|xxeos");
    }

    /// Every token with what it stands for, `=` between them; then the words.
    fn spans(fields: &[&str]) -> (String, Vec<String>) {
        let tokenizer = Tokenizer::new(&TextConfig::default(), None).unwrap();
        let found = tokenizer.tokenize_with_spans(fields);
        let plain: Vec<String> = found.iter().map(|span| span.token.clone()).collect();
        assert_eq!(plain, tokenizer.tokenize(fields));
        let shown = found
            .iter()
            .skip(1)
            .map(|span| format!("{}={}", span.token, &fields[span.field][span.start..span.end]));
        let words = words(fields, &found, 1);
        let named = words.iter().map(|word| fields[word.field][word.start..word.end].to_owned());
        (shown.collect::<Vec<_>>().join("|"), named.collect())
    }

    #[test]
    fn tokens_know_where_they_stand() {
        let (tokens, words) = spans(&["It's SO goooood, isn't it?"]);
        assert_eq!(
            tokens,
            "xxmaj=|it=It|'s='s|xxup=|so=SO|g=g|xxrep=ooooo|5=ooooo|o=ooooo|d=d|,=,|is=is|n't=n't|\
             it=it|?=?"
        );
        assert_eq!(words, ["It", "'s", "SO", "goooood", ",", "isn't", "it", "?"]);
        let (tokens, words) = spans(&["no no no way &amp; a<br />B", "Über ÇA"]);
        assert!(tokens.starts_with("xxfld=|1=|xxwrep=no no no|3=no no no|no=no no no"), "{tokens}");
        assert_eq!(words[..2], ["no no no", "way"]);
        assert!(words.contains(&"B".to_owned()) && words.ends_with(&["Über".into(), "ÇA".into()]));
        assert_eq!(spans(&[""]), (String::new(), vec![]));
        assert_eq!(spans(&["", "x"]).1, ["x"]);
    }

    proptest::proptest! {
        #[test]
        fn spans_never_leave_their_field(a in "(?s).{0,40}", b in "[aA<br />&;.no 3É\n]{0,60}") {
            let tokenizer = Tokenizer::new(&TextConfig::default(), None).unwrap();
            let fields = [a.as_str(), b.as_str()];
            let found = tokenizer.tokenize_with_spans(&fields);
            let plain: Vec<String> = found.iter().map(|span| span.token.clone()).collect();
            proptest::prop_assert_eq!(plain, tokenizer.tokenize(&fields));
            for span in &found {
                proptest::prop_assert!(span.start <= span.end);
                proptest::prop_assert!(span.end <= fields[span.field].len());
            }
            let words = words(&fields, &found, 1);
            for word in &words {
                proptest::prop_assert!(fields[word.field].get(word.start..word.end).is_some());
            }
            // every token but the first belongs to one word, in order
            let mut next = 1;
            for word in &words {
                proptest::prop_assert_eq!(word.first_token, next);
                next = word.end_token;
            }
            if !words.is_empty() {
                proptest::prop_assert_eq!(next, found.len());
            }
        }
    }

    #[test]
    fn configurations_that_cannot_be() {
        let japanese = TextConfig { language: "ja".into(), ..TextConfig::default() };
        assert!(matches!(Tokenizer::new(&japanese, None), Err(TextError::NeedsSubwords { .. })));
        let unigram = TokenizerConfig::Unigram { vocab_size: 100 };
        let config = TextConfig { tokenizer: unigram, ..TextConfig::default() };
        assert!(matches!(Tokenizer::new(&config, None), Err(TextError::NoSubwordModel { .. })));
    }
}
