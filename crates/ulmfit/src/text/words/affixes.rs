//! Prefixes and suffixes: what is cut off a chunk at its ends. Both look at a few characters only
//! (and at a run of dots, which is then cut off whole), so stripping a chunk is linear.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use crate::text::chars::{ALPHA_UPPER, BEFORE_FINAL_DOT, PREFIX, SUFFIX, is};
use crate::text::spacy_tables::tables;

/// Bytes of the prefix that `text` begins with, 0 for none.
pub(super) fn prefix_length(text: &str) -> usize {
    let mut chars = text.chars();
    match chars.next() {
        Some('+') => usize::from(!chars.next().is_some_and(|c| c.is_ascii_digit())),
        Some('.') => ellipsis(text.bytes()),
        Some('U' | 'C' | 'A') => {
            ["US$", "C$", "A$"].iter().find(|p| text.starts_with(**p)).map_or(0, |p| p.len())
        }
        Some(c) if is(c, PREFIX) => c.len_utf8(),
        _ => 0,
    }
}

/// Bytes of the suffix that `text` ends with, 0 for none. Where several fit, the longest counts.
pub(super) fn suffix_length(text: &str) -> usize {
    let mut chars = text.chars().rev();
    let Some(last) = chars.next() else { return 0 };
    let mut before = || chars.next();
    let alone = match last {
        '.' => match ellipsis(text.bytes().rev()) {
            0 => usize::from(is_final_dot(before(), before())),
            dots => dots,
        },
        '…' if text.ends_with("……") => "……".len(),
        's' | 'S' => before().filter(|c| matches!(c, '\'' | '’')).map_or(0, |c| c.len_utf8() + 1),
        '+' => usize::from(before().is_some_and(|c| c.is_ascii_digit())),
        c if is(c, SUFFIX) => c.len_utf8(),
        _ => 0,
    };
    alone.max(after_digit(text, last))
}

/// Two dots or more.
fn ellipsis(bytes: impl Iterator<Item = u8>) -> usize {
    match bytes.take_while(|b| *b == b'.').count() {
        1 => 0,
        dots => dots,
    }
}

/// Whether a dot ends a sentence rather than an initial, by the two characters before it.
fn is_final_dot(before: Option<char>, second: Option<char>) -> bool {
    let Some(before) = before else { return false };
    let degree = matches!(before, 'F' | 'C' | 'K') && second == Some('°');
    let capitals = is(before, ALPHA_UPPER) && second.is_some_and(|c| is(c, ALPHA_UPPER));
    degree || capitals || is(before, BEFORE_FINAL_DOT)
}

/// Units and currencies by their last character.
struct Units {
    by_last: FxHashMap<char, Vec<&'static str>>,
    longest: usize,
}

static UNITS: LazyLock<Units> = LazyLock::new(|| {
    let mut units = Units { by_last: FxHashMap::default(), longest: 0 };
    for unit in &tables().after_digit {
        let last = unit.chars().next_back().expect("data/spacy.json holds no empty unit");
        units.by_last.entry(last).or_default().push(unit);
        units.longest = units.longest.max(unit.len());
    }
    units
});

/// Bytes of the unit or currency that `text` ends with, right behind a digit.
fn after_digit(text: &str, last: char) -> usize {
    let near_end = &text.as_bytes()[text.len().saturating_sub(UNITS.longest + 1)..];
    if last.is_ascii_digit() || !near_end.iter().any(u8::is_ascii_digit) {
        return 0;
    }
    let Some(units) = UNITS.by_last.get(&last) else {
        return 0;
    };
    let follows_digit = |unit: &str| {
        text.strip_suffix(unit).is_some_and(|rest| rest.ends_with(|c: char| c.is_ascii_digit()))
    };
    units.iter().find(|unit| follows_digit(unit)).map_or(0, |unit| unit.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes() {
        for (text, length) in [
            ("", 0),
            ("a", 0),
            ("(a", 1),
            ("+a", 1),
            ("+1", 0),
            ("+", 1),
            (".", 0),
            ("...a", 3),
            ("……", 3),
            ("US$5", 3),
            ("U", 0),
            ("-a", 0),
            ("—a", 3),
            ("★a", 3),
            ("$5", 1),
            ("£5", 2),
        ] {
            assert_eq!(prefix_length(text), length, "{text}");
        }
    }

    #[test]
    fn suffixes() {
        for (text, length) in [
            ("", 0),
            ("a", 0),
            ("a)", 1),
            ("1+", 1),
            ("a+", 0),
            ("a.", 1),
            ("A.", 0),
            ("AB.", 1),
            ("°C.", 1),
            ("a..", 2),
            (".", 0),
            ("……", 6),
            ("…", 3),
            ("he's", 2),
            ("he’s", 4),
            ("s", 0),
            ("5km/h", 4),
            ("akm", 0),
            ("5km²", 4),
            ("m²", 0),
            ("5US$", 3),
            ("US$", 0),
            ("1%", 1),
            ("a%", 0),
            ("1).", 1),
        ] {
            assert_eq!(suffix_length(text), length, "{text}");
        }
    }
}
