//! The time that a training was given, and what there was no time for.

use serde::{Deserialize, Serialize};

/// The time that a portfolio was given, and what was left out to stay within it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TimeBudget {
    /// The time, in seconds.
    pub seconds: f64,
    /// What the same data would have been trained with without a limit.
    pub left_out: Vec<LeftOut>,
}

/// Something that a portfolio does if there is time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LeftOut {
    /// Holding out all folds in turn: one is held out.
    Folds,
    /// Half of the passes of the sentence encoder's fine-tuning, or three quarters of them.
    Passes,
    /// The fine-tuning of the sentence encoder, which stays as it is.
    FineTuning,
    /// The second fine-tuning of the sentence encoder, on pseudo-labels.
    CoTraining,
    /// The sentence encoder.
    Encoder,
    /// N-grams that also learn the encoder's labels of texts without labels.
    PseudoLabels,
    /// ULMFiT.
    Ulmfit,
}

impl LeftOut {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Folds => "all folds but one",
            Self::Passes => "some passes of the sentence encoder's fine-tuning",
            Self::FineTuning => "the fine-tuning of the sentence encoder",
            Self::CoTraining => "the sentence encoder's second fine-tuning",
            Self::Encoder => "the sentence encoder",
            Self::PseudoLabels => "TF-IDF on the encoder's pseudo-labels",
            Self::Ulmfit => "ULMFiT",
        }
    }
}

impl TimeBudget {
    /// The time in words: "90 s", "2 min", "2.5 h".
    pub fn time(&self) -> String {
        let number = |value: f64| format!("{}", (value * 100.0).round() / 100.0);
        match self.seconds {
            ..120.0 => format!("{} s", number(self.seconds)),
            ..7_200.0 => format!("{} min", number(self.seconds / 60.0)),
            _ => format!("{} h", number(self.seconds / 3_600.0)),
        }
    }

    /// As a sentence.
    pub fn sentence(&self) -> String {
        let names: Vec<&str> = self.left_out.iter().map(|part| part.name()).collect();
        let (time, names) = (self.time(), names.join(", "));
        if names.is_empty() {
            return format!("The whole plan fits into {time}.");
        }
        format!("Left out to stay within {time}: {names}.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_named() {
        let mut budget = TimeBudget { seconds: 120.0, left_out: Vec::new() };
        assert_eq!(budget.sentence(), "The whole plan fits into 2 min.");
        budget.left_out = vec![LeftOut::Ulmfit, LeftOut::Folds];
        let words = "Left out to stay within 2 min: ULMFiT, all folds but one.";
        assert_eq!(budget.sentence(), words);
        let time = |seconds| TimeBudget { seconds, left_out: Vec::new() }.time();
        assert_eq!([90.0, 5_400.0, 9_000.0].map(time), ["90 s", "90 min", "2.5 h"]);
    }
}
