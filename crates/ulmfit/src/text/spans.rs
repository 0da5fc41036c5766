//! Where tokens stand in the text that was given.

/// A token and the bytes that it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenSpan {
    /// The token.
    pub token: String,
    /// The field it is from, from 0.
    pub field: usize,
    /// First byte in the field; marks such as `xxmaj` stand at the word they mark and have none.
    pub start: usize,
    /// Behind the last byte.
    pub end: usize,
}

/// A word as a person sees it, with its tokens: the marks before it, its pieces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WordSpan {
    /// Number of its first token.
    pub first_token: usize,
    /// Behind its last token.
    pub end_token: usize,
    /// The field it is in, from 0.
    pub field: usize,
    /// First byte in the field.
    pub start: usize,
    /// Behind the last byte.
    pub end: usize,
}

/// Puts tokens together to words: each token from number `first` on belongs to one, in order. Those
/// before, such as `xxbos`, are nothing of the text.
///
/// A mark belongs to the word behind it, the pieces of a word to each other, and so does what a
/// rule has taken together (`xxrep 3 o`).
pub fn words(fields: &[impl AsRef<str>], tokens: &[TokenSpan], first: usize) -> Vec<WordSpan> {
    let mut found: Vec<WordSpan> = Vec::new();
    // marks wait for their word
    let mut waiting = None;
    for (number, token) in tokens.iter().enumerate().skip(first) {
        let text = fields.get(token.field).map_or("", AsRef::as_ref);
        let (start, end) = trimmed(text, token.start, token.end);
        if start == end {
            waiting.get_or_insert(number);
            continue;
        }
        let joins = found.last().is_some_and(|last| {
            last.field == token.field
                && (start < last.end
                    || (waiting.is_none() && start == last.end && inside_word(text, start)))
        });
        match found.last_mut().filter(|_| joins) {
            Some(last) => {
                last.end = last.end.max(end);
                last.end_token = number + 1;
                waiting = None;
            }
            None => {
                let first_token = waiting.take().unwrap_or(number);
                let (field, end_token) = (token.field, number + 1);
                found.push(WordSpan { first_token, end_token, field, start, end });
            }
        }
    }
    // an end mark has no word behind it
    if let (Some(_), Some(last)) = (waiting, found.last_mut()) {
        last.end_token = tokens.len();
    }
    found
}

/// Without white space at the ends; whole characters.
fn trimmed(text: &str, start: usize, end: usize) -> (usize, usize) {
    let Some(part) = text.get(start..end) else { return (start, start) };
    let left = start + part.len() - part.trim_start().len();
    (left, left + part.trim().len())
}

/// Whether a place is between two letters or digits.
fn inside_word(text: &str, at: usize) -> bool {
    let is_letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    is_letter(text[..at].chars().next_back()) && is_letter(text[at..].chars().next())
}
