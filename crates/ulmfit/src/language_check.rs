//! Whether the base model knows the language of the examples, before a training starts from it.

use crate::base::{BaseUse, LoadedBase, LoadedEncoder};
use crate::examples::Examples;
use crate::input::{UnknownWords, texts};
use crate::methods::portfolio::{PortfolioPlan, UlmfitStart};
use crate::run::Progress;
use crate::setting::{Setting, Spelling};
use crate::text::{TextConfig, TokenizerConfig};
use crate::{Error, Trainer};

impl Trainer {
    /// The base to start from: `base`, or none if it does not know the language of the training
    /// examples and nobody named it. Then the tokenizer becomes the one that suits them: words by the
    /// rules of Unicode, or subwords where the script has no spaces.
    ///
    /// A base does not know the language if more than a quarter of the tokens are not in its
    /// vocabulary: with the English models inside the program it is about one in two of German texts,
    /// and at most one in ten of English texts on special subjects.
    ///
    /// # Errors
    /// [`Error::Usage`] when it does not know the language, and was [named](BaseUse::Named).
    pub fn for_language(
        self,
        base: Option<LoadedBase>,
        asked: BaseUse,
        examples: &Examples,
        progress: &mut dyn Progress,
    ) -> Result<(Self, Option<LoadedBase>), Error> {
        let Some(loaded) = &base else { return Ok((self, None)) };
        let words = UnknownWords::in_rows(&loaded.model.text, &examples.train);
        let Some(share) = words.foreign_share().filter(|_| asked != BaseUse::Insisted) else {
            return Ok((self, base));
        };
        let (name, config) = (&loaded.origin.name, loaded.model.text.config());
        let percent = 10.0 * (10.0 * share).round();
        let found = format!(
            "about {percent:.0} % of the tokens are unknown to `{name}`, a model for texts in {}",
            config.language_name()
        );
        let spelling = progress.spelling();
        if asked == BaseUse::Named {
            let hint = Some(hint(config, spelling));
            return Err(Error::Usage { message: found, hint });
        }
        progress.warn(&format!(
            "{found}, so it is not used; a model that was pretrained in the language of these texts, \
             given with {}, is better",
            spelling.name(Setting::Base)
        ));
        let text = tokenizer(words.is_unspaced());
        Ok((self.tokenizer(text), None))
    }
}

impl Trainer {
    /// [`for_language`](Self::for_language) for a portfolio, whose encoder has been [chosen](LoadedEncoder::for_language)
    /// before. Where there are too few examples for a language model to be a part, its language is not checked,
    /// unless the model was [named](BaseUse::Named).
    ///
    /// # Errors
    /// As [`for_language`](Self::for_language).
    pub fn for_language_of_portfolio(
        self,
        base: Option<LoadedBase>,
        asked: BaseUse,
        has_encoder: bool,
        examples: &Examples,
        progress: &mut dyn Progress,
    ) -> Result<(Self, Option<LoadedBase>), Error> {
        let kind = self.classify_options(examples).labels.task.kind(&examples.train);
        let (recipe, by_hand) = (&self.recipe.tfidf, &self.overrides);
        let labelled = PortfolioPlan::most_pseudo_labels(recipe, by_hand, kind, has_encoder);
        let is_read = !self.unlabeled.is_empty() && labelled == 0;
        let start = if base.is_some() { UlmfitStart::Pretrained } else { UlmfitStart::Scratch };
        let is_used = PortfolioPlan::has_ulmfit(examples.train.len(), is_read, start);
        if !is_used && asked == BaseUse::Usual {
            return Ok((self, base));
        }
        self.for_language(base, asked, examples, progress)
    }
}

impl LoadedEncoder {
    /// This encoder for a part of a portfolio, or none if it was made for another language than that of
    /// the training examples and nobody named it. Tells `progress` either way.
    pub fn for_language(
        self,
        asked: BaseUse,
        examples: &Examples,
        progress: &mut dyn Progress,
    ) -> Option<Self> {
        let Some(warning) = self.model.language_warning(&texts(&examples.train)) else {
            return Some(self);
        };
        if asked != BaseUse::Usual {
            progress.warn(&warning);
            return Some(self);
        }
        progress.warn(&format!("{warning}; it is not used"));
        None
    }
}

fn hint(config: &TextConfig, spelling: Spelling) -> String {
    format!(
        "give a model of their language, start from scratch with {}, or, if they are in {} after all, \
         add {}",
        spelling.with(Setting::Base, "none"),
        config.language_name(),
        spelling.with(Setting::Language, &config.language),
    )
}

/// The tokenizer for texts in an unknown language.
fn tokenizer(is_unspaced: bool) -> TextConfig {
    let usual = TextConfig { language: "xx".to_owned(), ..TextConfig::default() };
    if !is_unspaced {
        return usual;
    }
    let tokenizer = TokenizerConfig::Unigram { vocab_size: 15_000 };
    TextConfig { tokenizer, ..usual }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::AwdLstmConfig;
    use crate::models::{BaseModel, LmBundle};
    use crate::text::{Direction, TextPipeline, VocabConfig};

    #[derive(Default)]
    struct Said(Vec<String>);

    impl Progress for Said {
        fn note(&mut self, text: &str) {
            self.0.push(text.to_owned());
        }
    }

    fn base() -> LoadedBase {
        let texts = vec![vec!["the film was good and the music was bad".to_owned()]; 3];
        let text =
            TextPipeline::build(&TextConfig::default(), &VocabConfig::default(), texts).unwrap();
        let sizes = AwdLstmConfig { vocab: text.vocab().len(), emb: 2, hid: 2, layers: 1 };
        let model = LmBundle::random(text, sizes, &[Direction::Forward], 1);
        LoadedBase { model, origin: BaseModel { name: "small".into(), hash: String::new() } }
    }

    fn decide(text: &str, asked: BaseUse) -> Result<(bool, Vec<String>), Error> {
        let examples: Examples = [(text, "a"), (text, "b")].into_iter().collect();
        let mut said = Said::default();
        let (_, base) = Trainer::new().for_language(Some(base()), asked, &examples, &mut said)?;
        Ok((base.is_some(), said.0))
    }

    #[test]
    fn german_is_not_read_by_an_english_model_in_silence() {
        let german = "der film war gut und die musik war schlecht";
        let (starts, said) = decide(german, BaseUse::Usual).unwrap();
        assert!(!starts && said.len() == 1, "{said:?}");
        assert!(said[0].starts_with("about 80 % of the tokens are unknown to `small`"), "{said:?}");
        let error = decide(german, BaseUse::Named).err().unwrap();
        assert!(error.hint().unwrap().contains("`base = none`"), "{error}");
        assert_eq!(decide(german, BaseUse::Insisted).unwrap(), (true, Vec::new()));
        let examples: Examples = [(german, "a"), (german, "b")].into_iter().collect();
        let is_read_by_base = |trainer: Trainer, has_encoder| {
            let mut said = Said::default();
            let base = Some(base());
            let usual = BaseUse::Usual;
            let found =
                trainer.for_language_of_portfolio(base, usual, has_encoder, &examples, &mut said);
            assert!(found.is_ok());
            !said.0.is_empty()
        };
        assert!(!is_read_by_base(Trainer::new(), true), "two examples need no language model");
        let with_texts = || Trainer::new().unlabeled(["texts.txt"]);
        assert!(is_read_by_base(with_texts(), false), "texts without labels do");
        assert!(!is_read_by_base(with_texts(), true), "unless an encoder labels them");
        for asked in [BaseUse::Usual, BaseUse::Named] {
            let english = "the music was good and the actor was bad";
            assert_eq!(decide(english, asked).unwrap(), (true, Vec::new()));
        }
    }

    #[test]
    fn scripts_without_spaces_get_subwords() {
        assert_eq!(tokenizer(false).tokenizer, TokenizerConfig::Words);
        assert_eq!(tokenizer(true).tokenizer.kind(), "unigram");
    }
}
