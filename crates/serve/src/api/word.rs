//! The words of an explanation.

use serde::Serialize;
use ulmfit::text::CharacterPlaces;
use ulmfit::{Explanation, WordWeight};
use utoipa::ToSchema;

/// A word of a text and what it did to the answer, as `ulmfit predict --explain` prints it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Word {
    /// The text column it is in, from 0, where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    field: Option<usize>,
    /// Its first character, from 0.
    start: usize,
    /// Behind its last character.
    end: usize,
    text: String,
    /// How much it added to the probability of the answer (to the number).
    weight: f32,
}

impl Word {
    /// The words of an explanation of a text with these fields.
    pub(crate) fn all(fields: &[String], explanation: &Explanation) -> Vec<Self> {
        let mut places = CharacterPlaces::new(fields);
        let word = |word: &WordWeight| {
            let [start, end] = places.of(word.field, word.start..word.end);
            Self {
                field: (fields.len() > 1).then_some(word.field),
                start,
                end,
                text: fields[word.field][word.start..word.end].to_owned(),
                weight: word.weight,
            }
        };
        explanation.words.iter().map(word).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_in_characters() {
        let fields = ["Ünlovely — film".to_owned(), "é!".to_owned()];
        let word = |field: usize, text: &str| {
            let start = fields[field].find(text).unwrap();
            WordWeight { field, start, end: start + text.len(), weight: 0.5 }
        };
        let words = vec![word(0, "Ünlovely"), word(0, "—"), word(0, "film"), word(1, "!")];
        let explanation = Explanation { row: vec![1.0], output: 0, empty: 0.5, words };
        let found: Vec<_> = Word::all(&fields, &explanation)
            .into_iter()
            .map(|word| (word.field, word.start, word.end, word.text))
            .collect();
        let wanted = [(0, 0, 8, "Ünlovely"), (0, 9, 10, "—"), (0, 11, 15, "film"), (1, 1, 2, "!")];
        let wanted =
            wanted.map(|(field, start, end, text)| (Some(field), start, end, text.to_owned()));
        assert_eq!(found, wanted);
    }
}
