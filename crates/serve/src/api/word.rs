//! The words of an explanation.

use serde::Serialize;
use ulmfit::Explanation;
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
        let mut words = Vec::with_capacity(explanation.words.len());
        // characters up to a byte of a field; words come in order, so each is counted once
        let (mut at, mut bytes, mut characters) = (0, 0, 0);
        for word in &explanation.words {
            if word.field != at || word.start < bytes {
                (at, bytes, characters) = (word.field, 0, 0);
            }
            let field = &fields[word.field];
            characters += field[bytes..word.start].chars().count();
            bytes = word.start;
            let text = &field[word.start..word.end];
            words.push(Self {
                field: (fields.len() > 1).then_some(word.field),
                start: characters,
                end: characters + text.chars().count(),
                text: text.to_owned(),
                weight: word.weight,
            });
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ulmfit::WordWeight;

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
