//! Which characters the rules take for capitals and for parts of words.

use crate::text::chars::{self, MARK, WORD};
use crate::text::language::Language;

/// fastai's rules know the capitals `A-Z` and no combining marks. That is kept for English; in
/// other languages `É` is a capital too, and a vowel sign belongs to its word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Letters {
    Ascii,
    Unicode,
}

impl Letters {
    pub(super) fn of(language: Language) -> Self {
        if language == Language::English { Self::Ascii } else { Self::Unicode }
    }

    #[inline]
    pub(super) fn is_capital(self, c: char) -> bool {
        c.is_ascii_uppercase() || (self == Self::Unicode && c.is_uppercase())
    }

    #[inline]
    pub(super) fn is_small(self, c: char) -> bool {
        c.is_ascii_lowercase() || (self == Self::Unicode && c.is_lowercase())
    }

    #[inline]
    pub(super) fn is_word(self, c: char) -> bool {
        if c.is_ascii() {
            c.is_ascii_alphanumeric() || c == '_'
        } else {
            chars::is(c, if self == Self::Ascii { WORD } else { WORD | MARK })
        }
    }

    /// Position of the first capital of `text`.
    pub(super) fn find_capital(self, text: &str) -> Option<usize> {
        match self {
            Self::Ascii => text.bytes().position(|b| b.is_ascii_uppercase()),
            Self::Unicode => text.find(|c| self.is_capital(c)),
        }
    }
}
