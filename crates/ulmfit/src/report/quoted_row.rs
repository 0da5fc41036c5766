//! A scored row that a report quotes, with the place where it can be found again.

use crate::data::{Place, Record};
use serde::Serialize;

/// A scored row, as reports quote it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct QuotedRow {
    /// The beginning of its text.
    pub text: String,
    /// Its file, without the folder, and line.
    pub place: Place,
    /// Its row in a spreadsheet, from 1, a header included. It is the line, too, unless cells before it
    /// have line breaks.
    pub row: u64,
    /// Its label; with several labels per text, all of them, joined by commas.
    pub label: String,
    /// The prediction.
    pub guess: String,
    /// Probability of the prediction; with several labels, of the one that the row is quoted for;
    /// `None` for numbers.
    pub confidence: Option<f64>,
}

/// Characters of a text that are shown.
const EXCERPT: usize = 240;

impl QuotedRow {
    pub(super) fn new(
        record: &Record,
        label: String,
        guess: String,
        confidence: Option<f64>,
    ) -> Self {
        let text = excerpt(&record.fields.join(" "));
        let place = record.place.without_folder();
        Self { text, row: place.spreadsheet_row(), place, label, guess, confidence }
    }
}

/// The beginning of a text on one line.
pub(super) fn excerpt(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(EXCERPT) {
        Some((end, _)) => line[..end].trim_end().to_owned() + "…",
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_one_short_line() {
        assert_eq!(excerpt(" a\n b\t"), "a b");
        assert_eq!(excerpt(&"ä".repeat(EXCERPT)), "ä".repeat(EXCERPT));
        assert_eq!(excerpt(&"ä".repeat(EXCERPT + 1)), "ä".repeat(EXCERPT) + "…");
    }
}
