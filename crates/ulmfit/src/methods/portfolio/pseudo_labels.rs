//! N-grams that also learn what the sentence encoder says about texts without labels.
//!
//! Pseudo-labels (Lee 2013), which one view of a text gives to another one, and back, as in co-training (Blum &
//! Mitchell 1998): an encoder learns next to nothing from its own answers, but a classifier on n-grams does. On all
//! but short texts a few thousand labels make it about as good as its teacher, and its mistakes are others. So what
//! both are sure of teaches the encoder in its turn.

use super::part_trainer::{BATCH, PartTrainer, TfIdfTrainer};
use crate::Error;
use crate::data::labels::LabelKind;
use crate::input::Document;
use crate::methods::encoder::EncoderExamples;
use crate::model::scoring::argmax;
use crate::models::{Part, Stack};
use crate::recipe::{CoTrainingRecipe, TrainPrecision};
use crate::run::Runner;
use crate::stages::self_training::select_pseudo_labels;
use std::cell::RefCell;
use std::collections::BTreeMap;
use ulmfit_ops::Cpu;

/// A sentence encoder, and its labels for some texts once it has been trained.
///
/// It is trained twice: n-grams learn the labels that it gives at first, the texts about which both are most
/// confident become training data, and it is trained again.
pub(crate) struct Teacher<'a> {
    encoder: &'a EncoderExamples<'a>,
    ngrams: &'a TfIdfTrainer<'a>,
    texts: &'a [Document],
    /// By the fold that the encoder has not seen: the class of each text.
    labels: RefCell<BTreeMap<Option<usize>, Vec<usize>>>,
}

impl<'a> Teacher<'a> {
    /// `texts` may be empty: then it is the encoder and nothing else.
    pub(crate) fn new(
        encoder: &'a EncoderExamples<'a>,
        ngrams: &'a TfIdfTrainer<'a>,
        texts: &'a [Document],
    ) -> Self {
        Self { encoder, ngrams, texts, labels: RefCell::default() }
    }

    /// What a part says about each text.
    fn answers(&self, runner: &mut Runner<'_>, part: &mut Part) -> Result<Vec<Vec<f32>>, Error> {
        answers(runner, part, self.texts, TrainPrecision::fastest().device())
    }

    /// The encoder, trained again on the examples and on the texts that it and n-grams are most confident about.
    fn second_round(
        &self,
        runner: &mut Runner<'_>,
        rows: &[usize],
        fold: Option<usize>,
        first: &[Vec<f32>],
        rule: CoTrainingRecipe,
    ) -> Result<Part, Error> {
        let mut ngrams = self.ngrams.train_with(rows, self.texts, &classes(first))?;
        let few = &self.texts[..self.texts.len().min(rule.texts)];
        let second = answers(runner, &mut ngrams, few, Cpu::default())?;
        let stack = Stack { weights: vec![0.5, 0.5] };
        let together: Vec<Vec<f32>> = first
            .iter()
            .zip(&second)
            .map(|(first, second)| stack.combine(LabelKind::Single, &[first, second]))
            .collect();
        let counts = self.ngrams.class_counts(rows);
        let chosen = select_pseudo_labels(&together, &counts, rule.share);
        let texts: Vec<&[String]> = chosen.iter().map(|&(text, _)| &few[text][..]).collect();
        let classes: Vec<usize> = chosen.iter().map(|&(_, class)| class).collect();
        self.encoder.train_again(runner, rows, (&texts, &classes), fold)
    }
}

/// What a part says about some texts, computed on a device.
fn answers(
    runner: &mut Runner<'_>,
    part: &mut Part,
    texts: &[Document],
    device: Cpu,
) -> Result<Vec<Vec<f32>>, Error> {
    let documents: Vec<&[String]> = texts.iter().map(Vec::as_slice).collect();
    let ids = part.text.encode_all(&documents);
    let set_device = |part: &mut Part, device: Cpu| {
        part.networks.iter_mut().for_each(|(_, network)| network.set_device(device));
    };
    set_device(part, device);
    let mut tick = |done, total| runner.progress.tick("texts labelled", done, Some(total));
    let found = part.probabilities_of_ids(&ids, BATCH, &mut tick);
    set_device(part, Cpu::default());
    found
}

/// The most probable class of each text.
fn classes(answers: &[Vec<f32>]) -> Vec<usize> {
    answers.iter().map(|row| argmax(row)).collect()
}

impl PartTrainer for Teacher<'_> {
    fn name(&self) -> &'static str {
        "encoder"
    }

    fn is_pretrained(&self) -> bool {
        true
    }

    fn train(
        &self,
        runner: &mut Runner<'_>,
        rows: &[usize],
        fold: Option<usize>,
    ) -> Result<Part, Error> {
        let mut part = self.encoder.train_on(runner, rows, fold)?;
        if self.texts.is_empty() {
            return Ok(part);
        }
        let mut found = self.answers(runner, &mut part)?;
        if let Some(rule) = self.encoder.co_training() {
            part = self.second_round(runner, rows, fold, &found, rule)?;
            found = self.answers(runner, &mut part)?;
        }
        self.labels.borrow_mut().insert(fold, classes(&found));
        Ok(part)
    }
}

/// N-grams under a linear classifier that learns the labelled examples and the pseudo-labels of a teacher.
pub(crate) struct PseudoLabelTrainer<'a> {
    pub(crate) teacher: &'a Teacher<'a>,
    pub(crate) ngrams: &'a TfIdfTrainer<'a>,
}

impl PartTrainer for PseudoLabelTrainer<'_> {
    fn name(&self) -> &'static str {
        "tfidf-pseudo-labels"
    }

    fn is_pretrained(&self) -> bool {
        true
    }

    fn train(
        &self,
        runner: &mut Runner<'_>,
        rows: &[usize],
        fold: Option<usize>,
    ) -> Result<Part, Error> {
        let known = self.teacher.labels.borrow_mut().remove(&fold);
        let labels = match known {
            Some(labels) => labels,
            None => {
                // the teacher is not a part itself, so nobody has trained it
                self.teacher.train(runner, rows, fold)?;
                self.teacher.labels.borrow_mut().remove(&fold).unwrap_or_default()
            }
        };
        self.ngrams.train_with(rows, self.teacher.texts, &labels)
    }
}
