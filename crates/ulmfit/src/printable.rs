//! Untrusted text on a terminal or a page: all of it is shown, and none of it acts.
//!
//! Column names, labels, file names and cells come from files. A control character in one of them
//! can move the cursor, set the title of a window or write over a line; a bidirectional one can
//! show a text in another order than it has. Every sink that people look at passes its text
//! through here. A backslash stays as it is, so `\u{1b}` may also be what a file says.

use std::borrow::Cow;

/// Whether a character does something instead of being seen: controls (C0, DEL, C1), line and
/// paragraph separators, marks of direction, and the byte order mark.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}'
                | '\u{feff}'
        )
}

/// A text in a line of its own or within one: hidden characters as `\n`, `\t` or `\u{202e}`.
pub fn printable(text: &str) -> Cow<'_, str> {
    replaced(text, is_hidden, |c| match c {
        '\n' | '\r' | '\t' => c.escape_default().to_string(),
        c => c.escape_unicode().to_string(),
    })
}

/// As [`printable`], but line feeds stay: for text whose lines are ours.
pub fn printable_lines(text: &str) -> Cow<'_, str> {
    replaced(text, |c| c != '\n' && is_hidden(c), |c| printable(c.encode_utf8(&mut [0; 4])).into())
}

/// A JSON document, which has hidden characters in strings only, with all of them as `\u202e`.
///
/// What it means stays the same.
pub fn printable_json(document: &str) -> Cow<'_, str> {
    // outside of strings JSON has white space: line feeds, and no other that we write
    replaced(document, |c| c != '\n' && is_hidden(c), |c| format!("\\u{:04x}", u32::from(c)))
}

/// A text as Markdown shows it letter by letter, in one line.
pub fn markdown(text: &str) -> String {
    let mut shown = String::new();
    for c in printable(text).chars() {
        if c.is_ascii_punctuation() {
            shown.push('\\'); // CommonMark 6.1: before any of these it makes them plain
        }
        shown.push(c);
    }
    shown
}

/// The shape of a tensor: `[3, 4]`.
pub fn shape(dims: &[usize]) -> String {
    let dims: Vec<String> = dims.iter().map(ToString::to_string).collect();
    format!("[{}]", dims.join(", "))
}

fn replaced(
    text: &str,
    is_bad: impl Fn(char) -> bool,
    escape: impl Fn(char) -> String,
) -> Cow<'_, str> {
    if !text.contains(&is_bad) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_bad(c) { shown.push_str(&escape(c)) } else { shown.push(c) }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "a\u{1b}[2J\u{7}\u{9b}31m\r\n\tb\u{202e}c\u{2066}d\u{feff}";

    #[test]
    fn nothing_hidden_is_left() {
        let shown = printable(HOSTILE);
        assert_eq!(shown, r"a\u{1b}[2J\u{7}\u{9b}31m\r\n\tb\u{202e}c\u{2066}d\u{feff}",);
        assert!(!shown.contains(is_hidden));
        assert_eq!(printable(&shown), shown, "twice is once");
        assert_eq!(printable_lines("a\nb\u{1b}"), "a\nb\\u{1b}");
    }

    #[test]
    fn plain_text_of_any_script_stays_and_is_not_copied() {
        for text in ["", "plain", "Grüße, 你好, שלום, 👩\u{200d}👩\u{200d}👧", r"back\slash"]
        {
            assert!(matches!(printable(text), Cow::Borrowed(same) if same == text));
        }
    }

    #[test]
    fn json_means_the_same() {
        let value = serde_json::json!({ HOSTILE: HOSTILE });
        let document = serde_json::to_string_pretty(&value).unwrap();
        let shown = printable_json(&document);
        assert!(!shown.contains(|c| c != '\n' && is_hidden(c)));
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
    }

    #[test]
    fn markdown_sees_no_markup() {
        assert_eq!(markdown("<img src=x>\n- *b*"), r"\<img src\=x\>\\n\- \*b\*");
        assert_eq!(markdown("plain words"), "plain words");
    }
}
