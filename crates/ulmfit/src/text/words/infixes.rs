//! Infixes: where the middle of a chunk is cut (`co-op`, `hello...world`, `a,b`).

use super::Span;
use crate::text::chars::{ALPHA, ALPHA_LOWER, ALPHA_UPPER, Classes, ICON, QUOTE, is};
use crate::text::language::Language;

const HYPHENS: [&str; 7] = ["-", "–", "—", "--", "---", "——", "~"];

/// What must precede a hyphen.
#[derive(Debug)]
pub(super) struct Infixes {
    digit_before_hyphen: bool,
}

impl Infixes {
    /// English also cuts `90-year`.
    pub(super) fn of(language: Language) -> Self {
        Self { digit_before_hyphen: language == Language::English }
    }

    /// Whether `text` holds an infix, at its start too.
    pub(super) fn is_in(&self, text: &str) -> bool {
        let mut before = None;
        text.char_indices().any(|(at, c)| {
            let found = self.length(c, &text[at..], before) > 0;
            before = Some(c);
            found
        })
    }

    /// Pushes the pieces of `chunk` and the infixes between them. An infix at its very start does not count.
    pub(super) fn split(&self, text: &str, chunk: Span, tokens: &mut Vec<Span>) {
        let string = chunk.of(text);
        let (mut start, mut at, mut before) = (0, 0, None);
        let mut push = |from: usize, to: usize| {
            if from < to {
                tokens.push(Span { start: chunk.start + from, end: chunk.start + to });
            }
        };
        while let Some(c) = string[at..].chars().next() {
            let length =
                if c.is_ascii_alphanumeric() { 0 } else { self.length(c, &string[at..], before) };
            if length > 0 && at > 0 {
                push(start, at);
                push(at, at + length);
                start = at + length;
            }
            let next = at + length.max(c.len_utf8());
            before = string[..next].chars().next_back();
            at = next;
        }
        push(start, string.len());
    }

    /// Bytes of the infix that `rest` begins with, 0 for none; `first` is its first character and
    /// `before` the one on its left.
    fn length(&self, first: char, rest: &str, before: Option<char>) -> usize {
        let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
        let class = |c: Option<char>, classes: Classes| c.is_some_and(|c| is(c, classes));
        let after = |length: usize| rest[length..].chars().next();
        let one = first.len_utf8();

        if first == '.' {
            let dots = rest.bytes().take_while(|b| *b == b'.').count();
            let within = class(before, ALPHA_LOWER | QUOTE) && class(after(1), ALPHA_UPPER | QUOTE);
            return if dots > 1 { dots } else { usize::from(within) };
        }
        if first == '…' || is(first, ICON) {
            return one;
        }
        let between_digits = matches!(first, '+' | '-' | '*' | '^')
            && digit(before)
            && (digit(after(one)) || after(one) == Some('-'));
        let between_letters = first == ',' && class(before, ALPHA) && class(after(one), ALPHA);
        let relation = matches!(first, ':' | '<' | '>' | '=' | '/')
            && (class(before, ALPHA) || digit(before))
            && class(after(one), ALPHA);
        if between_digits || between_letters || relation {
            return one;
        }
        if class(before, ALPHA) || (self.digit_before_hyphen && digit(before)) {
            let fits = |hyphen: &str| rest.starts_with(hyphen) && class(after(hyphen.len()), ALPHA);
            return HYPHENS.iter().find(|hyphen| fits(hyphen)).map_or(0, |hyphen| hyphen.len());
        }
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(language: Language, text: &str) -> Vec<&str> {
        let mut tokens = Vec::new();
        Infixes::of(language).split(text, Span { start: 0, end: text.len() }, &mut tokens);
        tokens.iter().map(|token| token.of(text)).collect()
    }

    #[test]
    fn cuts() {
        for text in [
            "a|-|b",
            "a|--|b",
            "a|---|b",
            "a----b",
            "1|-|2",
            "1|-|-2",
            "90|-|year",
            "a|...|b",
            "end.start",
            "a|.|B",
            "a|,|b",
            "a,1",
            "x|=|y",
            "1|/|x",
            "a/1",
            "-a",
            "a|★|b",
            "2|^|8",
            "k+l",
            "a|~|b",
            "a-",
            "…a",
        ] {
            let whole = text.replace('|', "");
            assert_eq!(pieces(Language::English, &whole).join("|"), text);
        }
        assert_eq!(pieces(Language::Spaced, "90-year"), ["90-year"]);
    }
}
