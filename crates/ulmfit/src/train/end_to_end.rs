//! An encoder and its head that learn labels together.

use super::{Control, Labelled, LossConfig, StepLoss, StepPlan, Trainee, Validation};
use crate::data::batches::training_batches;
use crate::model::transformer::{Lanes, SentenceClassifier, SpareGradients, StepSettings};
use std::ops::ControlFlow;
use ulmfit_ops::{Device, Key};

/// A classifier on a sentence encoder, and labelled texts.
pub struct EndToEndTrainee<'a, D: Device> {
    model: SentenceClassifier<D>,
    /// Token ids without a frame.
    train: &'a Labelled,
    settings: EndToEndSettings,
    loss: LossConfig,
    lengths: Vec<usize>,
    key: Key,
    epoch: Vec<Vec<usize>>,
    spare: SpareGradients<D>,
}

/// How texts are read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EndToEndSettings {
    /// Texts of a batch.
    pub batch_size: usize,
    /// Dropout of the encoder.
    pub dropout: f64,
}

impl<'a, D: Device> EndToEndTrainee<'a, D> {
    /// `key` settles the order of the texts.
    pub fn new(
        model: SentenceClassifier<D>,
        train: &'a Labelled,
        settings: EndToEndSettings,
        loss: LossConfig,
        key: Key,
    ) -> Self {
        let lengths = train.documents.iter().map(Vec::len).collect();
        let (epoch, spare) = (Vec::new(), SpareGradients::new());
        Self { model, train, settings, loss, lengths, key, epoch, spare }
    }

    /// The classifier, once training is over.
    pub fn into_model(self) -> SentenceClassifier<D> {
        self.model
    }

    fn of_epoch(&self, epoch: usize) -> Vec<Vec<usize>> {
        training_batches(&self.lengths, self.settings.batch_size, &self.key.child(epoch as u64))
    }
}

impl<D: Device> Trainee<D> for EndToEndTrainee<'_, D> {
    type Model = SentenceClassifier<D>;

    fn model(&self) -> &Self::Model {
        &self.model
    }

    fn model_mut(&mut self) -> &mut Self::Model {
        &mut self.model
    }

    fn steps(&self, epoch: usize) -> usize {
        self.of_epoch(epoch).len()
    }

    fn start_epoch(&mut self, epoch: usize) {
        self.epoch = self.of_epoch(epoch);
    }

    fn step(&mut self, plan: StepPlan<'_>) -> StepLoss {
        let items = &self.epoch[plan.step];
        let texts: Vec<&[u32]> =
            items.iter().map(|&text| self.train.documents[text].as_slice()).collect();
        let (lanes, order) = Lanes::new(&texts);
        let items: Vec<usize> = order.into_iter().map(|number| items[number]).collect();
        let targets = self.loss.targets(self.model.task(), self.train, &items);
        let StepPlan { trainable, scale, key, .. } = plan;
        let settings = StepSettings { dropout: self.settings.dropout, key, trainable, scale };
        let loss = self.model.train_step(&lanes, &targets, settings, &mut self.spare);
        let tokens = texts.iter().map(|text| text.len() + 2).sum(); // with the frame
        StepLoss { loss, total: loss, rate_factor: 1.0, tokens, weight: items.len() as f64 }
    }

    fn validate(
        &mut self,
        _poll: &mut dyn FnMut() -> Control,
    ) -> ControlFlow<(), Option<Validation>> {
        ControlFlow::Continue(None)
    }
}
