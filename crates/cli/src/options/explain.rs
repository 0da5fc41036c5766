//! How the words that decided are found.

use ulmfit::ExplainMethod;

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum ExplainArg {
    /// What each word adds, by one pass over the text (sentence encoders: about 30); the weights add up
    Fast,
    /// One pass for each word: how the answer changes without it
    Exact,
}

impl ExplainArg {
    pub(crate) fn method(self) -> ExplainMethod {
        match self {
            Self::Fast => ExplainMethod::Fast,
            Self::Exact => ExplainMethod::Exact,
        }
    }
}
