//! A document to its tokens.

use std::sync::{Mutex, PoisonError};

use super::chars::is_space;
use super::config::{InnerSpaces, TextConfig, TokenizerConfig};
use super::error::TextError;
use super::language::Language;
use super::rules::{RuleBuffer, Rules};
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

    fn rooms(&self) -> std::sync::MutexGuard<'_, Vec<Scratch>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn configurations_that_cannot_be() {
        let japanese = TextConfig { language: "ja".into(), ..TextConfig::default() };
        assert!(matches!(Tokenizer::new(&japanese, None), Err(TextError::NeedsSubwords { .. })));
        let unigram = TokenizerConfig::Unigram { vocab_size: 100 };
        let config = TextConfig { tokenizer: unigram, ..TextConfig::default() };
        assert!(matches!(Tokenizer::new(&config, None), Err(TextError::NoSubwordModel { .. })));
    }
}
