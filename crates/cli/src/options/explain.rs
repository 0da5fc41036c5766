//! How the words that decided are found.

use ulmfit::ExplainMethod;

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum ExplainArg {
    /// What each word adds, by one pass over the text; the weights add up
    Fast,
    /// The same, of sentence encoders by integrated gradients, which take about 30 passes and tell more
    Gradients,
    /// One pass for each word: how the answer changes without it
    Exact,
}

impl ExplainArg {
    pub(crate) fn method(self) -> ExplainMethod {
        match self {
            Self::Fast => ExplainMethod::Fast,
            Self::Gradients => ExplainMethod::Gradients,
            Self::Exact => ExplainMethod::Exact,
        }
    }
}
