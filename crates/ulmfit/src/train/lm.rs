//! Training a language model on a stream of tokens.

use super::lanes::Lanes;
use super::ranks::{Alone, Ranks};
use super::snapshot::{to_device, to_host};
use super::{Control, StepLoss, StepPlan, Trainee, Validation};
use crate::checkpoint::Tensors;
use crate::data::DataError;
use crate::data::batches::{LmBatchConfig, LmEpoch, Order, TokenSource};
use crate::model::scoring::score_stream_while;
use crate::model::{EncoderState, HasLanguageModel, LanguageModel, RandomMasks, Regularisation};
use std::ops::ControlFlow;
use std::sync::Arc;
use ulmfit_ops::{Device, Key};

/// A language model with its training text and validation text.
pub struct LmTrainee<'a, D: Device, S: TokenSource, M = LanguageModel<D>> {
    device: D,
    model: M,
    train: &'a S,
    valid: Option<&'a S>,
    batches: LmBatchConfig,
    regularisation: Regularisation,
    key: Key,
    epoch: LmEpoch<'a, S>,
    state: EncoderState<D>,
    lanes: Option<Lanes<D>>,
}

impl<'a, D: Device, S: TokenSource, M: HasLanguageModel<D>> LmTrainee<'a, D, S, M> {
    /// `key` settles the order of documents in each epoch.
    ///
    /// # Errors
    /// [`DataError::TooFewTokens`] when there is nothing to predict.
    pub fn new(
        device: D,
        model: M,
        train: &'a S,
        valid: Option<&'a S>,
        batches: LmBatchConfig,
        regularisation: Regularisation,
        key: Key,
    ) -> Result<Self, DataError> {
        let epoch = LmEpoch::new(train, &batches, Order::Shuffled(key.child(0)))?;
        let state = model.language_model().zero_state(epoch.batch_size());
        Ok(Self {
            device,
            model,
            train,
            valid,
            batches,
            regularisation,
            key,
            epoch,
            state,
            lanes: None,
        })
    }

    /// Cuts every batch into so many lanes, which are computed side by side and whose gradients are
    /// added in order. The masks are those of the whole batch, so lanes change sums by rounding only;
    /// where the softmax is sampled, each lane has draws of its own. One lane is the same as none.
    #[must_use]
    pub fn with_lanes(self, lanes: usize) -> Self {
        self.with_lanes_on(lanes, Arc::new(Alone))
    }

    /// The same with the lanes dealt to `ranks`: each computes its own and knows the result of all.
    ///
    /// # Panics
    /// When the number of lanes is not a multiple of that of the ranks.
    #[must_use]
    pub fn with_lanes_on(mut self, lanes: usize, ranks: Arc<dyn Ranks>) -> Self {
        assert!(lanes.is_multiple_of(ranks.count()), "{lanes} lanes for {} ranks", ranks.count());
        self.lanes = (lanes > 1).then(|| Lanes::new(lanes, ranks));
        self
    }

    /// The model, once training is over.
    pub fn into_model(self) -> M {
        self.model
    }

    fn order(&self, epoch: usize) -> Order {
        Order::Shuffled(self.key.child(epoch as u64))
    }
}

impl<D: Device, S: TokenSource, M: HasLanguageModel<D>> Trainee<D> for LmTrainee<'_, D, S, M> {
    type Model = M;

    fn model(&self) -> &Self::Model {
        &self.model
    }

    fn model_mut(&mut self) -> &mut Self::Model {
        &mut self.model
    }

    fn steps(&self, epoch: usize) -> usize {
        let steps = LmEpoch::count(self.train, &self.batches, self.order(epoch));
        steps.expect("a corpus with one epoch has others")
    }

    fn start_epoch(&mut self, epoch: usize) {
        let layout = LmEpoch::new(self.train, &self.batches, self.order(epoch));
        self.epoch = layout.expect("a corpus with one epoch has others");
        self.state = self.model.language_model().zero_state(self.epoch.batch_size());
    }

    fn step(&mut self, plan: StepPlan<'_>) -> StepLoss {
        let batch = self.epoch.batch(plan.step);
        let Self { device, model, state, regularisation, .. } = self;
        let model = model.language_model_mut();
        let out = if let Some(lanes) = &mut self.lanes {
            lanes.train_step(device, model, &batch, state, *regularisation, plan)
        } else {
            let masks = RandomMasks::new(device.clone(), plan.key);
            model.train_step(&batch, state, &masks, *regularisation, plan.trainable, plan.scale)
        };
        StepLoss {
            loss: out.loss,
            total: out.total(),
            rate_factor: batch.rate_factor,
            tokens: out.tokens,
            weight: out.tokens as f64,
        }
    }

    fn validate(
        &mut self,
        poll: &mut dyn FnMut() -> Control,
    ) -> ControlFlow<(), Option<Validation>> {
        let Some(valid) = self.valid else { return ControlFlow::Continue(None) };
        let go_on = &mut |_, _| poll() == Control::Continue;
        let model = self.model.language_model();
        let sums = match score_stream_while(model, valid, &self.batches, go_on) {
            Ok(Some(sums)) => sums,
            Ok(None) => return ControlFlow::Break(()),
            Err(_) => return ControlFlow::Continue(None), // nothing to predict
        };
        let metrics = [("perplexity", sums.perplexity()), ("accuracy", sums.accuracy())];
        let metrics = metrics.map(|(name, value)| (name.to_owned(), value)).into();
        ControlFlow::Continue(Some(Validation { loss: sums.loss(), metrics }))
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
