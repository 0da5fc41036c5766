//! The n-grams of a text.

use super::config::NgramConfig;
use crate::text::chars::{self, MARK, WORD, is_space};
use std::ops::Range;

/// What an n-gram is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Words,
    Chars,
}

/// An n-gram where it occurs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Gram {
    /// [`hash`] of its kind and text.
    pub(super) hash: u64,
    /// What it is made of.
    pub(super) kind: Kind,
    /// Its bytes in the text, without the spaces around a word.
    pub(super) bytes: Range<usize>,
    /// Whether the space before a word belongs to it, and the one after.
    pub(super) spaces: [bool; 2],
}

impl Gram {
    /// Its text; `text` is what was scanned.
    pub(super) fn spell(&self, text: &str) -> String {
        let part = &text[self.bytes.clone()];
        match self.kind {
            Kind::Words => {
                let mut tokens = Vec::new();
                split(part, &mut tokens);
                let tokens: Vec<&str> = tokens.into_iter().map(|token| &part[token]).collect();
                tokens.join(" ")
            }
            Kind::Chars => {
                let space = |is_there: bool| if is_there { " " } else { "" };
                let [before, after] = self.spaces;
                format!("{}{part}{}", space(before), space(after))
            }
        }
    }
}

/// Buffers for one text.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    tokens: Vec<Range<usize>>,
    /// Where the characters of a word begin, the spaces around it counted, and its end.
    places: Vec<usize>,
}

/// The hash of an n-gram, by which it is looked up: Fowler, Noll & Vo's 1a of its bytes. The
/// lowest bit is its kind.
pub(super) fn hash(kind: Kind, gram: &str) -> u64 {
    with_kind(kind, fnv(OFFSET, gram.as_bytes()))
}

const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;

fn fnv(hash: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(hash, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

fn with_kind(kind: Kind, hash: u64) -> u64 {
    hash & !1 | u64::from(kind == Kind::Chars)
}

/// Whether the hash is that of an n-gram of words.
pub(super) fn is_of_words(hash: u64) -> bool {
    hash & 1 == 0
}

/// Calls back with every n-gram of a text in small letters, as often as it occurs.
pub(super) fn scan(
    text: &str,
    config: &NgramConfig,
    scratch: &mut Scratch,
    each: &mut impl FnMut(Gram),
) {
    words(text, config, scratch, each);
    characters(text, config, scratch, each);
}

fn words(text: &str, config: &NgramConfig, scratch: &mut Scratch, each: &mut impl FnMut(Gram)) {
    let (range, tokens) = (config.words, &mut scratch.tokens);
    tokens.clear();
    split(text, tokens);
    for first in 0..tokens.len() {
        let mut state = OFFSET;
        for (n, token) in (1..=range.most).zip(&tokens[first..]) {
            if n > 1 {
                state = fnv(state, b" ");
            }
            state = fnv(state, &text.as_bytes()[token.clone()]);
            if n >= range.least {
                let (hash, bytes) = (with_kind(Kind::Words, state), tokens[first].start..token.end);
                each(Gram { hash, kind: Kind::Words, bytes, spaces: [false; 2] });
            }
        }
    }
}

fn characters(
    text: &str,
    config: &NgramConfig,
    scratch: &mut Scratch,
    each: &mut impl FnMut(Gram),
) {
    let (range, places) = (config.chars, &mut scratch.places);
    let mut rest = 0;
    for word in text.split(is_space) {
        let start = rest;
        rest += word.len();
        // the space that was split at, if this was not the last word
        rest += text[rest..].chars().next().map_or(0, char::len_utf8);
        if word.is_empty() {
            continue;
        }
        // as if the word began one byte later, behind a space of its own
        places.clear();
        places.push(0);
        places.extend(word.char_indices().map(|(at, _)| at + 1));
        places.extend([word.len() + 1, word.len() + 2]);
        let padded = |at: usize| match at {
            0 => b' ',
            at if at > word.len() => b' ',
            at => word.as_bytes()[at - 1],
        };
        let (count, within) =
            (places.len() - 1, |at: usize| start + at.clamp(1, word.len() + 1) - 1);
        for first in 0..count {
            let mut state = OFFSET;
            let ends = places[first + 1..].iter().take(range.most);
            let mut at = places[first];
            for (n, &end) in (1..).zip(ends) {
                while at < end {
                    state = fnv(state, &[padded(at)]);
                    at += 1;
                }
                if n >= range.least {
                    each(Gram {
                        hash: with_kind(Kind::Chars, state),
                        kind: Kind::Chars,
                        bytes: within(places[first])..within(end),
                        spaces: [first == 0, first + n == count],
                    });
                }
            }
        }
    }
}

/// Runs of letters, digits, combining marks and `_`, and each other visible character.
pub(super) fn split(text: &str, tokens: &mut Vec<Range<usize>>) {
    let mut inside = false;
    for (at, c) in text.char_indices() {
        let is_word = match u8::try_from(c) {
            Ok(byte) if byte.is_ascii() => byte.is_ascii_alphanumeric() || byte == b'_',
            _ => chars::is(c, WORD | MARK),
        };
        let end = at + c.len_utf8();
        match tokens.last_mut() {
            Some(token) if is_word && inside => token.end = end,
            _ if is_word || !is_space(c) => tokens.push(at..end),
            _ => {}
        }
        inside = is_word;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::ngrams::NgramRange;

    fn grams(text: &str, words: [usize; 2], chars: [usize; 2]) -> Vec<String> {
        let range = |[least, most]: [usize; 2]| NgramRange { least, most };
        let config = NgramConfig { words: range(words), chars: range(chars) };
        let mut found = Vec::new();
        scan(text, &config, &mut Scratch::default(), &mut |gram| {
            let spelled = gram.spell(text);
            assert_eq!(gram.hash, hash(gram.kind, &spelled), "{spelled}");
            assert_eq!(is_of_words(gram.hash), gram.kind == Kind::Words);
            found.push(match gram.kind {
                Kind::Words => format!("<{spelled}>"),
                Kind::Chars => spelled,
            });
        });
        found
    }

    fn of(text: &str, kind: Kind, words: [usize; 2], chars: [usize; 2]) -> Vec<String> {
        let all = grams(text, words, chars).into_iter();
        all.filter(|gram| gram.starts_with('<') == (kind == Kind::Words)).collect()
    }

    #[test]
    fn words_and_pairs() {
        let found = of("it's  fun_1!\n", Kind::Words, [1, 2], [2, 2]);
        let wanted =
            ["<it>", "<it '>", "<'>", "<' s>", "<s>", "<s fun_1>", "<fun_1>", "<fun_1 !>", "<!>"];
        assert_eq!(found, wanted);
        // a vowel sign and a virama are part of a word
        assert_eq!(of("हिन्दी में", Kind::Words, [1, 1], [2, 2]), ["<हिन्दी>", "<में>"]);
        assert_eq!(of(" \t", Kind::Words, [1, 2], [2, 2]), Vec::<String>::new());
    }

    /// `CountVectorizer(analyzer="char_wb", ngram_range=(2, 3))` has these, in another order.
    #[test]
    fn characters_within_words() {
        let found = of("ab  ü", Kind::Chars, [1, 1], [2, 3]);
        let wanted = [" a", " ab", "ab", "ab ", "b ", " ü", " ü ", "ü "];
        assert_eq!(found, wanted);
        assert_eq!(of("\u{3000}a", Kind::Chars, [1, 1], [3, 3]), [" a "]);
        assert_eq!(of("", Kind::Chars, [1, 1], [1, 3]), Vec::<String>::new());
    }

    proptest::proptest! {
        #[test]
        fn every_gram_is_a_part_of_the_text(text in "(?s)[a-c ü\u{304}日\u{3000}!\n]{0,20}") {
            for gram in grams(&text, [1, 3], [1, 6]) {
                let plain = gram.trim_matches(['<', '>']);
                let parts: Vec<&str> = plain.split_whitespace().collect();
                proptest::prop_assert!(parts.iter().all(|part| text.contains(part)), "{plain:?}");
            }
        }
    }
}
