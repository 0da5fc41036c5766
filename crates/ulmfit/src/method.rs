//! Methods of training a classifier.

/// A method of training a classifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
pub enum Method {
    /// Combine the other methods, as many as the data allows, with weights chosen on held-out examples
    Auto,
    /// A recurrent language model, fine-tuned on your texts first (Howard & Ruder 2018)
    Ulmfit,
    /// A transformer that was trained on pairs of sentences, best with few labels; the recipe says
    /// whether it is fine-tuned on your labels or stays frozen
    Encoder,
    /// A linear classifier on n-grams of words and characters, weighted by TF-IDF; takes seconds
    #[cfg_attr(feature = "clap", value(name = "tfidf"))]
    TfIdf,
}

impl Method {
    /// As the command line and run folders name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Ulmfit => "ulmfit",
            Self::Encoder => "encoder",
            Self::TfIdf => "tfidf",
        }
    }
}
