//! What can be a part of a portfolio.

use super::round::Round;
use crate::Error;
use crate::data::Record;
use crate::data::labels::LabelSet;
use crate::input::{Document, LabelledSplits};
use crate::models::{LmBundle, Part};
use crate::randomness::Purpose;
use crate::recipe::TfIdfRecipe;
use crate::run::Runner;
use crate::stages::ClassifyOptions;
use crate::stages::LabelledText;
use crate::stages::folds::{Fold, pick};
use crate::stages::lm_summary::LmSummary;
use crate::stages::options::TrainOptions;
use crate::stages::self_training::train_fold;
use crate::text::Direction;
use crate::tfidf::{Balance, TfIdfExamples, train_part};
use crate::train::Labelled;

/// Trains a part of a portfolio on some of the training examples.
pub(crate) trait PartTrainer {
    /// Name of the part.
    fn name(&self) -> &'static str;

    /// Trains it on the examples with these numbers; `fold` is the one that is held out, if one is,
    /// and gives the training a run folder of its own.
    ///
    /// # Errors
    /// Those of the training.
    fn train(
        &self,
        runner: &mut Runner<'_>,
        rows: &[usize],
        fold: Option<usize>,
    ) -> Result<Part, Error>;

    /// Whether it begins with weights that have read other texts.
    fn is_pretrained(&self) -> bool {
        false
    }

    /// Which round of co-training it is of, if it takes part in it.
    fn round(&self) -> Option<Round> {
        None
    }

    /// Whether a training takes so long that a few examples more are not worth another one.
    fn takes_long(&self) -> bool {
        false
    }

    /// Whether it learns from the texts without labels, if there are any.
    fn learns_from_texts(&self) -> bool {
        false
    }

    /// The directions in which its networks read.
    fn directions(&self) -> &[Direction] {
        &[Direction::Forward]
    }
}

/// A part that has learned all folds but one, and its answers to this one.
///
/// # Errors
/// Those of the training.
pub(crate) fn answer_fold(
    runner: &mut Runner<'_>,
    trainer: &dyn PartTrainer,
    records: &[Record],
    fold: &Fold,
) -> Result<(Part, Vec<Vec<f32>>), Error> {
    let part = trainer.train(runner, &fold.train, Some(fold.number))?;
    let held_out: Vec<&Record> = fold.held_out.iter().map(|&row| &records[row]).collect();
    let documents: Vec<&[String]> = held_out.iter().map(|record| &record.fields[..]).collect();
    let ids = part.text.encode_all(&documents);
    let mut tick = |done, total| runner.progress.tick("documents scored", done, Some(total));
    let answers = part.probabilities_of_ids(&ids, BATCH, &mut tick)?;
    Ok((part, answers))
}

/// Documents that are scored at a time. It changes no bit of an answer.
pub(super) const BATCH: usize = 64;

/// ULMFiT's stage 3 on a language model that has read the texts.
pub(crate) struct UlmfitTrainer<'a> {
    lm: &'a LmBundle,
    labels: &'a LabelSet,
    data: &'a Labelled,
    /// Unlabelled texts for self-training, as token ids.
    pool: &'a [Vec<u32>],
    /// Tokens that the language model has read, if it started from random weights.
    lm_tokens: Option<usize>,
    options: &'a TrainOptions,
}

impl<'a> UlmfitTrainer<'a> {
    /// `data` are the training examples in the vocabulary of `lm`.
    pub(crate) fn new(
        lm: &'a LmBundle,
        labels: &'a LabelSet,
        data: &'a Labelled,
        summary: &'a LmSummary,
        options: &'a TrainOptions,
    ) -> Self {
        let (pool, lm_tokens) = (&summary.pool[..], summary.lm_tokens);
        Self { lm, labels, data, pool, lm_tokens, options }
    }
}

impl PartTrainer for UlmfitTrainer<'_> {
    fn name(&self) -> &'static str {
        "ulmfit"
    }

    fn takes_long(&self) -> bool {
        true
    }

    fn learns_from_texts(&self) -> bool {
        true
    }

    fn directions(&self) -> &[Direction] {
        &self.options.directions
    }

    fn train(
        &self,
        runner: &mut Runner<'_>,
        rows: &[usize],
        fold: Option<usize>,
    ) -> Result<Part, Error> {
        let data = LabelledText {
            train: pick(self.data, rows),
            valid: Labelled::default(),
            labels: self.labels.clone(),
        };
        let lm = self.lm.copy(&self.options.directions);
        let (pool, tokens) = (self.pool, self.lm_tokens);
        let found = train_fold(fold, runner, lm, &data, pool, tokens, self.options)?;
        let mut parts = found.classifier.parts;
        Ok(parts.swap_remove(0).1)
    }
}

/// N-grams under a linear classifier.
pub(crate) struct TfIdfTrainer<'a> {
    splits: &'a LabelledSplits,
    targets: &'a [Vec<f32>],
    recipe: &'a TfIdfRecipe,
    classify: &'a ClassifyOptions,
}

impl<'a> TfIdfTrainer<'a> {
    /// `targets` are those of the training examples.
    pub(crate) fn new(
        splits: &'a LabelledSplits,
        targets: &'a [Vec<f32>],
        recipe: &'a TfIdfRecipe,
        classify: &'a ClassifyOptions,
    ) -> Self {
        Self { splits, targets, recipe, classify }
    }

    /// How many of the examples with these numbers each class has.
    pub(crate) fn class_counts(&self, rows: &[usize]) -> Vec<f32> {
        let mut counts = vec![0.0; self.splits.labels.outputs()];
        rows.iter().for_each(|&row| counts[self.targets[row][0] as usize] += 1.0);
        counts
    }

    /// Trains it on the examples with these numbers, and on texts whose classes another classifier has guessed.
    ///
    /// # Errors
    /// As [`train_part`].
    pub(crate) fn train_with(
        &self,
        rows: &[usize],
        texts: &[Document],
        classes: &[usize],
    ) -> Result<Part, Error> {
        let record = |&row: &usize| &self.splits.train[row].fields[..];
        let mut documents: Vec<&[String]> = rows.iter().map(record).collect();
        let mut targets: Vec<Vec<f32>> =
            rows.iter().map(|&row| self.targets[row].clone()).collect();
        documents.extend(texts.iter().map(Vec::as_slice));
        targets.extend(classes.iter().map(|&class| vec![class as f32]));
        let labels = &self.splits.labels;
        let examples = TfIdfExamples { documents: &documents, targets: &targets, labels };
        let balance = if self.classify.balance { Balance::ByFrequency } else { Balance::None };
        let key = Purpose::Ngrams.key(self.classify.seed);
        train_part(&examples, self.recipe, balance, &key)
    }
}

impl PartTrainer for TfIdfTrainer<'_> {
    fn name(&self) -> &'static str {
        "tfidf"
    }

    fn train(
        &self,
        _runner: &mut Runner<'_>,
        rows: &[usize],
        _fold: Option<usize>,
    ) -> Result<Part, Error> {
        self.train_with(rows, &[], &[])
    }
}
