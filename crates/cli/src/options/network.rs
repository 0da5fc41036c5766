//! Sizes of a new network and of its vocabulary.

use ulmfit::text::{Direction, TextConfig, TokenizerConfig, VocabConfig};

/// Sizes of a new network.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Network")]
pub(crate) struct NetworkOptions {
    /// Embedding size (the paper's is 400)
    #[arg(long, value_name = "E", default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=65536))]
    pub(crate) emb: u32,
    /// Width of the LSTM layers but the last (the paper's is 1150, fastai's 1152)
    #[arg(long, value_name = "H", default_value_t = 512, value_parser = clap::value_parser!(u32).range(1..=65536))]
    pub(crate) hid: u32,
    /// Number of LSTM layers
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=64))]
    pub(crate) layers: u32,
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
    /// What a token is
    #[arg(long, value_name = "KIND", value_enum, default_value_t = TokenizerArg::Words)]
    tokenizer: TokenizerArg,
    /// Language of the texts: `en` has rules of its own, `xx` is for all others
    #[arg(long, value_name = "CODE", default_value = "en")]
    language: String,
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
            TokenizerArg::Words => TokenizerConfig::Words,
            TokenizerArg::Unigram => TokenizerConfig::Unigram { vocab_size },
            TokenizerArg::Bpe => TokenizerConfig::Bpe { vocab_size },
        };
        TextConfig { tokenizer, language: self.language.clone(), ..TextConfig::default() }
    }

    pub(crate) fn vocab_config(&self) -> VocabConfig {
        let max_size = self.max_vocab.unwrap_or(60_000);
        VocabConfig { min_freq: self.min_freq, max_size, ..VocabConfig::default() }
    }
}
