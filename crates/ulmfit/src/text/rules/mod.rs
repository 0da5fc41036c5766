//! fastai's eight rules, which rewrite a text before it is tokenized. Their order is part of them.
//!
//! | rule | file |
//! |---|---|
//! | `fix_html` | [`html`] |
//! | `replace_rep`, `replace_wrep` | [`repeats`] |
//! | `spec_add_spaces`, `rm_useless_spaces` | [`spacing`] |
//! | `replace_all_caps`, `replace_maj`, `lowercase` | [`capitals`] |
//!
//! Each takes time linear in the text, whatever the text.

mod capitals;
mod html;
mod letters;
mod repeats;
mod spacing;

use std::fmt::Write;

use super::chars;
use super::config::TextConfig;
use super::language::Language;
use super::special::{BOS, EOS, FLD};
use letters::Letters;

/// A text under revision, with the room that the next revision is written into.
#[derive(Debug, Default)]
pub(super) struct RuleBuffer {
    text: String,
    spare: String,
}

impl RuleBuffer {
    #[cfg(test)]
    fn of(text: &str) -> Self {
        Self { text: text.to_owned(), spare: String::new() }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Replaces the text by what `rule` writes.
    fn rewrite(&mut self, rule: impl FnOnce(&str, &mut String)) {
        self.spare.clear();
        self.spare.reserve(self.text.len());
        rule(&self.text, &mut self.spare);
        std::mem::swap(&mut self.text, &mut self.spare);
    }
}

/// What differs from language to language, and the end mark.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    letters: Letters,
    mark_fields: Option<bool>,
    end: Option<&'static str>,
}

impl Rules {
    /// The rules for documents in `language`, marked as `config` says.
    pub(super) fn new(language: Language, config: &TextConfig) -> Self {
        let end = config.add_eos.then_some(EOS);
        Self { letters: Letters::of(language), mark_fields: config.mark_fields, end }
    }

    /// Puts a document's fields together and applies all rules: markup to text, repeats and
    /// capitals to special tokens, small letters.
    pub(super) fn apply(&self, fields: &[impl AsRef<str>], draft: &mut RuleBuffer) {
        draft.text.clear();
        self.join(fields, &mut draft.text);
        html::fix_html(draft);
        repeats::replace_rep(draft);
        repeats::replace_wrep(draft, self.letters);
        spacing::spec_add_spaces(draft);
        spacing::rm_useless_spaces(draft);
        draft.rewrite(|text, out| {
            out.push_str(BOS);
            out.push(' ');
            capitals::push_marked(chars::strip(text), self.letters, out);
            if let Some(end) = self.end {
                out.push(' ');
                out.push_str(end);
            }
        });
    }

    fn join(&self, fields: &[impl AsRef<str>], text: &mut String) {
        let mark = self.mark_fields.unwrap_or(fields.len() > 1);
        for (i, field) in fields.iter().enumerate() {
            if i > 0 {
                text.push(' ');
            }
            if mark {
                write!(text, "{FLD} {} ", i + 1).expect("a String takes all");
            }
            text.push_str(field.as_ref());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_rules_in_their_order() {
        let apply = |text: &str, language, eos| {
            let mut draft = RuleBuffer::default();
            let config = TextConfig { add_eos: eos, ..TextConfig::default() };
            Rules::new(language, &config).apply(&[text], &mut draft);
            draft.text().to_owned()
        };
        let english = |text| apply(text, Language::English, false);
        assert_eq!(english(""), "xxbos ");
        assert_eq!(english(" \n "), "xxbos ");
        assert_eq!(english("Sooo COOL.<br />I"), "xxbos s xxrep 3 o xxup cool.\ni");
        assert_eq!(english("École ÉCOLE"), "xxbos école école");
        assert_eq!(
            apply("École ÉCOLE", Language::Spaced, true),
            "xxbos xxmaj école xxup école xxeos"
        );
        assert_eq!(apply("हैं हैं हैं।", Language::Spaced, false), "xxbos xxwrep 3 हैं ।");
    }
}
