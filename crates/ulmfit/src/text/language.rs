//! Rules that depend on the language.

use super::TextError;

/// How texts of a language are prepared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    /// As fastai does it: capitals are `A-Z`, contractions and abbreviations of spaCy's `en`.
    English,
    /// Capitals and words are those of Unicode, special cases only what all languages share.
    Spaced,
    /// As [`Language::Spaced`], but without spaces between words: needs a subword tokenizer.
    Unspaced,
}

impl Language {
    /// From a two- or three-letter code of ISO 639, `xx` for none in particular.
    pub(super) fn of(code: &str) -> Result<Self, TextError> {
        if !matches!(code.len(), 2 | 3) || !code.bytes().all(|b| b.is_ascii_lowercase()) {
            return Err(TextError::Language { code: code.to_owned() });
        }
        Ok(match code {
            "en" => Self::English,
            "zh" | "ja" | "th" | "lo" | "km" | "my" | "bo" | "yue" => Self::Unspaced,
            _ => Self::Spaced,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes() {
        assert_eq!(Language::of("en").unwrap(), Language::English);
        assert_eq!(Language::of("xx").unwrap(), Language::Spaced);
        assert_eq!(Language::of("th").unwrap(), Language::Unspaced);
        assert!(Language::of("English").is_err());
    }
}
