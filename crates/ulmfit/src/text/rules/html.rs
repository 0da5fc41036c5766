//! `fix_html`: markup that is found in text collections, as text.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::RuleBuffer;
use crate::text::html::unescape;

/// Replaced one after another, each in the result of those before. (`&quot;` really does become
/// an apostrophe, and with `amp;` before it a `&` stays: both are fastai's.)
static LITERALS: LazyLock<[(Finder<'static>, &'static str); 13]> = LazyLock::new(|| {
    [
        ("#39;", "'"),
        ("amp;", "&"),
        ("#146;", "'"),
        ("nbsp;", " "),
        ("#36;", "$"),
        ("\\n", "\n"),
        ("quot;", "'"),
        ("<br />", "\n"),
        ("\\\"", "\""),
        ("<unk>", crate::text::special::UNK),
        (" @.@ ", "."),
        (" @-@ ", "-"),
        ("...", " …"),
    ]
    .map(|(from, to)| (Finder::new(from), to))
});

pub(super) fn fix_html(draft: &mut RuleBuffer) {
    for (from, to) in &*LITERALS {
        if from.find(draft.text().as_bytes()).is_some() {
            draft.rewrite(|text, out| {
                let mut done = 0;
                for at in from.find_iter(text.as_bytes()) {
                    out.push_str(&text[done..at]);
                    out.push_str(to);
                    done = at + from.needle().len();
                }
                out.push_str(&text[done..]);
            });
        }
    }
    if memchr::memchr(b'&', draft.text().as_bytes()).is_some() {
        draft.rewrite(unescape);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_as_fastai() {
        for (text, fixed) in [
            ("&amp;", "&&"),
            ("champ;", "ch&"),
            ("&quot;hi&quot;", "&'hi&'"),
            ("....", " …."),
            ("<br/><br><br />", "<br/><br>\n"),
            ("a @-@ b @.@ c @,@ d", "a-b.c @,@ d"),
            ("&lt;br /&gt;", "<br />"),
            ("&#x80;&notit;", "€¬it;"),
            (r#"\n\" <unk> #39;"#, "\n\" xxunk '"),
        ] {
            let mut draft = RuleBuffer::of(text);
            fix_html(&mut draft);
            assert_eq!(draft.text(), fixed, "{text}");
        }
    }
}
