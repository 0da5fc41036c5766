//! Training a classifier and a language model together.

use super::classifier::LabelledBatches;
use super::snapshot::{to_device, to_host};
use super::{Control, Labelled, LossConfig, StepLoss, StepPlan, Trainee, Validation};
use crate::checkpoint::Tensors;
use crate::data::DataError;
use crate::data::batches::{Corpus, LmBatchConfig, LmEpoch, Order};
use crate::model::{EncoderState, MultiTask, RandomMasks};
use std::ops::ControlFlow;
use ulmfit_ops::{Device, Key};

/// Masks of the language model's half of a step are drawn below this child of its key: beyond
/// all pieces of a document.
const LM_MASKS: u64 = u64::MAX;

/// The text that a classifier keeps predicting, and the weight of that loss.
#[derive(Clone, Copy, Debug)]
pub struct LmTask<'a> {
    /// The text.
    pub corpus: &'a Corpus,
    /// How it is cut.
    pub batches: LmBatchConfig,
    /// Factor of its loss, AR and TAR; 0 leaves the classifier alone.
    pub weight: f64,
}

/// A classifier with the language model's loss beside its own, and the data of both.
///
/// A step takes a batch of documents and a window of the text and descends the sum of both
/// losses. An epoch is one over the documents; in it the text starts over as often as it ends.
pub struct MultiTaskTrainee<'a, D: Device> {
    device: D,
    model: MultiTask<D>,
    batches: LabelledBatches<'a>,
    lm: LmTask<'a>,
    key: Key,
    windows: LmEpoch<'a, Corpus>,
    state: EncoderState<D>,
}

impl<'a, D: Device> MultiTaskTrainee<'a, D> {
    /// `key` settles the order of documents in each epoch.
    ///
    /// # Errors
    /// [`DataError::TooFewTokens`] when there is nothing to predict.
    #[expect(clippy::too_many_arguments, reason = "those of a classifier, and the text")]
    pub fn new(
        device: D,
        model: MultiTask<D>,
        train: &'a Labelled,
        valid: Option<&'a Labelled>,
        batch_size: usize,
        loss: LossConfig,
        lm: LmTask<'a>,
        key: Key,
    ) -> Result<Self, DataError> {
        let windows = LmEpoch::new(lm.corpus, &lm.batches, Order::InFile)?;
        let state = model.zero_state(windows.batch_size());
        let batches = LabelledBatches::new(train, valid, batch_size, loss, key);
        Ok(Self { device, model, batches, lm, key, windows, state })
    }

    /// The model, once training is over.
    pub fn into_model(self) -> MultiTask<D> {
        self.model
    }
}

impl<D: Device> Trainee<D> for MultiTaskTrainee<'_, D> {
    type Model = MultiTask<D>;

    fn model(&self) -> &Self::Model {
        &self.model
    }

    fn model_mut(&mut self) -> &mut Self::Model {
        &mut self.model
    }

    fn steps(&self, epoch: usize) -> usize {
        self.batches.of_epoch(epoch).len()
    }

    fn start_epoch(&mut self, epoch: usize) {
        self.batches.start_epoch(epoch);
        let order = Order::Shuffled(self.key.child(epoch as u64).child(2));
        let windows = LmEpoch::new(self.lm.corpus, &self.lm.batches, order);
        self.windows = windows.expect("a corpus with one epoch has others");
        self.state = self.model.zero_state(self.windows.batch_size());
    }

    fn step(&mut self, plan: StepPlan<'_>) -> StepLoss {
        let mut out = self.batches.step(&self.device, self.model.classifier_mut(), plan);
        let weight = self.lm.weight;
        let head = plan.trainable.groups() - 1;
        if weight > 0.0 && plan.trainable.below(head) {
            let window = plan.step % self.windows.len();
            if window == 0 {
                self.state = self.model.zero_state(self.windows.batch_size());
            }
            let batch = self.windows.batch(window);
            let masks = RandomMasks::new(self.device.clone(), plan.key.child(LM_MASKS));
            let regularisation = self.batches.loss.regularisation;
            let (state, scale) = (&mut self.state, weight * plan.scale);
            let lm =
                self.model.lm_step(&batch, state, &masks, regularisation, plan.trainable, scale);
            out.total += weight * lm.total();
            out.tokens += lm.tokens;
        }
        out
    }

    fn validate(
        &mut self,
        poll: &mut dyn FnMut() -> Control,
    ) -> ControlFlow<(), Option<Validation>> {
        self.batches.validate(self.model.classifier(), poll)
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
