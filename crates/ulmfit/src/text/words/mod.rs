//! Words, as spaCy 3.8 finds them in a blank pipeline. The tables are spaCy's (`data/spacy.json`,
//! MIT, see `data/LICENSE-spaCy`), the code is ours.
//!
//! A text is cut at white space into chunks. A chunk that is a special case (`don't`, `:-)`) has its
//! tokens fixed; any other loses prefixes and suffixes one by one, and what is left is a special
//! case, a URL, or is cut at its infixes. At last special cases that were torn apart (`hi:)`) are
//! found again among the tokens of the whole text. Every token is a piece of the text, so tokens
//! are positions and nothing is copied.

mod affixes;
mod infixes;
mod phrases;
mod sketch;
mod special_cases;
mod url;

use super::chars::is_space;
use super::language::Language;
use infixes::Infixes;
use phrases::Phrases;
use special_cases::SpecialCases;

/// A token: the bytes `start..end` of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    start: usize,
    end: usize,
}

impl Span {
    pub(super) fn of(self, text: &str) -> &str {
        &text[self.start..self.end]
    }

    pub(super) fn bytes(self) -> std::ops::Range<usize> {
        self.start..self.end
    }
}

/// Scratch for the tokens of one text, kept from text to text.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    tokens: Vec<Span>,
    suffixes: Vec<Span>,
    phrases: phrases::Scratch,
}

/// Splits texts; without state of its own.
#[derive(Debug)]
pub(super) struct WordTokenizer {
    special_cases: SpecialCases,
    infixes: Infixes,
    phrases: Phrases,
}

impl WordTokenizer {
    pub(super) fn new(language: Language) -> Self {
        let mut this = Self {
            special_cases: SpecialCases::default(),
            infixes: Infixes::of(language),
            phrases: Phrases::default(),
        };
        let special_cases = SpecialCases::of(language);
        // How a special case looks when it is split as any other text, with the cases still unknown.
        let mut scratch = Scratch::default();
        for (text, length) in special_cases.torn_apart(&this.infixes) {
            let tokens = this.split(text, &mut scratch);
            this.phrases.add(tokens.iter().map(|token| token.of(text)), length);
        }
        this.special_cases = special_cases;
        this
    }

    /// The tokens of `text`, in order.
    pub(super) fn tokenize<'s>(&self, text: &str, scratch: &'s mut Scratch) -> &'s [Span] {
        self.split(text, scratch);
        self.phrases.restore(text, &mut scratch.tokens, &self.special_cases, &mut scratch.phrases);
        &scratch.tokens
    }

    /// The first pass: chunk by chunk. A single space between chunks belongs to no token.
    fn split<'s>(&self, text: &str, scratch: &'s mut Scratch) -> &'s [Span] {
        scratch.tokens.clear();
        let mut start = 0;
        while start < text.len() {
            let rest = &text[start..];
            let letters = rest.bytes().take_while(u8::is_ascii_lowercase).count();
            let (end, next_is_space) = match rest.as_bytes().get(letters) {
                Some(b' ') if letters > 0 => (letters, true),
                _ => chunk_end(rest, letters),
            };
            let chunk = Span { start, end: start + end };
            // Most chunks are plain words, which have no affixes, no infixes and are no URL.
            if end == letters && self.special_cases.get(chunk.of(text)).is_none() {
                scratch.tokens.push(chunk);
            } else {
                self.split_chunk(text, chunk, scratch);
            }
            start += end + usize::from(next_is_space && rest.as_bytes()[end] == b' ');
        }
        &scratch.tokens
    }

    fn split_chunk(&self, text: &str, chunk: Span, scratch: &mut Scratch) {
        let Scratch { tokens, suffixes, .. } = scratch;
        suffixes.clear();
        let rest = self.strip_affixes(text, chunk, tokens, suffixes);
        if rest.start < rest.end {
            let string = rest.of(text);
            if let Some(lengths) = self.special_cases.get(string) {
                special_cases::push(rest.start, lengths, tokens);
            } else if url::is_url(string) {
                tokens.push(rest);
            } else {
                self.infixes.split(text, rest, tokens);
            }
        }
        tokens.extend(suffixes.iter().rev());
    }

    /// Takes prefixes (to `prefixes`, in order) and suffixes (last first) until none is left or a
    /// special case is.
    fn strip_affixes(
        &self,
        text: &str,
        mut rest: Span,
        prefixes: &mut Vec<Span>,
        suffixes: &mut Vec<Span>,
    ) -> Span {
        let is_special = |span: Span| self.special_cases.get(span.of(text)).is_some();
        while rest.start < rest.end && !is_special(rest) {
            let prefix_end = rest.start + affixes::prefix_length(rest.of(text));
            let (prefix, behind) = split_at(rest, prefix_end);
            let has_prefix = prefix.start < prefix.end;
            if has_prefix && is_special(behind) {
                prefixes.push(prefix);
                return behind;
            }
            // The suffix is sought in what the prefix leaves.
            let suffix_start = rest.end - affixes::suffix_length(behind.of(text));
            let (before, suffix) = split_at(rest, suffix_start);
            let has_suffix = suffix.start < suffix.end;
            if has_suffix && is_special(before) {
                suffixes.push(suffix);
                return before;
            }
            if !has_prefix && !has_suffix {
                break;
            }
            if has_prefix {
                prefixes.push(prefix);
            }
            if has_suffix {
                suffixes.push(suffix);
            }
            rest = Span { start: prefix_end, end: suffix_start };
        }
        rest
    }
}

/// Where the run of white space, or of anything else, that begins `text` ends, and whether white
/// space follows. The first `plain` bytes are known to be letters.
fn chunk_end(text: &str, plain: usize) -> (usize, bool) {
    let in_space = text.starts_with(is_space);
    match text[plain..].find(|c| is_space(c) != in_space) {
        Some(length) => (plain + length, !in_space),
        None => (text.len(), false),
    }
}

fn split_at(span: Span, at: usize) -> (Span, Span) {
    (Span { end: at, ..span }, Span { start: at, ..span })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(language: Language, text: &str) -> Vec<String> {
        let mut scratch = Scratch::default();
        let tokenizer = WordTokenizer::new(language);
        tokenizer.tokenize(text, &mut scratch).iter().map(|t| t.of(text).to_owned()).collect()
    }

    #[test]
    fn splits_as_spacy() {
        for (text, expected) in [
            ("", ""),
            (" ", " "),
            ("a \n b", "a|\n |b"),
            ("x\n\ny", "x|\n\n|y"),
            ("(don't!)", "(|do|n't|!|)"),
            ("isn't it? u.s. vs. uk: $5.00/kg", "is|n't|it|?|u.s|.|vs.|uk|:|$|5.00|/|kg"),
            ("rock'n'roll 'tis 10am cannot c++", "rock'n'roll|'|tis|10|am|can|not|c++"),
            (
                "5'10\" hello...world k+l 2+2 at&t co-op",
                "5'10|\"|hello|...|world|k+l|2|+|2|at&t|co|-|op",
            ),
            (
                "me@x.com http://a.com/x). 3.14 1,000 a,b a.B",
                "me@x.com|http://a.com/x|)|.|3.14|1,000|a|,|b|a.b",
            ),
            ("hi:) e.g. 8:)", "hi|:)|e.g.|8|:)"),
            ("5km² 5$ 20°c. x... x……", "5|km²|5|$|20|°|c|.|x|...|x|……"),
        ] {
            let expected: Vec<&str> = expected.split('|').filter(|t| !t.is_empty()).collect();
            assert_eq!(tokens(Language::English, &text.to_lowercase()), expected, "{text}");
        }
    }
}
