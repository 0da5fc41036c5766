//! Training a language model on a stream of tokens.

use super::snapshot::{to_device, to_host};
use super::{StepLoss, StepPlan, Trainee, Validation};
use crate::checkpoint::Tensors;
use crate::data::{LmBatchConfig, LmEpoch, Order, TokenSource};
use crate::model::{EncoderState, LanguageModel, RandomMasks, Regularisation};
use ulmfit_ops::{Device, Key};

/// A language model, a corpus to learn and one to be judged by.
pub struct LmTrainee<'a, D: Device, S: TokenSource> {
    device: D,
    model: LanguageModel<D>,
    train: &'a S,
    valid: Option<&'a S>,
    batches: LmBatchConfig,
    regularisation: Regularisation,
    key: Key,
    epoch: LmEpoch<'a, S>,
    state: EncoderState<D>,
}

impl<'a, D: Device, S: TokenSource> LmTrainee<'a, D, S> {
    /// `key` settles the order of documents in each epoch.
    pub fn new(
        device: D,
        model: LanguageModel<D>,
        train: &'a S,
        valid: Option<&'a S>,
        batches: LmBatchConfig,
        regularisation: Regularisation,
        key: Key,
    ) -> Self {
        let epoch = LmEpoch::new(train, &batches, Order::Shuffled(key.child(0)));
        let state = model.zero_state(epoch.batch_size());
        Self { device, model, train, valid, batches, regularisation, key, epoch, state }
    }

    /// The model, once training is over.
    pub fn into_model(self) -> LanguageModel<D> {
        self.model
    }

    fn order(&self, epoch: usize) -> Order {
        Order::Shuffled(self.key.child(epoch as u64))
    }
}

/// Loss of a language model over a corpus, every token weighing the same.
///
/// Unlike fastai's metric, which weighs a short last batch like a full one.
pub fn evaluate_lm<D: Device, S: TokenSource>(
    model: &LanguageModel<D>,
    corpus: &S,
    batches: &LmBatchConfig,
    mut each: impl FnMut(usize, usize),
) -> LmEvaluation {
    let epoch = LmEpoch::new(corpus, &batches.for_evaluation(), Order::InFile);
    let mut state = model.zero_state(epoch.batch_size());
    let (mut loss, mut correct, mut tokens) = (0.0, 0, 0);
    for step in 0..epoch.len() {
        let out = model.evaluate(&epoch.batch(step), &mut state);
        loss += out.loss * out.tokens as f64;
        correct += out.correct;
        tokens += out.tokens;
        each(step + 1, epoch.len());
    }
    LmEvaluation { loss_sum: loss, correct, tokens }
}

/// Sums over a corpus.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LmEvaluation {
    /// Negative log likelihood in nats.
    pub loss_sum: f64,
    /// Tokens whose prediction was right.
    pub correct: usize,
    /// Tokens predicted.
    pub tokens: usize,
}

impl LmEvaluation {
    /// Nats a token.
    pub fn loss(&self) -> f64 {
        self.loss_sum / self.tokens as f64
    }

    /// Share of tokens predicted right.
    pub fn accuracy(&self) -> f64 {
        self.correct as f64 / self.tokens as f64
    }

    /// `exp(loss)`.
    pub fn perplexity(&self) -> f64 {
        self.loss().exp()
    }
}

impl<D: Device, S: TokenSource> Trainee<D> for LmTrainee<'_, D, S> {
    type Model = LanguageModel<D>;

    fn model(&self) -> &Self::Model {
        &self.model
    }

    fn model_mut(&mut self) -> &mut Self::Model {
        &mut self.model
    }

    fn steps(&self, epoch: usize) -> usize {
        LmEpoch::new(self.train, &self.batches, self.order(epoch)).len()
    }

    fn start_epoch(&mut self, epoch: usize) {
        self.epoch = LmEpoch::new(self.train, &self.batches, self.order(epoch));
        self.state = self.model.zero_state(self.epoch.batch_size());
    }

    fn step(&mut self, plan: StepPlan<'_>) -> StepLoss {
        let batch = self.epoch.batch(plan.step);
        let masks = RandomMasks::new(self.device.clone(), plan.key);
        let Self { model, state, regularisation, .. } = self;
        let out = model.train_step(&batch, state, &masks, *regularisation, plan.learn, plan.scale);
        StepLoss {
            loss: out.loss,
            total: out.total(),
            rate_factor: batch.rate_factor,
            tokens: out.tokens,
            weight: out.tokens as f64,
        }
    }

    fn validate(&mut self) -> Option<Validation> {
        let sums = evaluate_lm(&self.model, self.valid?, &self.batches, |_, _| ());
        let metrics = [("perplexity", sums.perplexity()), ("accuracy", sums.accuracy())];
        let metrics = metrics.map(|(name, value)| (name.to_owned(), value)).into();
        Some(Validation { loss: sums.loss(), metrics })
    }

    fn carried(&self) -> Tensors {
        let named = |(n, t): (usize, _)| (format!("state.{n}"), to_host(t));
        self.state.tensors().into_iter().enumerate().map(named).collect()
    }

    fn restore_carried(&mut self, tensors: &Tensors) {
        for (n, place) in self.state.tensors_mut().into_iter().enumerate() {
            if let Some(tensor) = tensors.get(&format!("state.{n}")) {
                *place = to_device(tensor);
            }
        }
    }
}
