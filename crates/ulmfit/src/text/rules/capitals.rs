//! `replace_all_caps`, `replace_maj` and `lowercase`, in one pass: each looks at one piece between
//! white space, and what the first rewrites the second leaves alone.

use crate::text::chars::{is_space, push_lower};
use crate::text::special::{MAJ, UP};

/// Appends `text` in small letters, with `xxup` before a piece in capitals (`HELLO,`, `A1`) and
/// `xxmaj` before one whose only capital is its first letter. A single capital gets no mark, nor
/// does `McDonald` or `iPhone`.
pub(super) fn push_marked(
    text: &str,
    is_capital: fn(char) -> bool,
    is_small: fn(char) -> bool,
    out: &mut String,
) {
    let mut rest = text;
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.find(is_space).unwrap_or(rest.len()));
        if let Some(mark) = mark(piece, is_capital, is_small) {
            out.push_str(mark);
            out.push(' ');
        }
        push_lower(piece, out);
        let space = after.len() - after.trim_start_matches(is_space).len();
        out.push_str(&after[..space]);
        rest = &after[space..];
    }
}

fn mark(
    piece: &str,
    is_capital: fn(char) -> bool,
    is_small: fn(char) -> bool,
) -> Option<&'static str> {
    let mut chars = piece.chars();
    chars.next().filter(|c| is_capital(*c))?;
    let others = chars.as_str();
    if others.is_empty() {
        None
    } else if !piece.contains(is_small) {
        Some(UP)
    } else if !others.contains(is_capital) {
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
            (
                "Hello, McDonald O'Neil Éric iPhone",
                "xxmaj hello, mcdonald o'neil éric iphone",
            ),
            ("Aé AÉ", "xxup aé xxup aé"),
            ("The\n\nEND", "xxmaj the\n\nxxup end"),
        ] {
            let mut out = String::new();
            push_marked(
                text,
                |c| c.is_ascii_uppercase(),
                |c| c.is_ascii_lowercase(),
                &mut out,
            );
            assert_eq!(out, expected);
        }
    }
}
