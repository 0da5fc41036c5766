//! `html.unescape` of Python 3.11: HTML5 references to characters.

use std::collections::HashMap;
use std::sync::LazyLock;

use rustc_hash::FxHashMap;
use serde::Deserialize;

use super::rules::Revision;

/// Written by `fixtures/text/export_tables.py` from Python's standard library.
#[derive(Deserialize)]
struct Tables {
    /// Numbers that mean another character: windows-1252, and 0.
    charrefs: HashMap<u32, String>,
    /// `[first, last, ..]` of numbers that mean nothing.
    invalid: Vec<u32>,
    /// `amp;` and, for the old ones, `amp`.
    entities: FxHashMap<String, String>,
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    serde_json::from_str(include_str!("data/html.json")).expect("data/html.json is ours")
});

/// The longest name that is looked up, in characters, `;` not counted.
const LONGEST_NAME: usize = 32;

/// Appends `text` with every reference replaced; other text is unchanged.
pub(super) fn unescape(text: &str, out: &mut Revision) {
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'&', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        let body = &rest[at + 1..];
        let used = match body.strip_prefix('#') {
            Some(number) => push_number(number, out).map(|used| used + 1),
            None => push_named(body, out),
        };
        if used.is_none() {
            out.push('&');
        }
        rest = &body[used.unwrap_or(0)..];
    }
    out.push_str(rest);
}

/// `#39;` or `#x27;`, both also without `;`. Gives the bytes used, `None` if it is not a number.
fn push_number(body: &str, out: &mut Revision) -> Option<usize> {
    let (digits, radix) = match body.strip_prefix(['x', 'X']) {
        Some(hex) => (hex, 16),
        None => (body, 10),
    };
    let end = digits.find(|c: char| !c.is_digit(radix)).unwrap_or(digits.len());
    if end == 0 {
        return None;
    }
    let number = digits[..end]
        .chars()
        .filter_map(|c| c.to_digit(radix))
        .fold(0_u32, |number, digit| number.saturating_mul(radix).saturating_add(digit));
    let semicolon = usize::from(digits[end..].starts_with(';'));

    let invalid =
        || TABLES.invalid.chunks_exact(2).any(|ends| (ends[0]..=ends[1]).contains(&number));
    if let Some(other) = TABLES.charrefs.get(&number) {
        out.push_str(other);
    } else if let Some(c) = char::from_u32(number) {
        if !invalid() {
            out.push(c);
        }
    } else {
        out.push(char::REPLACEMENT_CHARACTER);
    }
    Some(body.len() - digits.len() + end + semicolon)
}

/// `eacute;`, or the longest old name that the text begins with (`&notit;` is `¬it;`). Gives the
/// bytes used; `None` if the text begins with no name.
fn push_named(body: &str, out: &mut Revision) -> Option<usize> {
    let ends_name = |c: char| matches!(c, '\t' | '\n' | '\x0c' | ' ' | '<' | '&' | '#' | ';');
    let mut ends = [0; LONGEST_NAME];
    let mut length = 0;
    for (at, c) in body.char_indices().take(LONGEST_NAME).take_while(|(_, c)| !ends_name(*c)) {
        ends[length] = at + c.len_utf8();
        length += 1;
    }
    let end = *ends[..length].last()?;
    let with_semicolon = body[end..].starts_with(';').then_some(end + 1);
    // A shorter name than two characters is never looked for.
    let shorter = ends[..length].iter().rev().filter(|end| body[..**end].chars().nth(1).is_some());
    for used in with_semicolon.into_iter().chain(shorter.copied()) {
        if let Some(value) = TABLES.entities.get(&body[..used]) {
            out.push_str(value);
            return Some(used);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unescaped(text: &str) -> String {
        let mut out = Revision::default();
        unescape(text, &mut out);
        out.as_str().to_owned()
    }

    #[test]
    fn every_name_and_the_odd_numbers() {
        assert_eq!(TABLES.entities.len(), 2231);
        for (name, value) in &TABLES.entities {
            assert_eq!(unescaped(&format!("&{name} ")), format!("{value} "));
        }
        for (text, expected) in [
            ("&#39;&#x27&#X27;", "'''"),
            ("&#128;&#x80;&#0;", "€€\u{fffd}"),
            ("&#xD800;&#x110000;&#99999999999999;", "\u{fffd}\u{fffd}\u{fffd}"),
            ("&#1;&#xFDD0;|", "|"),
            ("&#13;", "\r"),
            ("&#;&#x;&#xZ&;&", "&#;&#x;&#xZ&;&"),
            ("&notit;&notin;&unknown;", "¬it;∉&unknown;"),
            ("&eacute &copycat;", "é ©cat;"),
            ("&amp;lt;", "&lt;"),
            ("&é&lt", "&é<"),
        ] {
            assert_eq!(unescaped(text), expected, "{text}");
        }
    }
}
