//! Training a head on the features of a frozen encoder.

use super::classifier::metrics;
use super::{Control, Labelled, LossConfig, StepLoss, StepPlan, Trainee, Validation};
use crate::data::batches::training_batches;
use crate::data::labels::LabelKind;
use crate::model::{HypercolumnHead, RandomMasks};
use std::ops::ControlFlow;
use ulmfit_ops::{Device, Key};

/// Rows of features with their targets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FeatureRows {
    /// One row per document.
    pub features: Vec<Vec<f32>>,
    /// Targets of each; the documents are not used.
    pub labels: Labelled,
}

/// A head with the features of its training set and validation set.
pub struct HypercolumnTrainee<'a, D: Device> {
    device: D,
    model: HypercolumnHead<D>,
    task: LabelKind,
    train: &'a FeatureRows,
    valid: Option<&'a FeatureRows>,
    batch_size: usize,
    loss: LossConfig,
    key: Key,
    epoch: Vec<Vec<usize>>,
}

impl<'a, D: Device> HypercolumnTrainee<'a, D> {
    /// `key` settles the order of rows in each epoch.
    #[expect(clippy::too_many_arguments, reason = "those of a classifier, and the task")]
    pub fn new(
        device: D,
        model: HypercolumnHead<D>,
        task: LabelKind,
        train: &'a FeatureRows,
        valid: Option<&'a FeatureRows>,
        batch_size: usize,
        loss: LossConfig,
        key: Key,
    ) -> Self {
        Self { device, model, task, train, valid, batch_size, loss, key, epoch: Vec::new() }
    }

    /// The model, once training is over.
    pub fn into_model(self) -> HypercolumnHead<D> {
        self.model
    }

    fn batches(&self, epoch: usize) -> Vec<Vec<usize>> {
        let lengths = vec![1; self.train.features.len()];
        training_batches(&lengths, self.batch_size, &self.key.child(epoch as u64))
    }
}

impl<D: Device> Trainee<D> for HypercolumnTrainee<'_, D> {
    type Model = HypercolumnHead<D>;

    fn model(&self) -> &Self::Model {
        &self.model
    }

    fn model_mut(&mut self) -> &mut Self::Model {
        &mut self.model
    }

    fn steps(&self, epoch: usize) -> usize {
        self.batches(epoch).len()
    }

    fn start_epoch(&mut self, epoch: usize) {
        self.epoch = self.batches(epoch);
    }

    fn step(&mut self, plan: StepPlan<'_>) -> StepLoss {
        let items = &self.epoch[plan.step];
        let rows: Vec<&[f32]> = items.iter().map(|&n| self.train.features[n].as_slice()).collect();
        let targets = self.loss.targets(self.task, &self.train.labels, items);
        let masks = RandomMasks::new(self.device.clone(), plan.key);
        let loss = self.model.train_step(&rows, &targets, &masks, plan.scale);
        let weight = items.len() as f64;
        StepLoss { loss, total: loss, rate_factor: 1.0, tokens: 0, weight }
    }

    fn validate(
        &mut self,
        _poll: &mut dyn FnMut() -> Control,
    ) -> ControlFlow<(), Option<Validation>> {
        let Some(valid) = self.valid else { return ControlFlow::Continue(None) };
        let rows: Vec<&[f32]> = valid.features.iter().map(Vec::as_slice).collect();
        let items: Vec<usize> = (0..rows.len()).collect();
        let logits = self.model.logits(&rows);
        let targets = LossConfig::plain().targets(self.task, &valid.labels, &items);
        let loss = self.model.loss(&logits, &targets);
        let width = logits.dims()[1];
        let logits: Vec<Vec<f32>> =
            logits.to_f32().chunks_exact(width).map(<[f32]>::to_vec).collect();
        let metrics = metrics(self.task, &logits, &valid.labels);
        ControlFlow::Continue(Some(Validation { loss, metrics }))
    }
}
