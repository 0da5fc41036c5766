//! Tokenizer and vocabulary.

use ulmfit::Error;
use ulmfit::text::{BaseWords, TextConfig, TokenizerConfig, VocabConfig};

/// What to do to get another network or tokenizer than the base model's.
pub(crate) const FROM_SCRATCH: &str = "start from scratch with `--base none`";

/// Refuses options that the base model decides.
pub(super) fn refuse<const N: usize>(
    options: [(&str, bool); N],
    instead: &str,
) -> Result<(), Error> {
    match options.into_iter().find(|(_, given)| *given) {
        None => Ok(()),
        Some((option, _)) => Err(Error::Usage {
            message: format!("{option} is decided by the base model"),
            hint: Some(format!("leave it out, or {instead}")),
        }),
    }
}

/// Least number of occurrences of a word, unless it is set.
const MIN_FREQ: u64 = 3;

/// Size of the vocabulary.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Vocabulary")]
pub(crate) struct VocabSizeOptions {
    /// Leave out words that occur less often than this
    #[arg(long, value_name = "N", default_value_t = MIN_FREQ)]
    min_freq: u64,
    /// Maximum vocabulary size
    #[arg(long, value_name = "N")]
    max_vocab: Option<usize>,
}

/// Language of the tokenizer's rules.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Vocabulary")]
pub(crate) struct LanguageOption {
    /// Language of the texts: a code such as de; English has its own tokenizer rules [default: en]
    #[arg(long, value_name = "CODE")]
    language: Option<String>,
}

/// A new vocabulary.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Vocabulary")]
pub(crate) struct VocabOptions {
    #[command(flatten)]
    size: VocabSizeOptions,
    /// Tokenizer [default: words]
    #[arg(long, value_name = "KIND", value_enum)]
    tokenizer: Option<TokenizerArg>,
    #[command(flatten)]
    language: LanguageOption,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum TokenizerArg {
    /// Words, split by rules
    Words,
    /// Subwords, unigram language model
    Unigram,
    /// Subwords, byte-pair encoding
    Bpe,
}

/// The vocabulary of a model that is fine-tuned.
#[derive(Debug, Clone, Copy, clap::Args)]
#[command(next_help_heading = "Vocabulary")]
pub(crate) struct BaseWordsOption {
    /// Which words of the base model to keep in the vocabulary [default: all]
    #[arg(long, value_name = "WHICH", value_enum)]
    base_words: Option<BaseWords>,
}

impl BaseWordsOption {
    /// Whether it was set by hand.
    pub(crate) fn is_given(self) -> bool {
        self.base_words.is_some()
    }

    /// Applies the option to a vocabulary's settings.
    pub(crate) fn apply(self, mut vocab: VocabConfig) -> VocabConfig {
        vocab.base_words = self.base_words.unwrap_or(BaseWords::All);
        vocab
    }

    /// Refuses the option if there is no base model.
    pub(crate) fn refuse_without_base(self) -> Result<(), Error> {
        if self.base_words.is_none() {
            return Ok(());
        }
        let message = "--base-words has no effect without a base model".into();
        let hint = Some("leave it out, or give a base model with --base".into());
        Err(Error::Usage { message, hint })
    }
}

impl VocabSizeOptions {
    pub(crate) fn vocab_config(&self) -> VocabConfig {
        let max_size = self.max_vocab.unwrap_or(60_000);
        VocabConfig { min_freq: self.min_freq, max_size, ..VocabConfig::default() }
    }
}

impl LanguageOption {
    /// Tokenizer settings for the language.
    pub(crate) fn text_config(&self) -> TextConfig {
        let language = self.language.clone().unwrap_or_else(|| "en".into());
        TextConfig { language, ..TextConfig::default() }
    }
}

impl VocabOptions {
    pub(crate) fn text_config(&self) -> TextConfig {
        let vocab_size = self.size.max_vocab.unwrap_or(15_000);
        let tokenizer = match self.tokenizer {
            None | Some(TokenizerArg::Words) => TokenizerConfig::Words,
            Some(TokenizerArg::Unigram) => TokenizerConfig::Unigram { vocab_size },
            Some(TokenizerArg::Bpe) => TokenizerConfig::Bpe { vocab_size },
        };
        TextConfig { tokenizer, ..self.language.text_config() }
    }

    /// Whether the language of the texts was given, and is not that of a base model.
    pub(crate) fn is_in_another_language(&self, base: &TextConfig) -> bool {
        self.language.language.as_ref().is_some_and(|language| *language != base.language)
    }

    /// Whether the language of the texts was given.
    pub(crate) fn names_language(&self) -> bool {
        self.language.language.is_some()
    }

    /// Refuses a tokenizer or another language beside a base model, which has its own; `instead` is
    /// the advice.
    pub(crate) fn refuse_beside_base(&self, base: &TextConfig, instead: &str) -> Result<(), Error> {
        refuse([("--tokenizer", self.tokenizer.is_some())], instead)?;
        match &self.language.language {
            Some(language) if *language != base.language => Err(Error::Usage {
                message: format!(
                    "--language {language} does not fit the base model, whose language is `{}`",
                    base.language
                ),
                hint: Some(format!("leave it out, or {instead}")),
            }),
            _ => Ok(()),
        }
    }

    pub(crate) fn vocab_config(&self) -> VocabConfig {
        self.size.vocab_config()
    }

    /// Which settings of the tokenizer were set by hand, for those that have none.
    pub(crate) fn text_given(&self) -> [(&'static str, bool); 2] {
        let language = self.language.language.is_some();
        [("--tokenizer", self.tokenizer.is_some()), ("--language", language)]
    }

    /// Which sizes of a vocabulary were set by hand, for those that have none.
    pub(crate) fn sizes_given(&self) -> [(&'static str, bool); 2] {
        let VocabSizeOptions { min_freq, max_vocab } = self.size;
        [("--min-freq", min_freq != MIN_FREQ), ("--max-vocab", max_vocab.is_some())]
    }
}
