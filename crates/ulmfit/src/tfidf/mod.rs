//! Classifiers on n-grams: how they read texts, and the network that answers.
//!
//! Nothing is pretrained and nothing is kept between steps, so that training is one call.

use crate::Error;
use crate::data::labels::LabelSet;
use crate::model::linear::{LinearClassifier, LinearConfig};
use crate::models::{ClassifierNetwork, ClassifierText, Part};
use crate::recipe::TfIdfRecipe;
use crate::text::Direction;
use crate::text::ngrams::{NgramLimits, NgramVocab};
use crate::train::Labelled;
use crate::train::ngrams::{NgramFit, NgramFitted};
use ulmfit_ops::{Cpu, Key};

/// Examples of [`train_part`].
pub struct TfIdfExamples<'a> {
    /// Fields of each document.
    pub documents: &'a [&'a [String]],
    /// The target of each, as [`Labelled::targets`] has it.
    pub targets: &'a [Vec<f32>],
    /// Names of the outputs.
    pub labels: &'a LabelSet,
}

/// Trains a classifier on n-grams: how it reads texts, and the network that answers.
///
/// The same examples, recipe and key give the same bits, for any number of threads. Whether rare
/// labels weigh more is `balance`'s to say.
///
/// # Errors
/// [`Error::TooLittle`] for fewer than two documents, or none with a visible character.
pub fn train_part(
    examples: &TfIdfExamples<'_>,
    recipe: &TfIdfRecipe,
    balance: Balance,
    key: &Key,
) -> Result<Part, Error> {
    let TfIdfExamples { documents, targets, labels } = *examples;
    let too_little = |message: &str| Error::TooLittle { message: message.into(), hint: None };
    if documents.len() < 2 {
        return Err(too_little("a classifier needs at least two labelled documents"));
    }
    let limits = recipe.limits(labels.outputs());
    let mut vocab = NgramVocab::build(recipe.ngrams, &limits, documents);
    let mut settings = recipe.settings(labels.kind(), documents.len());
    if vocab.len() == 0 {
        // no two of them have anything in common
        let all = NgramLimits { min_documents: 1, ..limits };
        (vocab, settings.min_documents) = (NgramVocab::build(recipe.ngrams, &all, documents), 1);
    }
    if vocab.len() == 0 {
        return Err(too_little("the labelled documents are empty"));
    }
    let train = Labelled { documents: vocab.encode_all(documents), targets: targets.to_vec() };
    let target_scale = train.target_scale(labels.kind());
    let train = train.scaled(target_scale);
    let weights = (balance == Balance::ByFrequency)
        .then(|| train.class_weights(labels.kind(), labels.outputs()));
    let [words, chars] = vocab.blocks().map(|block| block.len());
    let config =
        LinearConfig { words, chars, classes: labels.outputs(), task: labels.kind(), target_scale };
    let fit = NgramFit {
        examples: &train,
        config: &config,
        class_weights: weights.as_deref(),
        settings: &settings,
        key: *key,
    };
    let NgramFitted { weights, .. } = fit.run();
    let network = LinearClassifier::of_weights(Cpu::default(), config, &weights);
    let networks = vec![(Direction::Forward, ClassifierNetwork::Linear(network))];
    Ok(Part { text: ClassifierText::Ngrams(vocab), networks })
}

/// Whether rare labels weigh more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Balance {
    /// All errors cost the same.
    None,
    /// An error costs the more the rarer the label is.
    ByFrequency,
}
