//! Which words decided.

mod encoder;
mod exact;
mod fast;
mod ngrams;
mod part;
mod reading;
mod recurrent;
mod spans;
mod stacked;
#[cfg(test)]
mod tests;

use super::classifier_bundle::ClassifierBundle;
use super::classifier_network::ClassifierNetwork;
use crate::Error;
use crate::data::labels::LabelKind;
use crate::model::scoring::argmax;
use ulmfit_ops::Device;

/// How the weight of a word is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExplainMethod {
    /// What each word adds on the way from an empty text, as each kind of network can tell it. The
    /// weights add up to the difference from the answer to an empty text.
    ///
    /// Takes one pass. A recurrent network: how the forward network's answer changes when it reads the
    /// word, and the backward network's. A sentence encoder: what the word's state adds to the vector of the
    /// text. N-grams: what each adds. The parts of a portfolio are weighted by what they add to its
    /// answer.
    Fast,
    /// As [`Fast`](Self::Fast), but integrated gradients for sentence encoders: about as long as 30
    /// predictions, whatever the number of words, and about as telling as [`Exact`](Self::Exact).
    Gradients,
    /// Each word is left out in turn: how much the answer falls without it. Takes as many passes as
    /// there are words.
    Exact,
}

/// A prediction and the weights of its words.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// Probabilities of all labels, or a number, as
    /// [`probabilities`](ClassifierBundle::probabilities) gives them.
    pub row: Vec<f32>,
    /// The output that is explained: the most probable label, or the number.
    pub output: usize,
    /// Its answer to an empty text.
    pub empty: f32,
    /// The words of the text, in order.
    pub words: Vec<WordWeight>,
}

/// The weight of a word.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WordWeight {
    /// The field it is in, from 0.
    pub field: usize,
    /// Its first byte in the field.
    pub start: usize,
    /// Behind its last byte.
    pub end: usize,
    /// How much it added to the probability of the answer (to the number).
    pub weight: f32,
}

/// Documents of a pass whose outputs are all kept.
const BATCH: usize = 16;

/// Passes of an encoder that one explanation takes, about.
const ENCODER_PASSES: usize = 30;

impl<D: Device> ClassifierBundle<D> {
    /// How many predictions take as long as an explanation by [`Gradients`](ExplainMethod::Gradients),
    /// about.
    pub fn gradient_passes(&self) -> usize {
        let mut networks = self.parts.iter().flat_map(|(_, part)| &part.networks);
        let has_encoder =
            networks.any(|(_, network)| matches!(network, ClassifierNetwork::Transformer(_)));
        if has_encoder { ENCODER_PASSES } else { 1 }
    }

    /// Explains the answers to some documents.
    ///
    /// Of a linear layer on n-grams, the weight of a word is what its n-grams add; what n-grams of
    /// several words add is shared out between them. The words of a portfolio are those that its
    /// parts tell apart; where two of them overlap, they are one.
    ///
    /// Of a text that is longer than a recurrent network looks back, only the last part is
    /// explained; its first word then stands for all before it.
    ///
    /// # Errors
    /// As [`probabilities`](Self::probabilities).
    pub fn explain<S: AsRef<str>>(
        &self,
        documents: &[impl AsRef<[S]>],
        method: ExplainMethod,
    ) -> Result<Vec<Explanation>, Error> {
        let documents: Vec<Vec<&str>> = { documents.iter() }
            .map(|document| document.as_ref().iter().map(AsRef::as_ref).collect())
            .collect();
        match method {
            ExplainMethod::Fast => self.fast(&documents, false),
            ExplainMethod::Gradients => self.fast(&documents, true),
            ExplainMethod::Exact => self.exact(&documents),
        }
    }
}

/// The output whose words are asked for.
fn explained(task: LabelKind, row: &[f32]) -> usize {
    match task {
        LabelKind::Regression => 0,
        LabelKind::Single | LabelKind::Multi => argmax(row),
    }
}
