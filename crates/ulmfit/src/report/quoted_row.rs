//! A scored row that a report quotes, with the place where it can be found again.

use super::TellingWords;
use super::excerpt::excerpt;
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
    /// The words that the prediction was made from, where the classifier can tell cheaply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words: Option<TellingWords>,
}

impl QuotedRow {
    pub(super) fn new(
        record: &Record,
        label: String,
        guess: String,
        confidence: Option<f64>,
    ) -> Self {
        let text = excerpt(&record.fields.join(" "));
        let place = record.place.without_folder();
        Self { text, row: place.spreadsheet_row(), place, label, guess, confidence, words: None }
    }
}
