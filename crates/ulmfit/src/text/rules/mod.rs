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

use super::chars;
use super::language::Language;
use super::special::{BOS, EOS};
use letters::Letters;

/// A text under revision, with the room that the next revision is written into.
#[derive(Debug, Default)]
pub(super) struct Draft {
    text: String,
    spare: String,
}

impl Draft {
    /// Starts over with an empty text, which `write` fills.
    pub(super) fn start(&mut self, write: impl FnOnce(&mut String)) {
        self.text.clear();
        write(&mut self.text);
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
    end: Option<&'static str>,
}

impl Rules {
    /// The rules for texts of `language`; `add_eos` ends them with `xxeos`.
    pub(super) fn new(language: Language, add_eos: bool) -> Self {
        Self {
            letters: Letters::of(language),
            end: add_eos.then_some(EOS),
        }
    }

    /// Applies all of them: markup to text, repeats and capitals to special tokens, small letters.
    pub(super) fn apply(&self, draft: &mut Draft) {
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_rules_in_their_order() {
        let apply = |text: &str, language, eos| {
            let mut draft = Draft::default();
            draft.start(|out| out.push_str(text));
            Rules::new(language, eos).apply(&mut draft);
            draft.text().to_owned()
        };
        let english = |text| apply(text, Language::English, false);
        assert_eq!(english(""), "xxbos ");
        assert_eq!(english(" \n "), "xxbos ");
        assert_eq!(
            english("Sooo COOL.<br />I"),
            "xxbos s xxrep 3 o xxup cool.\ni"
        );
        assert_eq!(english("École ÉCOLE"), "xxbos école école");
        assert_eq!(
            apply("École ÉCOLE", Language::Spaced, true),
            "xxbos xxmaj école xxup école xxeos"
        );
        assert_eq!(
            apply("हैं हैं हैं।", Language::Spaced, false),
            "xxbos xxwrep 3 हैं ।"
        );
    }
}
