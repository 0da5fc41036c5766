//! Character classes of Python 3.11 (Unicode 14) and spaCy 3.8.
//!
//! Rust's own tables are of another Unicode version and define classes differently (`\w` includes
//! marks), so both sets of classes come from tables that `fixtures/text/export_tables.py` writes.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::spacy_tables::tables;

/// A set of classes; one bit each.
pub(super) type Classes = u16;

/// `str.isspace()`, the `\s` of `re`.
pub(super) const SPACE: Classes = 1;
/// `\w` of `re`: `str.isalnum()` or `_`.
pub(super) const WORD: Classes = 1 << 1;
/// `str.isdecimal()`, the `\d` of `re`.
pub(super) const DECIMAL: Classes = 1 << 2;
/// Cased, and not case-ignorable: decides the form of a small sigma.
pub(super) const CASED: Classes = 1 << 3;
/// Skipped when looking for a cased letter.
pub(super) const CASE_IGNORABLE: Classes = 1 << 4;
/// `str.lower()` changes it.
pub(super) const LOWERS: Classes = 1 << 5;
/// spaCy: a prefix by itself.
pub(super) const PREFIX: Classes = 1 << 6;
/// spaCy: a suffix by itself.
pub(super) const SUFFIX: Classes = 1 << 7;
/// spaCy `LIST_ICONS`.
pub(super) const ICON: Classes = 1 << 8;
/// spaCy `ALPHA`.
pub(super) const ALPHA: Classes = 1 << 9;
/// spaCy `ALPHA_LOWER` (with the scripts that have no case).
pub(super) const ALPHA_LOWER: Classes = 1 << 10;
/// spaCy `ALPHA_UPPER` (with the scripts that have no case).
pub(super) const ALPHA_UPPER: Classes = 1 << 11;
/// spaCy `CONCAT_QUOTES`.
pub(super) const QUOTE: Classes = 1 << 12;
/// spaCy: a dot at the end of a chunk is split off after this character.
pub(super) const BEFORE_FINAL_DOT: Classes = 1 << 13;
/// A combining mark (Unicode category M), which `\w` of `re` leaves out.
pub(super) const MARK: Classes = 1 << 14;

const BLOCK: usize = 256;

/// Classes of every code point: equal blocks of 256 are stored once.
struct Table {
    /// Index of a block by the code point's upper bits.
    block_of: Vec<u16>,
    /// Blocks, one after another.
    classes: Vec<Classes>,
    /// Small letters of the characters in [`LOWERS`], except U+0130, which becomes two.
    lower: HashMap<char, char, rustc_hash::FxBuildHasher>,
}

#[derive(Deserialize)]
struct PythonTables {
    space: Vec<u32>,
    word: Vec<u32>,
    mark: Vec<u32>,
    decimal: Vec<u32>,
    cased: Vec<u32>,
    case_ignorable: Vec<u32>,
    /// `[first, last, step, delta]`
    lower: Vec<(u32, u32, u32, i32)>,
}

static TABLE: LazyLock<Table> = LazyLock::new(Table::load);

impl Table {
    fn load() -> Self {
        let python: PythonTables = serde_json::from_str(include_str!("data/python.json"))
            .expect("data/python.json is ours");
        let spacy = &tables().classes;
        let mut flat = vec![0; 0x11_0000];
        for (class, ranges) in [
            (SPACE, &python.space),
            (WORD, &python.word),
            (MARK, &python.mark),
            (DECIMAL, &python.decimal),
            (CASED, &python.cased),
            (CASE_IGNORABLE, &python.case_ignorable),
            (PREFIX, &spacy.prefix),
            (SUFFIX, &spacy.suffix),
            (ICON, &spacy.icon),
            (ALPHA, &spacy.alpha),
            (ALPHA_LOWER, &spacy.alpha_lower),
            (ALPHA_UPPER, &spacy.alpha_upper),
            (QUOTE, &spacy.quote),
            (BEFORE_FINAL_DOT, &spacy.before_final_dot),
        ] {
            for ends in ranges.chunks_exact(2) {
                for classes in &mut flat[ends[0] as usize..=ends[1] as usize] {
                    *classes |= class;
                }
            }
        }

        let mut lower = HashMap::default();
        flat['İ' as usize] |= LOWERS;
        for (first, last, step, delta) in python.lower {
            for code in (first..=last).step_by(step as usize) {
                let small = char::from_u32(code.wrapping_add_signed(delta));
                let pair = char::from_u32(code).zip(small).expect("data/python.json holds letters");
                flat[code as usize] |= LOWERS;
                lower.insert(pair.0, pair.1);
            }
        }

        let mut table = Self { block_of: Vec::new(), classes: Vec::new(), lower };
        let mut known: HashMap<&[Classes], u16> = HashMap::new();
        for block in flat.chunks_exact(BLOCK) {
            let index = *known.entry(block).or_insert_with(|| {
                table.classes.extend_from_slice(block);
                (table.classes.len() / BLOCK - 1) as u16
            });
            table.block_of.push(index);
        }
        table
    }
}

/// All classes of `c`.
#[inline]
pub(super) fn classes(c: char) -> Classes {
    let (code, table) = (c as usize, &*TABLE);
    table.classes[table.block_of[code / BLOCK] as usize * BLOCK + code % BLOCK]
}

/// Whether `c` belongs to one of `wanted`.
#[inline]
pub(super) fn is(c: char, wanted: Classes) -> bool {
    classes(c) & wanted != 0
}

/// `str.isspace()` of Python.
#[inline]
pub(super) fn is_space(c: char) -> bool {
    if c.is_ascii() { matches!(c as u8, 9..=13 | 28..=32) } else { is(c, SPACE) }
}

/// The text without Python's white space at both ends, as `str.strip()`.
pub(super) fn strip(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// Appends `text` as Python's `str.lower()` writes it.
///
/// A capital sigma after a letter and not before one is final (ς). White space is neither cased nor
/// ignorable, so a text may be lowered in parts that end at white space.
pub(super) fn push_lower(text: &str, out: &mut String) {
    if text.is_ascii() {
        let start = out.len();
        out.push_str(text);
        out[start..].make_ascii_lowercase();
        return;
    }
    for (at, c) in text.char_indices() {
        if c.is_ascii() {
            out.push(c.to_ascii_lowercase());
        } else if !is(c, LOWERS) {
            out.push(c);
        } else if c == 'İ' {
            out.push_str("i\u{307}");
        } else if c == 'Σ' {
            let cased = |c: &char| !is(*c, CASE_IGNORABLE);
            let before = text[..at].chars().rev().find(cased);
            let after = text[at + c.len_utf8()..].chars().find(cased);
            let letter = |c: Option<char>| c.is_some_and(|c| is(c, CASED));
            out.push(if letter(before) && !letter(after) { 'ς' } else { 'σ' });
        } else {
            out.push(TABLE.lower[&c]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lower(text: &str) -> String {
        let mut out = String::new();
        push_lower(text, &mut out);
        out
    }

    #[test]
    fn lowers_as_python() {
        assert_eq!(lower("ABC xyz"), "abc xyz");
        assert_eq!(lower("İ"), "i\u{307}");
        assert_eq!(lower("ΣΑΣ"), "σας");
        assert_eq!(lower("Σ"), "σ");
        assert_eq!(lower("ΑΣ'Β"), "ασ'β");
        assert_eq!(lower("ΑΣ'"), "ας'");
        assert_eq!(lower("ẞ ÉCOLE Ǆ Ⅷ"), "ß école ǆ ⅷ");
        assert_eq!(lower("\u{a7cb}"), "\u{a7cb}", "a letter younger than Unicode 14");
    }

    #[test]
    fn white_space_and_words_are_those_of_python() {
        let spaces: Vec<char> =
            (0..0x11_0000).filter_map(char::from_u32).filter(|c| is_space(*c)).collect();
        assert_eq!(spaces.len(), 29);
        assert!(is_space('\u{1c}') && is_space('\u{85}') && !is_space('\u{200b}'));
        assert!(is('²', WORD) && is('_', WORD) && !is('\u{301}', WORD));
    }
}
