//! `spec_add_spaces` and `rm_useless_spaces`.

use memchr::{memchr3, memmem};

use super::RuleBuffer;

/// Spaces around `/`, `#` and `\`.
pub(super) fn spec_add_spaces(draft: &mut RuleBuffer) {
    let next = |text: &str| memchr3(b'/', b'#', b'\\', text.as_bytes());
    if next(draft.text()).is_none() {
        return;
    }
    draft.rewrite(|mut rest, out| {
        while let Some(at) = next(rest) {
            out.push_str(&rest[..at]);
            out.push(' ');
            out.push_str(&rest[at..=at]);
            out.push(' ');
            rest = &rest[at + 1..];
        }
        out.push_str(rest);
    });
}

/// Several spaces become one; tabs and line ends stay.
pub(super) fn rm_useless_spaces(draft: &mut RuleBuffer) {
    if memmem::find(draft.text().as_bytes(), b"  ").is_none() {
        return;
    }
    draft.rewrite(|mut rest, out| {
        while let Some(at) = memmem::find(rest.as_bytes(), b"  ") {
            out.push_str(&rest[..=at]);
            rest = rest[at..].trim_start_matches(' ');
        }
        out.push_str(rest);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces() {
        let mut draft = RuleBuffer::of("and/or #1\\  \t  x   ");
        spec_add_spaces(&mut draft);
        assert_eq!(draft.text(), "and / or  # 1 \\   \t  x   ");
        rm_useless_spaces(&mut draft);
        assert_eq!(draft.text(), "and / or # 1 \\ \t x ");
    }
}
