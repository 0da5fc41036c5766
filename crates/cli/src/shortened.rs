//! The beginning of a text, for a table or a heading.

/// At most `most` characters of a text, on one line.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(most).collect()
}
