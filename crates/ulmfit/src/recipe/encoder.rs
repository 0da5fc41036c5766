//! Hyper-parameters of a classifier on a sentence encoder.

use super::encoder_plan::{self, WARM_UP};
use super::{
    CoTrainingRecipe, DropoutPairsRecipe, EndToEndRecipe, MaskedWordsRecipe, TrainPrecision,
};
use crate::data::labels::LabelKind;
use crate::model::TrainableGroups;
use crate::train::{Phase, Plan};
use serde::{Deserialize, Serialize};
use ulmfit_ops::Key;

/// Hyper-parameters of a classifier on a sentence encoder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EncoderRecipe {
    /// A masked language model on texts, before any label is used, where there are texts without labels; `None`
    /// leaves it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub masked_words: Option<MaskedWordsRecipe>,
    /// Fine-tuning on pairs of a text with itself, after that and under the same conditions; `None` leaves it
    /// out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dropout_pairs: Option<DropoutPairsRecipe>,
    /// Fine-tuning before the head is trained; `None` leaves the encoder frozen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contrastive: Option<ContrastiveRecipe>,
    /// A second fine-tuning on pairs, in an ensemble with texts without labels; `None` leaves it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub co_training: Option<CoTrainingRecipe>,
    /// Fine-tuning together with the head, after the head has been trained; `None` to leave it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_to_end: Option<EndToEndRecipe>,
    /// From this many examples on this is done after a fine-tuning on pairs; `None`: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_to_end_from: Option<usize>,
    /// Whether texts with several labels are learned in pairs, too. Otherwise encoder and head learn such labels
    /// together, as they do numbers.
    #[serde(default, skip_serializing_if = "is_false")]
    pub pair_several_labels: bool,
    /// Whether the names of the classes are learned as examples of them, where a text has one label and all
    /// names are words.
    #[serde(default)]
    pub label_names: bool,
    /// Weight of the loss against the penalty of the head: scikit-learn's `C`. Of several values, the one
    /// with the lowest loss in cross-validation is used. None at all: half the number of classes (1 for
    /// several labels per text, and for numbers).
    pub strengths: Vec<f64>,
    /// Folds of this cross-validation.
    pub folds: usize,
}

/// From so many examples on an encoder and its head learn the labels together after the pairs. Measured on both sides of
/// it: with 100 labels that makes more errors on sentences, with 500 fewer on questions, sentences and intents (lab
/// book, 2026-11-30).
const MANY: usize = 500;

/// Serde asks by reference.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_false(flag: &bool) -> bool {
    !*flag
}

/// How an encoder is fine-tuned on pairs of texts
/// ([`PairTrainee`](crate::train::pairs::PairTrainee)). The embeddings are not trained, as few labelled texts
/// contain few of the words.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ContrastiveRecipe {
    /// Number of updates, rounded up to whole epochs.
    pub updates: usize,
    /// Batch size.
    pub batch_size: usize,
    /// Maximum number of tokens of a text in this stage, from its beginning; predictions read all tokens.
    pub max_tokens: usize,
    /// Peak learning rate: it rises during the first tenth of the updates, then falls to zero.
    pub lr: f64,
    /// Weight decay.
    pub weight_decay: f64,
    /// Dropout of the encoder.
    pub dropout: f64,
    /// Precision of matrix products.
    #[serde(default, skip_serializing_if = "TrainPrecision::is_f32")]
    pub precision: TrainPrecision,
}

impl ContrastiveRecipe {
    /// Passes over this many documents.
    pub(crate) fn passes(&self, documents: usize) -> usize {
        self.updates.div_ceil(self.batches(documents).max(1)).max(1)
    }

    /// Batches of a pass: half of the texts of each have their turn.
    pub(crate) fn batches(&self, documents: usize) -> usize {
        documents.div_ceil((self.batch_size / 2).max(1))
    }

    /// The plan for an encoder with `layers` layers above its embeddings, with as many passes as over
    /// this many documents.
    pub(crate) fn plan(&self, layers: usize, documents: usize, key: Key) -> Plan {
        let groups = layers + 1;
        encoder_plan::plan(
            vec![Phase {
                epochs: self.passes(documents),
                rates: vec![self.lr; groups],
                trainable: TrainableGroups::top(groups, layers),
                schedule: WARM_UP,
            }],
            self.weight_decay,
            key,
        )
    }
}

impl EncoderRecipe {
    /// A frozen encoder, and a head whose strength is selected by cross-validation.
    pub fn frozen() -> Self {
        let strengths = vec![0.3, 1.0, 3.0, 10.0, 30.0, 100.0];
        Self {
            masked_words: None,
            dropout_pairs: None,
            contrastive: None,
            co_training: None,
            end_to_end: None,
            end_to_end_from: None,
            pair_several_labels: false,
            label_names: true,
            strengths,
            folds: 5,
        }
    }

    /// The same without fine-tuning, with the head of [`frozen`](Self::frozen) unless another one was set.
    #[must_use]
    pub fn as_it_is(self) -> Self {
        let (usual, frozen) = (Self::contrastive(), Self::frozen());
        let strengths =
            if self.strengths == usual.strengths { frozen.strengths } else { self.strengths };
        Self {
            contrastive: None,
            co_training: None,
            end_to_end: None,
            end_to_end_from: None,
            strengths,
            ..self
        }
    }

    /// The same, fine-tuned together with its head and not on pairs.
    #[must_use]
    pub fn end_to_end(self) -> Self {
        let recipe = self.end_to_end.unwrap_or_default();
        Self { end_to_end: Some(recipe), ..self.as_it_is() }
    }

    /// The same, fine-tuned on pairs whatever the number of examples.
    #[must_use]
    pub fn on_pairs(self) -> Self {
        let contrastive = self.contrastive.or(Self::contrastive().contrastive);
        Self {
            contrastive,
            end_to_end: None,
            end_to_end_from: None,
            pair_several_labels: true,
            ..self
        }
    }

    /// The same, fine-tuned on pairs and then together with its head, whatever the number of examples.
    #[must_use]
    pub fn on_pairs_then_end_to_end(self) -> Self {
        let together = self.end_to_end;
        Self { end_to_end: together, ..self.on_pairs() }.then_end_to_end()
    }

    /// The same, fine-tuned together with its head after whatever else it does.
    fn then_end_to_end(self) -> Self {
        let end_to_end = self.end_to_end.unwrap_or_else(EndToEndRecipe::after_pairs);
        Self { end_to_end: Some(end_to_end), ..self }
    }

    /// What is done with so many examples of a task. Numbers have no pairs of texts that belong together, and pairs
    /// say little about each of several labels (lab book, 2026-11-30).
    #[must_use]
    pub(crate) fn for_examples(&self, rows: usize, task: LabelKind) -> Self {
        let has_pairs = match task {
            LabelKind::Single => true,
            LabelKind::Multi => self.pair_several_labels,
            LabelKind::Regression => false,
        };
        let is_large = self.end_to_end_from.is_some_and(|from| rows >= from);
        match &self.contrastive {
            Some(_) if !has_pairs => self.clone().end_to_end(),
            Some(_) if is_large => self.clone().then_end_to_end(),
            _ => self.clone(),
        }
    }

    /// The masked language model, if there is one.
    pub(crate) fn masked_words(&self) -> Option<&MaskedWordsRecipe> {
        self.masked_words.as_ref().filter(|recipe| recipe.updates > 0)
    }

    /// The fine-tuning on pairs of a text with itself, if there is one.
    pub(crate) fn dropout_pairs(&self) -> Option<&DropoutPairsRecipe> {
        self.dropout_pairs.as_ref().filter(|recipe| recipe.updates > 0)
    }

    /// The same without a second fine-tuning on pairs.
    #[must_use]
    pub(crate) fn without_co_training(self) -> Self {
        Self { co_training: None, ..self }
    }

    /// The second fine-tuning on pairs, of an encoder that learns pseudo-labels, and the rule for it, if there is
    /// one.
    pub(crate) fn second_contrastive(&self) -> Option<(ContrastiveRecipe, CoTrainingRecipe)> {
        let rule = self.co_training.filter(|rule| rule.updates > 0)?;
        Some((ContrastiveRecipe { updates: rule.updates, ..self.contrastive? }, rule))
    }

    /// Whether it has a use for texts without labels.
    pub(crate) fn reads_texts(&self) -> bool {
        self.masked_words().is_some() || self.dropout_pairs().is_some()
    }

    /// Whether the encoder is fine-tuned at all.
    pub fn is_fine_tuned(&self) -> bool {
        self.contrastive.is_some() || self.end_to_end.is_some()
    }

    /// The same with a fine-tuning of so many times fewer updates.
    #[must_use]
    pub fn shortened(mut self, times: usize) -> Self {
        if let Some(contrastive) = &mut self.contrastive {
            contrastive.updates = contrastive.updates.div_ceil(times).max(1);
        }
        if let Some(again) = &mut self.co_training {
            again.updates = again.updates.div_ceil(times);
        }
        self.end_to_end = self.end_to_end.map(|recipe| recipe.shortened(times));
        self
    }

    /// The strengths to choose from, for so many outputs.
    pub(crate) fn strengths_for(&self, task: LabelKind, outputs: usize) -> Vec<f64> {
        match task {
            _ if !self.strengths.is_empty() => self.strengths.clone(),
            LabelKind::Single => vec![outputs as f64 / 2.0],
            LabelKind::Multi | LabelKind::Regression => vec![1.0],
        }
    }

    /// An encoder that is fine-tuned on pairs first. Its vectors have then seen the labels of the head's
    /// training set, so cross-validation would be optimistic: the strength is half the number of classes.
    /// For two classes this is scikit-learn's default, as in SetFit; with 150 classes of eight examples that
    /// default lets the penalty win over the examples, twice the errors of a strength of 10 to 100.
    pub fn contrastive() -> Self {
        let contrastive = ContrastiveRecipe {
            updates: 60,
            batch_size: 32,
            max_tokens: 64,
            lr: 1e-4,
            weight_decay: 0.01,
            dropout: 0.1,
            precision: TrainPrecision::fastest(),
        };
        Self {
            masked_words: None,
            dropout_pairs: None,
            contrastive: Some(contrastive),
            co_training: Some(CoTrainingRecipe::default()),
            end_to_end: None,
            end_to_end_from: Some(MANY),
            pair_several_labels: false,
            label_names: true,
            strengths: Vec::new(),
            folds: 5,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strength_grows_with_the_classes_unless_it_was_set() {
        let usual = EncoderRecipe::contrastive();
        assert_eq!(usual.strengths_for(LabelKind::Single, 2), [1.0]);
        assert_eq!(usual.strengths_for(LabelKind::Single, 150), [75.0]);
        assert_eq!(usual.strengths_for(LabelKind::Multi, 90), [1.0]);
        assert_eq!(usual.strengths_for(LabelKind::Regression, 1), [1.0]);
        let set = EncoderRecipe { strengths: vec![3.0], ..usual };
        assert_eq!(set.strengths_for(LabelKind::Single, 150), [3.0]);
        assert_eq!(set.as_it_is().strengths, [3.0]);
    }

    #[test]
    fn many_examples_are_learned_together_with_the_head() {
        let usual = EncoderRecipe::contrastive();
        let never = EncoderRecipe { end_to_end_from: None, ..usual.clone() };
        assert_eq!(never.for_examples(1_000_000, LabelKind::Single), never);
        assert_eq!(usual.for_examples(100, LabelKind::Single), usual);
        let many = usual.for_examples(10_000, LabelKind::Single);
        assert!(many.contrastive == usual.contrastive && many.end_to_end.is_some(), "{many:?}");
        assert_eq!(many.for_examples(10, LabelKind::Single), many, "it is decided once");
        let both = usual.clone().on_pairs_then_end_to_end();
        assert_eq!(both.end_to_end, many.end_to_end);
        assert_eq!(both.for_examples(10, LabelKind::Single), both);
        assert_eq!(
            usual.clone().on_pairs().for_examples(10_000, LabelKind::Single),
            usual.clone().on_pairs()
        );
        let frozen = EncoderRecipe::frozen();
        assert_eq!(frozen.for_examples(10_000, LabelKind::Single), frozen);
        for task in [LabelKind::Regression, LabelKind::Multi] {
            let together = usual.for_examples(100, task);
            assert!(together.contrastive.is_none() && together.end_to_end.is_some(), "{task:?}");
            assert_eq!(frozen.for_examples(100, task), frozen);
        }
        let paired = usual.on_pairs();
        assert_eq!(paired.for_examples(100, LabelKind::Multi), paired);
        assert!(paired.for_examples(100, LabelKind::Regression).contrastive.is_none());
    }
}
