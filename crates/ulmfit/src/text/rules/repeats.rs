//! `replace_rep` and `replace_wrep`: a character or a word three times or more in a row.

use std::fmt::Write;

use super::letters::Letters;
use super::{Revision, RuleBuffer};
use crate::text::chars::is_space;
use crate::text::special::{REP, WREP};

/// Fewer copies are left unchanged.
const FEWEST: usize = 3;

/// `(\S)(\1{2,})`: `goood` becomes `g xxrep 3 o d`.
pub(super) fn replace_rep(draft: &mut RuleBuffer) {
    if first_run(draft.text()).is_none() {
        return;
    }
    draft.rewrite(|text, out| {
        let mut rest = text;
        while let Some((at, c, count)) = first_run(rest) {
            out.push_str(&rest[..at]);
            push(out, REP, count, c.encode_utf8(&mut [0; 4]));
            rest = &rest[at + count * c.len_utf8()..];
        }
        out.push_str(rest);
    });
}

/// Where the first run begins, its character and its length.
fn first_run(text: &str) -> Option<(usize, char, usize)> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        // Equal characters have equal first bytes: most places are ruled out by one comparison.
        let width = utf8_width(bytes[at]);
        if bytes.get(at + width) != Some(&bytes[at]) {
            at += width;
            continue;
        }
        let c = &bytes[at..at + width];
        let count = bytes[at..].chunks_exact(width).take_while(|other| *other == c).count();
        let c = text[at..].chars().next()?;
        if count >= FEWEST && !is_space(c) {
            return Some((at, c, count));
        }
        at += count * width;
    }
    None
}

fn utf8_width(first: u8) -> usize {
    match first {
        0..0xC0 => 1,
        0xC0..0xE0 => 2,
        0xE0..0xF0 => 3,
        _ => 4,
    }
}

/// `(?:\s|^)(\w+)\s+((?:\1\s+)+)\1(\s|\W|$)`: `no no no.` becomes ` xxwrep 3 no .`.
pub(super) fn replace_wrep(draft: &mut RuleBuffer, letters: Letters) {
    if next_repeat(draft.text(), 0, letters).is_none() {
        return;
    }
    draft.rewrite(|text, out| {
        let (mut done, mut found) = (0, next_repeat(text, 0, letters));
        while let Some(repeat) = found {
            out.push_str(&text[done..repeat.start]);
            push(out, WREP, repeat.count, repeat.word);
            // The character after the last copy belongs to the match.
            let after = text[repeat.end..].chars().next();
            done = repeat.end + after.map_or(0, char::len_utf8);
            out.push_str(&text[repeat.end..done]);
            found = next_repeat(text, done, letters);
        }
        out.push_str(&text[done..]);
    });
}

struct Repeat<'t> {
    /// Of the white space before the first copy, or 0.
    start: usize,
    /// Behind the last copy.
    end: usize,
    word: &'t str,
    count: usize,
}

/// The first repeat that begins at `from` or later.
fn next_repeat(text: &str, from: usize, letters: Letters) -> Option<Repeat<'_>> {
    // Where a word may begin: at the start of the text or behind white space.
    let (mut at, mut start) = (from, (from == 0).then_some(0));
    while let Some(c) = text[at..].chars().next() {
        if !letters.is_word(c) {
            start = is_space(c).then_some(at);
            at += c.len_utf8();
            continue;
        }
        let word = leading(&text[at..], |c| letters.is_word(c));
        if let Some(start) = start
            && let Some((end, count)) = copies(text, at, word, letters)
        {
            return Some(Repeat { start, end, word, count });
        }
        at += word.len();
        start = None;
    }
    None
}

/// The end of the last copy of `word` (which begins at `at`) and the number of copies.
fn copies(text: &str, at: usize, word: &str, letters: Letters) -> Option<(usize, usize)> {
    let (mut end, mut count, mut best) = (at + word.len(), 1, None);
    loop {
        let gap = leading(&text[end..], is_space).len();
        if gap == 0 || !text[end + gap..].starts_with(word) {
            return best;
        }
        end += gap + word.len();
        count += 1;
        if text[end..].starts_with(|c| letters.is_word(c)) {
            return best; // only the beginning of a longer word
        }
        if count >= FEWEST {
            best = Some((end, count));
        }
    }
}

/// The longest beginning of `text` made of such characters.
#[inline]
fn leading(text: &str, such: impl Fn(char) -> bool) -> &str {
    &text[..text.find(|c| !such(c)).unwrap_or(text.len())]
}

fn push(out: &mut Revision, mark: &str, count: usize, what: &str) {
    write!(out, " {mark} {count} {what} ").expect("a text takes all");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(text: &str, rule: impl Fn(&mut RuleBuffer)) -> String {
        let mut draft = RuleBuffer::of(text);
        rule(&mut draft);
        draft.text().to_owned()
    }

    #[test]
    fn characters() {
        for (text, expected) in [
            ("goooood", "g xxrep 5 o d"),
            ("aabb", "aabb"),
            ("😀😀😀😀", " xxrep 4 😀 "),
            ("1,000", "1, xxrep 3 0 "),
            ("www.", " xxrep 3 w ."),
            ("a    b", "a    b"),
            ("аяяя", "а xxrep 3 я "),
            ("aaabbb", " xxrep 3 a  xxrep 3 b "),
            ("\u{3000}\u{3000}\u{3000}éé", "\u{3000}\u{3000}\u{3000}éé"),
        ] {
            assert_eq!(after(text, replace_rep), expected, "{text}");
        }
    }

    #[test]
    fn words() {
        for (text, expected) in [
            ("ha ha ha ha.", " xxwrep 4 ha ."),
            ("No no no", "No no no"),
            ("no, no, no", "no, no, no"),
            ("foo foo", "foo foo"),
            ("yes yes yes yesterday", " xxwrep 3 yes  yesterday"),
            ("yes yes yesterday", "yes yes yesterday"),
            ("x x\nx y", " xxwrep 3 x  y"),
            ("a a a b b b", " xxwrep 3 a  b b b"),
            ("a a a  b b b", " xxwrep 3 a   xxwrep 3 b "),
            ("  it \t no  no\nno", "  it \t xxwrep 3 no "),
            (".a a a", ".a a a"),
        ] {
            assert_eq!(after(text, |d| replace_wrep(d, Letters::Ascii)), expected, "{text}");
        }
    }
}
