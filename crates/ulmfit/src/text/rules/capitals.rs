//! `replace_all_caps`, `replace_maj` and `lowercase`.
//!
//! Both marks go before a piece between white space, and no piece gets two: what the first rule
//! finds, it lowers. So the marks are set in one pass, and all is lowered behind them.

use super::Revision;
use super::letters::Letters;
use crate::text::chars::is_space;
use crate::text::special::{MAJ, UP};

/// Appends `text` in small letters, with `xxup` before a piece in capitals (`HELLO,`, `A1`) and
/// `xxmaj` before one whose only capital is its first letter. A single capital gets no mark, nor
/// does `McDonald` or `iPhone`.
pub(super) fn push_marked(text: &str, letters: Letters, out: &mut Revision) {
    let mut rest = text;
    // The text before `rest`, as far as it is not yet written.
    let mut done = 0;
    while let Some(at) = letters.find_capital(rest) {
        let start = text.len() - rest.len() + at;
        let from_here = &text[start..];
        if text[..start].chars().next_back().is_none_or(is_space) {
            let end = from_here.find(is_space).unwrap_or(from_here.len());
            if let Some(mark) = mark(&from_here[..end], letters) {
                out.push_lower(&text[done..start]);
                out.push_str(mark);
                out.push(' ');
                done = start;
            }
            rest = &from_here[end..];
        } else {
            let inside = from_here.find(is_space).unwrap_or(from_here.len());
            rest = &from_here[inside..];
        }
    }
    out.push_lower(&text[done..]);
}

/// The mark of a piece that begins with a capital.
fn mark(piece: &str, letters: Letters) -> Option<&'static str> {
    let mut chars = piece.chars();
    chars.next();
    let others = chars.as_str();
    if others.is_empty() {
        None
    } else if !piece.contains(|c| letters.is_small(c)) {
        Some(UP)
    } else if letters.find_capital(others).is_none() {
        Some(MAJ)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_as_fastai() {
        for (text, expected) in [
            ("I'M", "xxup i'm"),
            ("HELLO, B. I A1", "xxup hello, xxup b. i xxup a1"),
            ("USA's ÉCOLE", "usa's école"),
            ("Hello, McDonald O'Neil Éric iPhone", "xxmaj hello, mcdonald o'neil éric iphone"),
            ("Aé AÉ", "xxup aé xxup aé"),
            ("The\n\nEND", "xxmaj the\n\nxxup end"),
            ("ΟΔΟΣ The ΣΑΣ", "οδος xxmaj the σας"),
        ] {
            let mut out = Revision::default();
            push_marked(text, Letters::Ascii, &mut out);
            assert_eq!(out.as_str(), expected);
        }
    }
}
