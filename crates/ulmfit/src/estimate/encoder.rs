//! The expected time of a classifier on a sentence encoder.

use super::Estimate;
use super::speed::Speed;
use crate::data::labels::{LabelKind, LabelSet};
use crate::model::transformer::{Dense, SentenceClassifier, Transformer};
use crate::models::EncoderBundle;
use crate::progress::WorkPhase;
use crate::recipe::{ContrastiveRecipe, EncoderRecipe, EndToEndRecipe};
use crate::run::{contrast_again_stage, contrast_stage, end_to_end_stage};
use crate::train::end_to_end::{EndToEndSettings, EndToEndTrainee};
use crate::train::linear_head::{HeadExamples, HeadFit};
use crate::train::measure::measure;
use crate::train::pair_labels::PairLabels;
use crate::train::pairs::{PairSettings, PairTrainee};
use crate::train::{Labelled, LossConfig, Plan};
use std::time::Instant;
use ulmfit_ops::{Cpu, Key};

/// Texts of the batches that are measured.
const BATCHES: [usize; 2] = [4, 12];
/// Documents that are read as the trained encoder reads them.
const DOCUMENTS: usize = 16;
/// Tokens of them at most, unless the first one has more.
const TOKENS: usize = 1_000;
/// Examples of the head that is measured.
const HEAD: usize = 256;

/// What is known of a training on an encoder before it begins.
#[derive(Clone, Debug)]
pub(crate) struct EncoderEstimate {
    /// Tokens of each training example.
    lengths: Vec<usize>,
    /// Layers above the embeddings.
    layers: usize,
    recipe: EncoderRecipe,
    /// Of the fine-tuning on pairs, if there is one.
    pairs: Option<Speed>,
    /// Of the fine-tuning together with the head, if there is one.
    together: Option<Speed>,
    /// Seconds of a token that is only read.
    reading: f64,
    /// Seconds of a head on an example.
    head: f64,
}

impl EncoderEstimate {
    /// Measures updates of a copy, and how fast it reads. What cannot be trained takes no time.
    pub(crate) fn measure(
        base: &EncoderBundle,
        data: &Labelled,
        labels: &LabelSet,
        recipe: &EncoderRecipe,
    ) -> Self {
        let lengths = data.documents.iter().map(Vec::len).collect();
        let (recipe, layers) = (recipe.clone(), base.encoder.config().layers);
        if data.documents.len() < 2 {
            let (pairs, together) = (None, None);
            return Self { lengths, layers, recipe, pairs, together, reading: 0.0, head: 0.0 };
        }
        let has_pairs = labels.kind() != LabelKind::Regression;
        let on_pairs = recipe.contrastive.as_ref().filter(|_| has_pairs);
        let pairs = on_pairs.map(|recipe| pairs(base.copy_encoder(), data, recipe));
        let end_to_end = recipe.end_to_end.as_ref();
        let together = end_to_end.map(|recipe| together(base.copy_encoder(), data, labels, recipe));
        let (reading, head) = reading_and_head(&base.encoder, data, labels);
        Self { lengths, layers, recipe, pairs, together, reading, head }
    }

    /// The same for a recipe with fewer updates, or without a fine-tuning.
    pub(crate) fn with_recipe(&self, recipe: EncoderRecipe) -> Self {
        Self { recipe, ..self.clone() }
    }

    /// Mean number of tokens of a text that are read, at most `most` and their frame.
    fn mean(&self, most: usize) -> f64 {
        let tokens: usize = self.lengths.iter().map(|&length| length.min(most) + 2).sum();
        tokens as f64 / self.lengths.len().max(1) as f64
    }

    /// Seconds of reading so many documents, of each up to so many tokens.
    pub(crate) fn reading_time(&self, documents: usize, most: usize) -> f64 {
        self.reading * self.mean(most) * documents as f64
    }

    /// The fine-tuning together with the head, if there is one.
    fn end_to_end(&self, rows: usize, fold: Option<usize>) -> Option<WorkPhase> {
        let (recipe, speed) = self.recipe.end_to_end.zip(self.together)?;
        let passes = recipe.all_passes(self.layers, self.lengths.len()) as f64;
        let tokens = self.mean(recipe.max_tokens) * rows as f64;
        let seconds = passes * speed.seconds(tokens, recipe.batches(rows) as f64);
        let [title, task] = [end_to_end_stage(None).title, end_to_end_stage(fold).name];
        Some(WorkPhase { title, tasks: vec![task], seconds })
    }

    /// Seconds of so many passes over pairs of texts: each text has its turn and is a partner once.
    fn on_pairs(
        &self,
        speed: Speed,
        recipe: &ContrastiveRecipe,
        passes: usize,
        texts: usize,
    ) -> f64 {
        let tokens = self.mean(recipe.max_tokens) * (2 * texts) as f64;
        passes as f64 * speed.seconds(tokens, recipe.batches(texts) as f64)
    }

    /// The second fine-tuning on pairs with its head, where there are so many other texts, if there is one.
    pub(crate) fn fine_tuning_again(
        &self,
        rows: usize,
        others: usize,
        fold: Option<usize>,
    ) -> Option<WorkPhase> {
        let ((recipe, rule), speed) = self.recipe.second_contrastive().zip(self.pairs)?;
        let texts = rows + rule.learned(others);
        let tuned = self.on_pairs(speed, &recipe, recipe.passes(texts), texts);
        let seconds = tuned + self.scoring(texts) + self.head * texts as f64;
        let [title, task] = [contrast_again_stage(None).title, contrast_again_stage(fold).name];
        Some(WorkPhase { title, tasks: vec![task], seconds })
    }

    /// The fine-tuning on pairs, if there is one.
    fn fine_tuning(&self, rows: usize, fold: Option<usize>) -> Option<WorkPhase> {
        let (recipe, speed) = self.recipe.contrastive.zip(self.pairs)?;
        let seconds = self.on_pairs(speed, &recipe, recipe.passes(self.lengths.len()), rows);
        let [title, task] = [contrast_stage(None).title, contrast_stage(fold).name];
        Some(WorkPhase { title, tasks: vec![task], seconds })
    }
}

impl Estimate for EncoderEstimate {
    fn trainings(&self, rows: usize, fold: Option<usize>) -> Vec<WorkPhase> {
        let mut phases: Vec<WorkPhase> = self.fine_tuning(rows, fold).into_iter().collect();
        let EncoderRecipe { strengths, folds, .. } = &self.recipe;
        let selections = if strengths.len() > 1 { strengths.len() * (folds - 1) } else { 0 };
        let head = (1 + selections) as f64 * self.head * rows as f64;
        // vectors of an encoder that stays as it is are computed once: not counted for folds
        let is_read = self.recipe.contrastive.is_some() || fold.is_none();
        let seconds = head + if is_read { self.scoring(rows) } else { 0.0 };
        phases.push(WorkPhase { title: "train its head".into(), tasks: Vec::new(), seconds });
        phases.extend(self.end_to_end(rows, fold));
        phases
    }

    fn scoring(&self, documents: usize) -> f64 {
        self.reading_time(documents, usize::MAX)
    }
}

/// The speed of a fine-tuning on pairs.
fn pairs(mut encoder: Transformer<Cpu>, data: &Labelled, recipe: &ContrastiveRecipe) -> Speed {
    let device = recipe.precision.device();
    encoder.set_device(device);
    let begin = |ids: &Vec<u32>| ids[..ids.len().min(recipe.max_tokens)].to_vec();
    let mut times = Vec::with_capacity(BATCHES.len());
    for batch_size in BATCHES {
        // two kinds of texts in turn, so that there are pairs of both kinds
        let every = (data.documents.len() / (2 * batch_size)).max(1);
        let sample = data.documents.iter().step_by(every).take(2 * batch_size);
        let documents: Vec<Vec<u32>> = sample.map(begin).collect();
        let labels = PairLabels::new((0..documents.len() as u32).map(|text| vec![text % 2]));
        let settings = PairSettings { batch_size, dropout: recipe.dropout };
        let plan = recipe.plan(encoder.config().layers, documents.len(), Key::new(0));
        let mut trainee =
            PairTrainee::new(device, encoder, &documents, &labels, settings, Key::new(0));
        times.extend(measure(&device, &mut trainee, &plan));
        encoder = trainee.into_encoder();
    }
    Speed::of_two(&times)
}

/// The speed of a fine-tuning together with the head.
fn together(
    mut encoder: Transformer<Cpu>,
    data: &Labelled,
    labels: &LabelSet,
    recipe: &EndToEndRecipe,
) -> Speed {
    let device = recipe.precision.device();
    let mut times = Vec::with_capacity(BATCHES.len());
    for batch_size in BATCHES {
        let every = (data.documents.len() / (2 * batch_size)).max(1);
        let rows = (0..data.documents.len()).step_by(every).take(2 * batch_size);
        let (documents, targets) = rows
            .map(|row| {
                let ids = &data.documents[row];
                (ids[..ids.len().min(recipe.max_tokens)].to_vec(), data.targets[row].clone())
            })
            .unzip();
        let sample = Labelled { documents, targets };
        let plan = recipe.plan(encoder.config().layers, sample.documents.len(), Key::new(0));
        // the phase in which all layers learn takes longest, and nearly all of the time
        let plan = Plan { phases: plan.phases.into_iter().rev().take(1).collect(), ..plan };
        let head = Dense::new("classifier", encoder.config().width, labels.outputs(), Key::new(0));
        let mut classifier = SentenceClassifier::of_parts(encoder, head, labels.kind(), None);
        classifier.set_device(device);
        let settings = EndToEndSettings { batch_size, dropout: recipe.dropout };
        let loss = LossConfig::default();
        let mut trainee = EndToEndTrainee::new(classifier, &sample, settings, loss, Key::new(0));
        times.extend(measure(&device, &mut trainee, &plan));
        encoder = trainee.into_model().encoder;
    }
    Speed::of_two(&times)
}

/// Seconds of a token that is read, and of a head on an example.
fn reading_and_head(encoder: &Transformer<Cpu>, data: &Labelled, labels: &LabelSet) -> (f64, f64) {
    let every = data.documents.len().div_ceil(DOCUMENTS).max(1);
    let mut tokens = 0;
    let chosen: Vec<usize> = (0..data.documents.len())
        .step_by(every)
        .take_while(|&row| {
            let is_taken = tokens < TOKENS;
            tokens += data.documents[row].len() + 2;
            is_taken
        })
        .collect();
    let documents: Vec<Vec<u32>> = chosen.iter().map(|&row| data.documents[row].clone()).collect();
    let read: usize = documents.iter().map(|ids| ids.len() + 2).sum();
    let started = Instant::now();
    let vectors = encoder.vectors_of(&documents, &mut |_| ());
    let reading = started.elapsed().as_secs_f64() / read.max(1) as f64;
    let rows = data.documents.len().min(HEAD);
    let cycled = || chosen.iter().copied().zip(&vectors).cycle().take(rows);
    let vectors: Vec<Vec<f32>> = cycled().map(|(_, vector)| vector.clone()).collect();
    let targets: Vec<Vec<f32>> = cycled().map(|(row, _)| data.targets[row].clone()).collect();
    let fit = HeadFit::new(Cpu::default(), labels.kind().into(), labels.outputs(), None);
    let started = Instant::now();
    fit.fit(&HeadExamples { vectors: &vectors, targets: &targets }, 1.0);
    (reading, started.elapsed().as_secs_f64() / rows.max(1) as f64)
}
