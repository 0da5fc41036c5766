//! Sizes of a new network and of its vocabulary.

use ulmfit::Error;
use ulmfit::model::AwdLstmConfig;
use ulmfit::stages::LmBundle;
use ulmfit::text::{BaseWords, Direction, TextConfig, TokenizerConfig, VocabConfig};

/// Sizes of a new network.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Network")]
pub(crate) struct NetworkOptions {
    /// Embedding size; the paper's is 400 [default: 256]
    #[arg(long, value_name = "E", value_parser = clap::value_parser!(u32).range(1..=65536))]
    emb: Option<u32>,
    /// Width of the LSTM layers but the last; the paper's is 1150, fastai's 1152 [default: 512]
    #[arg(long, value_name = "H", value_parser = clap::value_parser!(u32).range(1..=65536))]
    hid: Option<u32>,
    /// Number of LSTM layers [default: 3]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=64))]
    layers: Option<u32>,
}

impl NetworkOptions {
    /// The sizes, with so many rows of the vocabulary.
    pub(crate) fn sizes(&self, vocab: usize) -> AwdLstmConfig {
        let [emb, hid, layers] = [(self.emb, 256), (self.hid, 512), (self.layers, 3)]
            .map(|(size, default)| size.unwrap_or(default) as usize);
        AwdLstmConfig { vocab, emb, hid, layers }
    }

    /// Refuses sizes beside a base model, which has its own.
    pub(crate) fn refuse_beside_base(&self) -> Result<(), Error> {
        let given = [
            ("--emb", self.emb.is_some()),
            ("--hid", self.hid.is_some()),
            ("--layers", self.layers.is_some()),
        ];
        refuse(given, FROM_SCRATCH)
    }
}

/// What to do for another network or tokenizer than the base model's.
pub(crate) const FROM_SCRATCH: &str = "start from scratch with `--base none`";

/// Refuses options that a base model has decided.
fn refuse<const N: usize>(options: [(&str, bool); N], instead: &str) -> Result<(), Error> {
    match options.into_iter().find(|(_, given)| *given) {
        None => Ok(()),
        Some((option, _)) => Err(Error::Usage {
            message: format!("{option} is decided by the base model"),
            hint: Some(format!("leave it out, or {instead}")),
        }),
    }
}

/// Making a vocabulary.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Vocabulary")]
pub(crate) struct VocabOptions {
    /// Words rarer than this are unknown
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub(crate) min_freq: u64,
    /// Most words, or size of a subword vocabulary
    #[arg(long, value_name = "N")]
    pub(crate) max_vocab: Option<usize>,
    /// What a token is [default: words]
    #[arg(long, value_name = "KIND", value_enum)]
    tokenizer: Option<TokenizerArg>,
    /// Language of the texts: `en` has rules of its own, `xx` is for all others [default: en]
    #[arg(long, value_name = "CODE")]
    language: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum TokenizerArg {
    /// Words by rules
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
    /// Words of the base model that stay in the vocabulary
    #[arg(long, value_name = "WHICH", value_enum, default_value_t = BaseWordsArg::All)]
    base_words: BaseWordsArg,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum BaseWordsArg {
    /// Those as frequent in the texts as new words must be (fastai's)
    Frequent,
    /// Those that occur in the texts
    Seen,
    /// All, for texts that are yet to come
    All,
}

impl BaseWordsOption {
    /// Puts the option into a vocabulary's settings.
    pub(crate) fn apply(self, mut vocab: VocabConfig) -> VocabConfig {
        vocab.base_words = match self.base_words {
            BaseWordsArg::Frequent => BaseWords::Frequent,
            BaseWordsArg::Seen => BaseWords::Seen,
            BaseWordsArg::All => BaseWords::All,
        };
        vocab
    }
}

/// Reading direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum DirectionOption {
    /// First word to last
    Forward,
    /// Last word to first
    Backward,
    /// Two models; a classifier averages their probabilities
    Both,
}

impl DirectionOption {
    /// The directions chosen, else those of the base model.
    pub(crate) fn or_those_of(chosen: Option<Self>, base: &LmBundle) -> Vec<Direction> {
        match chosen {
            Some(direction) => direction.directions(),
            None => base.networks.iter().map(|(direction, _)| *direction).collect(),
        }
    }

    pub(crate) fn directions(self) -> Vec<Direction> {
        match self {
            Self::Forward => vec![Direction::Forward],
            Self::Backward => vec![Direction::Backward],
            Self::Both => vec![Direction::Forward, Direction::Backward],
        }
    }
}

impl VocabOptions {
    pub(crate) fn text_config(&self) -> TextConfig {
        let vocab_size = self.max_vocab.unwrap_or(15_000);
        let tokenizer = match self.tokenizer {
            None | Some(TokenizerArg::Words) => TokenizerConfig::Words,
            Some(TokenizerArg::Unigram) => TokenizerConfig::Unigram { vocab_size },
            Some(TokenizerArg::Bpe) => TokenizerConfig::Bpe { vocab_size },
        };
        let language = self.language.clone().unwrap_or_else(|| "en".into());
        TextConfig { tokenizer, language, ..TextConfig::default() }
    }

    /// Refuses a tokenizer beside a base model, which has its own; `instead` is what to do.
    pub(crate) fn refuse_beside_base(&self, instead: &str) -> Result<(), Error> {
        let given =
            [("--tokenizer", self.tokenizer.is_some()), ("--language", self.language.is_some())];
        refuse(given, instead)
    }

    pub(crate) fn vocab_config(&self) -> VocabConfig {
        let max_size = self.max_vocab.unwrap_or(60_000);
        VocabConfig { min_freq: self.min_freq, max_size, ..VocabConfig::default() }
    }
}
