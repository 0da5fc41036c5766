//! N-grams that also learn what the sentence encoder says about texts without labels.
//!
//! Pseudo-labels (Lee 2013), which one view of a text gives to another one, and back, as in co-training (Blum &
//! Mitchell 1998): an encoder learns next to nothing from its own answers, but a classifier on n-grams does. On all
//! but short texts a few thousand labels make it about as good as its teacher, and its mistakes are others. So what
//! both are sure of teaches the encoder in its turn.

use super::both_ends::keep_both_ends;
use super::part_trainer::{BATCH, PartTrainer, TfIdfTrainer};
use super::round::Round;
use crate::Error;
use crate::data::labels::LabelKind;
use crate::input::Document;
use crate::methods::encoder::EncoderExamples;
use crate::model::scoring::argmax;
use crate::models::{PSEUDO_LABELS, Part, Stack};
use crate::recipe::CoTrainingRecipe;
use crate::run::Runner;
use crate::train::pseudo_labels::select_pseudo_labels;
use std::cell::RefCell;
use std::collections::BTreeMap;
use ulmfit_ops::Cpu;

/// Class probabilities of each text.
type Answers = Vec<Vec<f32>>;
/// The most probable class of each text.
type Classes = Vec<usize>;

/// Tokens that the encoder reads of a text to label it. Labels that it gives to excerpts of film reviews are as often
/// right as those of whole ones, n-grams learn more from them, and they take less than half of the time (lab book,
/// 2026-11-30).
pub(super) const MOST_TOKENS: usize = 128;

/// A sentence encoder, and what it has said about some texts, by the fold that it has not seen.
pub(crate) struct Teacher<'a> {
    encoder: &'a EncoderExamples<'a>,
    ngrams: &'a TfIdfTrainer<'a>,
    texts: &'a [Document],
    /// Its labels in each round.
    labels: RefCell<BTreeMap<(Option<usize>, Round), Classes>>,
    /// Of the first round, the answers to the texts that are labelled together, until they have been: with thousands
    /// of classes those to all texts in all folds would be too many to keep.
    first: RefCell<BTreeMap<Option<usize>, Answers>>,
}

impl<'a> Teacher<'a> {
    /// `texts` may be empty: then it is the encoder and nothing else.
    pub(crate) fn new(
        encoder: &'a EncoderExamples<'a>,
        ngrams: &'a TfIdfTrainer<'a>,
        texts: &'a [Document],
    ) -> Self {
        let (labels, first) = Default::default();
        Self { encoder, ngrams, texts, labels, first }
    }

    /// The encoder in each round that there is: a second one if it learns pseudo-labels.
    pub(crate) fn encoders(&'a self) -> impl Iterator<Item = EncoderTrainer<'a>> {
        let again = !self.texts.is_empty() && self.encoder.co_training().is_some();
        let rounds = [Some(Round::First), again.then_some(Round::Second)];
        rounds.into_iter().flatten().map(|round| EncoderTrainer { teacher: self, round })
    }

    /// N-grams that learn what the encoder says in each round, if there are texts.
    pub(crate) fn students(&'a self) -> impl Iterator<Item = PseudoLabelTrainer<'a>> {
        let encoders = self.encoders().filter(|_| !self.texts.is_empty());
        encoders.map(|encoder| PseudoLabelTrainer { teacher: self, round: encoder.round })
    }

    /// Trains the encoder, and lets it answer to the texts.
    fn train(
        &self,
        runner: &mut Runner<'_>,
        rows: &[usize],
        fold: Option<usize>,
        round: Round,
    ) -> Result<Part, Error> {
        let mut part = match (round, self.encoder.co_training()) {
            (Round::Second, Some(rule)) => self.train_again(runner, rows, fold, rule)?,
            _ => self.encoder.train_on(runner, rows, fold)?,
        };
        if !self.texts.is_empty() {
            let device = self.encoder.precision().device();
            let all: Vec<&[String]> = self.texts.iter().map(Vec::as_slice).collect();
            let mut ids = part.text.encode_all(&all);
            ids.iter_mut().for_each(|ids| keep_both_ends(ids, MOST_TOKENS));
            let mut answers = answers(runner, &mut part, &ids, device)?;
            self.labels.borrow_mut().insert((fold, round), classes(&answers));
            if let (Round::First, Some(rule)) = (round, self.encoder.co_training()) {
                let together = evenly(self.texts.len(), rule.texts);
                let together = together.map(|text| std::mem::take(&mut answers[text])).collect();
                self.first.borrow_mut().insert(fold, together);
            }
        }
        Ok(part)
    }

    /// The class of each text; the encoder is trained first if it has not been.
    fn labels(
        &self,
        runner: &mut Runner<'_>,
        rows: &[usize],
        fold: Option<usize>,
        round: Round,
    ) -> Result<Classes, Error> {
        let known = self.labels.borrow().get(&(fold, round)).cloned();
        if let Some(labels) = known {
            return Ok(labels);
        }
        self.train(runner, rows, fold, round)?;
        Ok(self.labels.borrow().get(&(fold, round)).cloned().unwrap_or_default())
    }

    /// The encoder, trained again on the examples and on the texts about which it and n-grams are most confident.
    fn train_again(
        &self,
        runner: &mut Runner<'_>,
        rows: &[usize],
        fold: Option<usize>,
        rule: CoTrainingRecipe,
    ) -> Result<Part, Error> {
        if !self.first.borrow().contains_key(&fold) {
            self.train(runner, rows, fold, Round::First)?;
        }
        let first =
            self.first.borrow_mut().remove(&fold).expect("the first round has been trained");
        let labels = self.labels(runner, rows, fold, Round::First)?;
        let mut ngrams = self.ngrams.train_with(rows, self.texts, &labels)?;
        let few = evenly(self.texts.len(), rule.texts);
        let few: Vec<&[String]> = few.map(|text| &self.texts[text][..]).collect();
        let ids = ngrams.text.encode_all(&few);
        let second = answers(runner, &mut ngrams, &ids, Cpu::default())?;
        let stack = Stack { weights: vec![0.5, 0.5] };
        let together: Answers = first
            .iter()
            .zip(&second)
            .map(|(first, second)| stack.combine(LabelKind::Single, &[first, second]))
            .collect();
        let counts = self.ngrams.class_counts(rows);
        let chosen = select_pseudo_labels(&together, &counts, rule.share);
        let texts: Vec<&[String]> = chosen.iter().map(|&(text, _)| few[text]).collect();
        let classes: Vec<usize> = chosen.iter().map(|&(_, class)| class).collect();
        self.encoder.train_again(runner, rows, (&texts, &classes), fold)
    }
}

/// The numbers of at most `most` of so many texts, evenly spaced: their order may say something about them.
fn evenly(texts: usize, most: usize) -> impl Iterator<Item = usize> {
    let count = texts.min(most);
    (0..count).map(move |number| number * texts / count)
}

/// What a part says about some texts, computed on a device.
fn answers(
    runner: &mut Runner<'_>,
    part: &mut Part,
    ids: &[Vec<u32>],
    device: Cpu,
) -> Result<Answers, Error> {
    let set_device = |part: &mut Part, device: Cpu| {
        part.networks.iter_mut().for_each(|(_, network)| network.set_device(device));
    };
    set_device(part, device);
    let mut tick = |done, total| runner.progress.tick("texts labelled", done, Some(total));
    let found = part.probabilities_of_ids(ids, BATCH, &mut tick);
    set_device(part, Cpu::default());
    found
}

/// The most probable class of each text.
fn classes(answers: &[Vec<f32>]) -> Classes {
    answers.iter().map(|row| argmax(row)).collect()
}

/// A sentence encoder.
pub(crate) struct EncoderTrainer<'a> {
    pub(crate) teacher: &'a Teacher<'a>,
    pub(crate) round: Round,
}

impl PartTrainer for EncoderTrainer<'_> {
    fn name(&self) -> &'static str {
        "encoder"
    }

    fn is_pretrained(&self) -> bool {
        true
    }

    fn round(&self) -> Option<Round> {
        Some(self.round)
    }

    fn learns_from_texts(&self) -> bool {
        self.round == Round::Second
    }

    fn train(
        &self,
        runner: &mut Runner<'_>,
        rows: &[usize],
        fold: Option<usize>,
    ) -> Result<Part, Error> {
        self.teacher.train(runner, rows, fold, self.round)
    }
}

/// N-grams under a linear classifier that learns the labelled examples and the pseudo-labels of a teacher.
pub(crate) struct PseudoLabelTrainer<'a> {
    pub(crate) teacher: &'a Teacher<'a>,
    pub(crate) round: Round,
}

impl PartTrainer for PseudoLabelTrainer<'_> {
    fn name(&self) -> &'static str {
        PSEUDO_LABELS
    }

    fn is_pretrained(&self) -> bool {
        true
    }

    fn round(&self) -> Option<Round> {
        Some(self.round)
    }

    fn learns_from_texts(&self) -> bool {
        true
    }

    fn train(
        &self,
        runner: &mut Runner<'_>,
        rows: &[usize],
        fold: Option<usize>,
    ) -> Result<Part, Error> {
        let labels = self.teacher.labels(runner, rows, fold, self.round)?;
        self.teacher.ngrams.train_with(rows, self.teacher.texts, &labels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_in_an_order_are_drawn_from_all_of_it() {
        assert_eq!(evenly(10, 4).collect::<Vec<_>>(), [0, 2, 5, 7]);
        assert_eq!(evenly(3, 4).collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!((evenly(0, 4).count(), evenly(4, 0).count()), (0, 0));
    }
}
