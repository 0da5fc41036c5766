//! The words that a prediction was made from, as reports show them.

use super::excerpt::EXCERPT;
use crate::data::Record;
use crate::models::Explanation;
use serde::Serialize;

/// The words that a prediction was made from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TellingWords {
    /// The label whose probability they raised or lowered; none for a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Those of the quoted text, in order.
    pub marks: Vec<WordMark>,
    /// Those of the whole text with the largest weights, the largest first.
    pub strongest: Vec<StrongWord>,
}

/// A word of a quoted text.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WordMark {
    /// Its first byte in the text.
    pub start: usize,
    /// Behind its last byte.
    pub end: usize,
    /// What it added to the probability, or to the number.
    pub weight: f64,
}

/// A word and its weight.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StrongWord {
    /// The word, as it is in the text.
    pub word: String,
    /// What it added to the probability, or to the number.
    pub weight: f64,
}

/// Words that are listed.
const STRONGEST: usize = 5;

impl TellingWords {
    /// The words of a record, as they are explained.
    pub fn new(record: &Record, explanation: &Explanation, label: Option<String>) -> Self {
        let joined = record.fields.join(" ");
        let mut starts = vec![0];
        for field in &record.fields {
            starts.push(starts[starts.len() - 1] + field.len() + 1);
        }
        let places = quoted_places(&joined);
        let mut marks = Vec::new();
        let mut strongest = Vec::new();
        for word in &explanation.words {
            let Some(&first) = starts.get(word.field) else { continue };
            let (start, end) = (first + word.start, first + word.end);
            let Some(text) = joined.get(start..end).filter(|text| !text.is_empty()) else {
                continue;
            };
            let weight = f64::from(word.weight);
            strongest.push(StrongWord { word: text.to_owned(), weight });
            if let (Some(start), Some(last)) = (places[start], places[end - 1]) {
                marks.push(WordMark { start, end: last + 1, weight });
            }
        }
        strongest.sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs())); // stable
        strongest.truncate(STRONGEST);
        Self { label, marks, strongest }
    }
}

/// Where each byte of a text is in its quotation; none if it is not quoted.
fn quoted_places(text: &str) -> Vec<Option<usize>> {
    let mut places = vec![None; text.len()];
    let (mut bytes, mut chars, mut waiting) = (0, 0, 0);
    for (at, c) in text.char_indices() {
        if c.is_whitespace() {
            waiting = usize::from(bytes > 0); // several are one space, and none begins the text
            continue;
        }
        (bytes, chars, waiting) = (bytes + waiting, chars + waiting, 0);
        if chars >= EXCERPT {
            break;
        }
        (0..c.len_utf8()).for_each(|byte| places[at + byte] = Some(bytes + byte));
        (bytes, chars) = (bytes + c.len_utf8(), chars + 1);
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Place;
    use crate::models::WordWeight;
    use crate::report::excerpt::excerpt;
    use std::path::Path;
    use std::sync::Arc;

    fn words(fields: &[&str], weights: &[(usize, &str, f32)]) -> (String, TellingWords) {
        let word = |&(field, text, weight): &(usize, &str, f32)| {
            let start = fields[field].find(text).unwrap();
            WordWeight { field, start, end: start + text.len(), weight }
        };
        let words = weights.iter().map(word).collect();
        let explanation = Explanation { row: vec![1.0], output: 0, empty: 0.5, words };
        let fields: Vec<String> = fields.iter().map(|&field| field.to_owned()).collect();
        let place = Place::new(&Arc::from(Path::new("f")), 1);
        let record = Record { fields, label: None, place, columns: Vec::new() };
        let found = TellingWords::new(&record, &explanation, Some("spam".into()));
        (excerpt(&record.fields.join(" ")), found)
    }

    #[test]
    fn marks_are_at_the_same_words_of_the_quotation() {
        let long = format!("{} tail end", "über  ".repeat(60));
        let fields = [" Grüße \n\n an", "alle \t Leute", &long];
        let weights = [
            (0, "Grüße", 0.1),
            (0, "an", -0.4),
            (1, "alle", 0.2),
            (1, "Leute", 0.3),
            (2, "tail", 0.9),
        ];
        let (text, found) = words(&fields, &weights);
        let marked: Vec<&str> =
            found.marks.iter().map(|mark| &text[mark.start..mark.end]).collect();
        assert_eq!(marked, ["Grüße", "an", "alle", "Leute"], "{text}");
        let strongest: Vec<&str> = found.strongest.iter().map(|word| &*word.word).collect();
        assert_eq!(strongest, ["tail", "an", "Leute", "alle", "Grüße"]);
    }

    #[test]
    fn what_is_cut_off_has_no_mark() {
        for filler in [EXCERPT - 2, EXCERPT - 1, EXCERPT, EXCERPT + 1] {
            let field = format!("{} xyz", "ä".repeat(filler));
            let (text, found) = words(&[&field], &[(0, "xyz", 1.0)]);
            for mark in &found.marks {
                assert_eq!(&text[mark.start..mark.end], "xyz", "{filler}");
            }
        }
        let (text, found) = words(&["a b"], &[(0, "b", 1.0)]);
        assert_eq!((&text[..], found.marks[0].start), ("a b", 2));
    }
}
