//! N-grams that also learn what the sentence encoder says about texts without labels.
//!
//! Pseudo-labels (Lee 2013), which one view of a text gives to another one, as in co-training (Blum & Mitchell
//! 1998): an encoder learns next to nothing from its own answers, but a classifier on n-grams does. On all but short
//! texts a few thousand labels make it about as good as its teacher, and its mistakes are others.

use super::part_trainer::{BATCH, PartTrainer, TfIdfTrainer};
use crate::Error;
use crate::input::Document;
use crate::methods::encoder::EncoderExamples;
use crate::model::scoring::argmax;
use crate::models::Part;
use crate::recipe::TrainPrecision;
use crate::run::Runner;
use std::cell::RefCell;
use std::collections::BTreeMap;
use ulmfit_ops::Cpu;

/// A sentence encoder, and its labels for some texts once it has been trained.
pub(crate) struct Teacher<'a> {
    encoder: &'a EncoderExamples<'a>,
    texts: &'a [Document],
    /// By the fold that the encoder has not seen: the class of each text.
    labels: RefCell<BTreeMap<Option<usize>, Vec<usize>>>,
}

impl<'a> Teacher<'a> {
    /// `texts` may be empty: then it is the encoder and nothing else.
    pub(crate) fn new(encoder: &'a EncoderExamples<'a>, texts: &'a [Document]) -> Self {
        Self { encoder, texts, labels: RefCell::default() }
    }

    /// The most probable class of each text, by a part that has not seen `fold`.
    fn label(&self, runner: &mut Runner<'_>, part: &mut Part) -> Result<Vec<usize>, Error> {
        let documents: Vec<&[String]> = self.texts.iter().map(Vec::as_slice).collect();
        let ids = part.text.encode_all(&documents);
        let set_device = |part: &mut Part, device: Cpu| {
            part.networks.iter_mut().for_each(|(_, network)| network.set_device(device));
        };
        set_device(part, TrainPrecision::fastest().device());
        let mut tick = |done, total| runner.progress.tick("texts labelled", done, Some(total));
        let answers = part.probabilities_of_ids(&ids, BATCH, &mut tick);
        set_device(part, Cpu::default());
        Ok(answers?.iter().map(|row| argmax(row)).collect())
    }
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
        if !self.texts.is_empty() {
            let labels = self.label(runner, &mut part)?;
            self.labels.borrow_mut().insert(fold, labels);
        }
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
