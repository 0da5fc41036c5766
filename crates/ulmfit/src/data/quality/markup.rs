//! Remains of HTML in texts.

/// The first tag or character reference of HTML in a text, or what is left of one without its `&`.
///
/// ```
/// use ulmfit::data::quality::markup;
/// assert_eq!(markup("Good.<br />Bad."), Some("<br />"));
/// assert_eq!(markup("Fish &amp; chips"), Some("&amp;"));
/// assert_eq!(markup("It#39;s"), Some("#39;"));
/// assert_eq!(markup("a < b, R&D; AT&T, I <3 you, #39"), None);
/// ```
pub fn markup(text: &str) -> Option<&str> {
    let starts = text.match_indices(['<', '&', '#']);
    starts.map(|(at, _)| &text[at..]).find_map(|rest| tag(rest).or_else(|| reference(rest)))
}

/// The most bytes of a tag that is looked for.
const LONGEST_TAG: usize = 200;

/// Names of usual elements: `<b` alone may be anything.
const ELEMENTS: [&str; 24] = [
    "a",
    "b",
    "blockquote",
    "body",
    "br",
    "code",
    "div",
    "em",
    "font",
    "hr",
    "html",
    "i",
    "img",
    "li",
    "ol",
    "p",
    "pre",
    "span",
    "strong",
    "table",
    "td",
    "tr",
    "u",
    "ul",
];

/// Names of usual characters.
const CHARACTERS: [&str; 8] = ["amp", "lt", "gt", "quot", "apos", "nbsp", "ndash", "mdash"];

fn tag(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('<')?;
    let inner = inner.strip_prefix('/').unwrap_or(inner);
    let name = &inner[..inner.find(|c: char| !c.is_ascii_alphanumeric())?];
    let end = text.find('>').filter(|end| *end < LONGEST_TAG)?;
    let known = ELEMENTS.iter().any(|element| element.eq_ignore_ascii_case(name));
    (known && !text[1..end].contains('<')).then_some(&text[..=end])
}

fn reference(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('&').unwrap_or(text);
    let end = inner.find(';')?;
    let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    let known = match inner[..end].strip_prefix('#') {
        Some(digits) => digits.len() <= 6 && is_number(digits),
        None => text.starts_with('&') && CHARACTERS.contains(&&inner[..end]),
    };
    known.then_some(&text[..=text.len() - inner.len() + end])
}

#[cfg(test)]
mod tests {
    use super::markup;

    #[test]
    fn what_looks_like_html_only() {
        for (text, wanted) in [
            ("<P class='x'>text</P>", Some("<P class='x'>")),
            ("a </div> b", Some("</div>")),
            ("&#8217;", Some("&#8217;")),
            ("x &nbsp; y", Some("&nbsp;")),
            ("if a <b and c> d", Some("<b and c>")), // no way to know
            ("List<String>", None),
            ("<b", None),
            ("#1234567;", None),
            ("#; &; <>", None),
            ("é & ü; <é>", None),
        ] {
            assert_eq!(markup(text), wanted, "{text}");
        }
    }
}
