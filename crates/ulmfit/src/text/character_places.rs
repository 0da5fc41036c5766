//! Places in a text in characters, from places in bytes.

use std::ops::Range;

/// Counts characters up to places in the fields of a text. Places that come in order are counted once over the text in
/// all, not from its beginning for each.
#[derive(Debug)]
pub struct CharacterPlaces<'a, S> {
    fields: &'a [S],
    /// The field that is counted, the byte up to which it is, and the characters up to there.
    field: usize,
    bytes: usize,
    characters: usize,
}

impl<'a, S: AsRef<str>> CharacterPlaces<'a, S> {
    /// Places in these fields.
    pub fn new(fields: &'a [S]) -> Self {
        Self { fields, field: 0, bytes: 0, characters: 0 }
    }

    /// First character of some bytes of a field, from 0, and the one behind their last. A field that is not there is empty.
    ///
    /// # Panics
    /// If the bytes are not in the field, or begin or end inside a character.
    pub fn of(&mut self, field: usize, bytes: Range<usize>) -> [usize; 2] {
        if field != self.field || bytes.start < self.bytes {
            (self.field, self.bytes, self.characters) = (field, 0, 0);
        }
        let text = self.fields.get(field).map_or("", S::as_ref);
        self.characters += text[self.bytes..bytes.start].chars().count();
        self.bytes = bytes.start;
        [self.characters, self.characters + text[bytes].chars().count()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_in_characters_in_any_order() {
        let fields = ["Ünlovely — film".to_owned(), "é!".to_owned()];
        let mut places = CharacterPlaces::new(&fields);
        let mut of = |field: usize, text: &str| {
            let start = fields[field].find(text).unwrap();
            places.of(field, start..start + text.len())
        };
        assert_eq!(of(0, "Ünlovely"), [0, 8]);
        assert_eq!(of(0, "film"), [11, 15]);
        assert_eq!(of(0, "—"), [9, 10]);
        assert_eq!(of(1, "!"), [1, 2]);
        assert_eq!(of(0, "film"), [11, 15]);
        assert_eq!(CharacterPlaces::<&str>::new(&[]).of(0, 0..0), [0, 0]);
    }
}
