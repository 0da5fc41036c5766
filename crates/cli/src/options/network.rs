//! Sizes of a new network, and which way it reads.

use super::vocab::{FROM_SCRATCH, refuse};
use ulmfit::Error;
use ulmfit::model::AwdLstmConfig;
use ulmfit::models::LmBundle;
use ulmfit::text::Direction;

/// Sizes of a new network.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Network")]
pub(crate) struct NetworkOptions {
    /// Embedding size; the paper's is 400 [default: 256]
    #[arg(long, value_name = "E", value_parser = clap::value_parser!(u32).range(1..=65536))]
    emb: Option<u32>,
    /// Hidden size of the LSTM layers except the last; the paper's is 1150, fastai's 1152 [default: 512]
    #[arg(long, value_name = "H", value_parser = clap::value_parser!(u32).range(1..=65536))]
    hid: Option<u32>,
    /// Number of LSTM layers [default: 3]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=64))]
    layers: Option<u32>,
}

impl NetworkOptions {
    /// The sizes, with this vocabulary size.
    pub(crate) fn sizes(&self, vocab: usize) -> AwdLstmConfig {
        let [emb, hid, layers] = [(self.emb, 256), (self.hid, 512), (self.layers, 3)]
            .map(|(size, default)| size.unwrap_or(default) as usize);
        AwdLstmConfig { vocab, emb, hid, layers }
    }

    /// Refuses sizes beside a base model, which has its own.
    pub(crate) fn refuse_beside_base(&self) -> Result<(), Error> {
        refuse(self.given(), FROM_SCRATCH)
    }

    /// Which sizes were set by hand.
    pub(crate) fn given(&self) -> [(&'static str, bool); 3] {
        [
            ("--emb", self.emb.is_some()),
            ("--hid", self.hid.is_some()),
            ("--layers", self.layers.is_some()),
        ]
    }
}

/// Reading direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum DirectionOption {
    /// From the first word to the last
    Forward,
    /// From the last word to the first
    Backward,
    /// Both: two models, whose probabilities a classifier averages
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

    /// The word of the option.
    #[cfg(feature = "serve")]
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Forward => "forward",
            Self::Backward => "backward",
            Self::Both => "both",
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
