//! How the words that decided are found.

use ulmfit::ExplainMethod;

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum ExplainArg {
    /// What each word adds, from one pass over the text; the weights add up to the difference from an empty
    /// text
    Fast,
    /// The same, but with integrated gradients for sentence encoders: about 30 passes, and more accurate
    Gradients,
    /// How the answer changes without each word; one pass per word
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
