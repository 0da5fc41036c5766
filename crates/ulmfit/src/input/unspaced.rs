//! Scripts without spaces between words, which the word tokenizer cannot split.

use crate::setting::{Setting, Spelling};

/// Letters that are counted; a corpus may be large.
const ENOUGH: usize = 1_000_000;

/// How much of the text is in a script without spaces.
#[derive(Debug, Default)]
pub(crate) struct Unspaced {
    letters: usize,
    unspaced: usize,
}

impl Unspaced {
    /// Counts the letters of a document.
    pub(crate) fn count(&mut self, fields: &[String]) {
        for letter in fields.iter().flat_map(|text| text.chars()).filter(|c| c.is_alphabetic()) {
            if self.letters >= ENOUGH {
                return;
            }
            self.letters += 1;
            self.unspaced += usize::from(is_unspaced(letter));
        }
    }

    /// Whether more than 30 % of the letters are.
    pub(crate) fn is_common(&self) -> bool {
        10 * self.unspaced > 3 * self.letters
    }
}

/// The warning for a tokenizer of words; the advice depends on whether there is a base model.
pub(crate) fn unspaced_warning(has_base: bool, spelling: Spelling) -> String {
    let unigram = spelling.with(Setting::Tokenizer, "unigram");
    let advice = if has_base { "start from a language model made with" } else { "pass" };
    format!(
        "much of the text is Chinese, Japanese, Thai or another script without spaces, which the word \
         tokenizer does not split into words; {advice} {unigram}"
    )
}

/// Han, kana, Thai, Lao, Myanmar and Khmer. Korean has spaces.
fn is_unspaced(letter: char) -> bool {
    matches!(
        letter,
        '\u{0e00}'..='\u{0eff}'
            | '\u{1000}'..='\u{109f}'
            | '\u{1780}'..='\u{17ff}'
            | '\u{3040}'..='\u{30ff}'
            | '\u{3400}'..='\u{9fff}'
            | '\u{f900}'..='\u{faff}'
            | '\u{20000}'..='\u{3134f}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_without_spaces() {
        let common = |text: &str| {
            let mut unspaced = Unspaced::default();
            unspaced.count(&[text.to_owned()]);
            unspaced.is_common()
        };
        for text in ["这部电影非常好看", "とても良い映画でした", "หนังเรื่องนี้ดีมาก"]
        {
            assert!(common(text), "{text}");
        }
        for text in [
            "",
            "a fine film",
            "이 영화는 정말 좋다",
            "очень хороший фильм",
            "the film 《无间道》 was great",
        ] {
            assert!(!common(text), "{text}");
        }
    }
}
