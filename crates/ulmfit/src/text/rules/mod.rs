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
mod revision;
mod spacing;

use std::fmt::Write;

use super::chars;
use super::config::TextConfig;
use super::language::Language;
use super::special::{BOS, EOS, FLD};
use letters::Letters;
pub(in crate::text) use revision::Revision;
use revision::compose;

/// A text under revision, with the room that the next revision is written into.
#[derive(Debug, Default)]
pub(super) struct RuleBuffer {
    text: String,
    spare: String,
    /// Bytes of the text that was given for each byte of `text`, where that is asked for.
    source: Option<Vec<(u32, u32)>>,
}

impl RuleBuffer {
    #[cfg(test)]
    fn of(text: &str) -> Self {
        Self { text: text.to_owned(), ..Self::default() }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Replaces the text by what `rule` writes.
    fn rewrite(&mut self, rule: impl FnOnce(&str, &mut Revision)) {
        self.spare.reserve(self.text.len());
        let spare = std::mem::take(&mut self.spare);
        let mut out = Revision::start(spare, self.source.is_some().then_some(&*self.text));
        rule(&self.text, &mut out);
        let (text, ranges) = out.finish();
        self.spare = std::mem::replace(&mut self.text, text);
        if let (Some(source), Some(ranges)) = (&mut self.source, ranges) {
            *source = compose(source, ranges);
        }
    }

    /// Which bytes of all fields, one behind the other, each byte stands for.
    pub(super) fn source(&self) -> &[(u32, u32)] {
        self.source.as_deref().unwrap_or_default()
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
        draft.source = None;
        draft.text.clear();
        self.join(fields, &mut draft.text);
        self.revise(draft);
    }

    /// As [`apply`](Self::apply), and notes [where each byte comes from](RuleBuffer::source).
    pub(super) fn apply_tracked(&self, fields: &[impl AsRef<str>], draft: &mut RuleBuffer) {
        draft.text.clear();
        self.join(fields, &mut draft.text);
        draft.source = Some(self.joined_source(fields, draft.text.len()));
        self.revise(draft);
    }

    fn revise(&self, draft: &mut RuleBuffer) {
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

    /// For each byte that [`join`](Self::join) writes the byte of the fields; marks and the spaces
    /// between fields have none.
    fn joined_source(&self, fields: &[impl AsRef<str>], length: usize) -> Vec<(u32, u32)> {
        let mark = self.mark_fields.unwrap_or(fields.len() > 1);
        let (mut source, mut base) = (Vec::with_capacity(length), 0_u32);
        for (i, field) in fields.iter().enumerate() {
            let mark = if mark { format!("{FLD} {} ", i + 1).len() } else { 0 };
            let before = mark + usize::from(i > 0);
            source.extend(std::iter::repeat_n((base, base), before));
            let end = base + field.as_ref().len() as u32;
            source.extend((base..end).map(|at| (at, at + 1)));
            base = end;
        }
        source
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
