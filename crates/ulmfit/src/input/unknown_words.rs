//! Whether texts are in the language of a model.

use super::unspaced::{Unspaced, unspaced_warning};
use crate::data::Record;
use crate::setting::{Setting, Spelling};
use crate::text::{TextPipeline, TokenizerConfig};

/// Documents that are counted: enough for a rough share.
const SAMPLE: usize = 500;

/// Above this share of unknown tokens, a model was probably made for other texts. English texts of a
/// special field have up to one in ten tokens unknown to `en`, German ones one in two.
const FOREIGN: f64 = 0.25;

/// How many tokens of some documents a base model does not know.
pub(crate) struct UnknownWords<'a> {
    base: &'a TextPipeline,
    unspaced: Unspaced,
    documents: usize,
    tokens: u64,
    unknown: u64,
}

impl<'a> UnknownWords<'a> {
    pub(crate) fn new(base: &'a TextPipeline) -> Self {
        Self { base, unspaced: Unspaced::default(), documents: 0, tokens: 0, unknown: 0 }
    }

    /// Counts rows that are spread over all.
    pub(crate) fn in_rows(base: &'a TextPipeline, rows: &[Record]) -> Self {
        let mut words = Self::new(base);
        let sample = rows.iter().step_by(rows.len().div_ceil(SAMPLE).max(1));
        sample.for_each(|row| words.count(&row.fields));
        words
    }

    /// Counts a document, if it is among the first [`SAMPLE`].
    pub(crate) fn count(&mut self, fields: &[String]) {
        if self.documents >= SAMPLE {
            return;
        }
        self.documents += 1;
        self.unspaced.count(fields);
        self.base.tokenizer().for_each_token(fields, &mut |token| {
            self.tokens += 1;
            self.unknown += u64::from(self.base.vocab().get(token).is_none());
        });
    }

    /// The share of unknown tokens, if it is so large that the model was probably made for other
    /// texts.
    pub(crate) fn foreign_share(&self) -> Option<f64> {
        let share = self.unknown as f64 / self.tokens.max(1) as f64;
        (share > FOREIGN).then_some(share)
    }

    /// Whether much of the text is in a script without spaces.
    pub(crate) fn is_unspaced(&self) -> bool {
        self.unspaced.is_common()
    }

    /// A warning if many tokens are unknown.
    pub(crate) fn warning(&self, spelling: Spelling) -> Option<String> {
        let config = self.base.config();
        let share = self.foreign_share()?;
        if config.tokenizer == TokenizerConfig::Words && self.is_unspaced() {
            return Some(unspaced_warning(true, spelling));
        }
        Some(format!(
            "about {:.0} % of the tokens are unknown to the language model, which was made for texts in \
             `{}`; for another language, use a model of that language, or train from scratch ({}, {})",
            10.0 * (10.0 * share).round(),
            config.language,
            spelling.with(Setting::Base, "none"),
            spelling.with(Setting::Language, "CODE")
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{TextConfig, VocabConfig};

    /// A model that knows the words of this sentence.
    fn base() -> TextPipeline {
        let texts = vec![vec!["the film was good and the music was bad".to_owned()]; 3];
        TextPipeline::build(&TextConfig::default(), &VocabConfig::default(), texts).unwrap()
    }

    fn warning(texts: &[&str]) -> Option<String> {
        let base = base();
        let mut words = UnknownWords::new(&base);
        texts.iter().for_each(|text| words.count(&[(*text).to_owned()]));
        words.warning(Spelling::default())
    }

    #[test]
    fn another_language_is_noticed() {
        let found = warning(&["der film war gut und die musik war schlecht"]).unwrap();
        assert!(found.starts_with("about 80 % of the tokens are unknown"), "{found}");
        assert!(found.contains("`en`"), "{found}");
        assert_eq!(warning(&["the music was good and the film was bad"]), None);
        assert_eq!(warning(&["the music was good and the actor was bad"]), None); // 1 in 10
        assert_eq!(warning(&[]), None);
    }

    #[test]
    fn a_script_without_spaces_has_its_own_warning() {
        let found = warning(&["这部电影非常好看"]).unwrap();
        assert!(found.contains("without spaces"), "{found}");
    }

    #[test]
    fn only_a_sample_is_counted() {
        let mut texts = vec!["the film was good"; SAMPLE];
        texts.extend(vec!["ganz andere worte"; 10 * SAMPLE]);
        assert_eq!(warning(&texts), None);
    }
}
