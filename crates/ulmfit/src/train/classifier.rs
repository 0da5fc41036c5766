//! Training a classifier on labelled documents.

use super::{Control, StepLoss, StepPlan, Trainee, Validation};
use crate::data::batches::{pad, training_batches};
use crate::data::labels::LabelKind;
use crate::model::scoring::{argmax, score_documents_while};
use crate::model::{RandomMasks, Regularisation, TargetScale, TextClassifier};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use ulmfit_ops::class_loss::Targets;
use ulmfit_ops::{Device, Key};

/// Documents as token ids, each with its target values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Labelled {
    /// Token ids of each document, already in the model's direction.
    pub documents: Vec<Vec<u32>>,
    /// One row per document: the class, or 0/1 for each class, or the value. A trainee takes values in
    /// the network's units, see [`scaled`](Self::scaled).
    pub targets: Vec<Vec<f32>>,
}

impl Labelled {
    /// The scale on which a regression is trained; `None` for other tasks.
    pub fn target_scale(&self, task: LabelKind) -> Option<TargetScale> {
        if task != LabelKind::Regression {
            return None;
        }
        let values: Vec<f64> = self.targets.iter().flatten().map(|&v| f64::from(v)).collect();
        TargetScale::from_values(&values)
    }

    /// Weights that make each of `outputs` classes count the same: rows over classes times its rows,
    /// as scikit-learn's `class_weight="balanced"`; for several labels per row, absent over present.
    pub fn class_weights(&self, task: LabelKind, outputs: usize) -> Vec<f32> {
        let (rows, counts) = (self.targets.len() as f32, self.class_counts(task, outputs));
        let weight = |&count: &f32| match task {
            LabelKind::Single => rows / (counts.len() as f32 * count.max(1.0)),
            _ => (rows - count).max(1.0) / count.max(1.0),
        };
        counts.iter().map(weight).collect()
    }

    /// Rows with each label.
    pub fn class_counts(&self, task: LabelKind, outputs: usize) -> Vec<f32> {
        let mut counts = vec![0.0; outputs];
        for target in &self.targets {
            match task {
                LabelKind::Single => counts[target[0] as usize] += 1.0,
                _ => counts.iter_mut().zip(target).for_each(|(count, flag)| *count += flag),
            }
        }
        counts
    }

    /// The same with targets in the units of a network; `None` changes nothing.
    ///
    /// Losses of training and validation are in these units, scores in the user's.
    #[must_use]
    pub fn scaled(mut self, scale: Option<TargetScale>) -> Self {
        if let Some(scale) = scale {
            let values = self.targets.iter_mut().flatten();
            values.for_each(|value| *value = scale.scale(f64::from(*value)) as f32);
        }
        self
    }
}

/// How targets become a loss.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LossConfig {
    /// `ε` of label smoothing; single-label tasks only.
    pub smoothing: f64,
    /// One weight per class.
    pub class_weights: Option<Vec<f32>>,
    /// AR and TAR.
    pub regularisation: Regularisation,
}

impl LossConfig {
    /// Targets of some documents.
    pub fn targets(&self, task: LabelKind, labelled: &Labelled, items: &[usize]) -> Targets {
        let rows = items.iter().map(|&item| &labelled.targets[item]);
        let weights = self.class_weights.clone();
        match task {
            LabelKind::Single => Targets::Classes {
                classes: rows.map(|row| row[0] as u32).collect(),
                smoothing: self.smoothing,
                weights,
            },
            LabelKind::Multi => {
                Targets::MultiLabel { values: rows.flatten().copied().collect(), weights }
            }
            LabelKind::Regression => Targets::Values { values: rows.flatten().copied().collect() },
        }
    }

    /// The same without what only helps training.
    #[must_use]
    pub(super) fn plain() -> Self {
        Self::default()
    }
}

/// Training set and validation set, in batches.
pub(super) struct LabelledBatches<'a> {
    train: &'a Labelled,
    valid: Option<&'a Labelled>,
    lengths: Vec<usize>,
    batch_size: usize,
    pub(super) loss: LossConfig,
    key: Key,
    epoch: Vec<Vec<usize>>,
}

impl<'a> LabelledBatches<'a> {
    /// `key` settles the order of documents in each epoch.
    pub(super) fn new(
        train: &'a Labelled,
        valid: Option<&'a Labelled>,
        batch_size: usize,
        loss: LossConfig,
        key: Key,
    ) -> Self {
        let lengths = train.documents.iter().map(Vec::len).collect();
        Self { train, valid, lengths, batch_size, loss, key, epoch: Vec::new() }
    }

    pub(super) fn of_epoch(&self, epoch: usize) -> Vec<Vec<usize>> {
        training_batches(&self.lengths, self.batch_size, &self.key.child(epoch as u64))
    }

    pub(super) fn start_epoch(&mut self, epoch: usize) {
        self.epoch = self.of_epoch(epoch);
    }

    /// A training step of the classifier on batch `plan.step` of the epoch.
    pub(super) fn step<D: Device>(
        &self,
        device: &D,
        model: &mut TextClassifier<D>,
        plan: StepPlan<'_>,
    ) -> StepLoss {
        let items = &self.epoch[plan.step];
        let texts: Vec<&[u32]> =
            items.iter().map(|&n| self.train.documents[n].as_slice()).collect();
        let batch = pad(&texts, model.config().seq_len);
        let targets = self.loss.targets(model.config().task, self.train, items);
        let masks = RandomMasks::new(device.clone(), plan.key);
        let (trainable, scale) = (plan.trainable, plan.scale);
        let out =
            model.train_step(&batch, &targets, &masks, self.loss.regularisation, trainable, scale);
        StepLoss {
            loss: out.loss,
            total: out.total(),
            rate_factor: 1.0,
            tokens: texts.iter().map(|text| text.len()).sum(),
            weight: items.len() as f64,
        }
    }

    /// Scores the classifier on the held-out documents.
    pub(super) fn validate<D: Device>(
        &self,
        model: &TextClassifier<D>,
        poll: &mut dyn FnMut() -> Control,
    ) -> ControlFlow<(), Option<Validation>> {
        let Some(valid) = self.valid else { return ControlFlow::Continue(None) };
        let go_on = &mut |_, _| poll() == Control::Continue;
        let Some(logits) = score_documents_while(model, &valid.documents, self.batch_size, go_on)
        else {
            return ControlFlow::Break(());
        };
        let loss = mean_loss(model, &logits, valid);
        let metrics = metrics(model.config().task, &logits, valid);
        ControlFlow::Continue(Some(Validation { loss, metrics }))
    }
}

/// A classifier with its training set and validation set.
pub struct ClassifierTrainee<'a, D: Device> {
    device: D,
    model: TextClassifier<D>,
    batches: LabelledBatches<'a>,
}

impl<'a, D: Device> ClassifierTrainee<'a, D> {
    /// `key` settles the order of documents in each epoch.
    pub fn new(
        device: D,
        model: TextClassifier<D>,
        train: &'a Labelled,
        valid: Option<&'a Labelled>,
        batch_size: usize,
        loss: LossConfig,
        key: Key,
    ) -> Self {
        let batches = LabelledBatches::new(train, valid, batch_size, loss, key);
        Self { device, model, batches }
    }

    /// The model, once training is over.
    pub fn into_model(self) -> TextClassifier<D> {
        self.model
    }
}

impl<D: Device> Trainee<D> for ClassifierTrainee<'_, D> {
    type Model = TextClassifier<D>;

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
    }

    fn step(&mut self, plan: StepPlan<'_>) -> StepLoss {
        self.batches.step(&self.device, &mut self.model, plan)
    }

    fn validate(
        &mut self,
        poll: &mut dyn FnMut() -> Control,
    ) -> ControlFlow<(), Option<Validation>> {
        self.batches.validate(&self.model, poll)
    }
}

/// Figures besides the loss.
pub(super) fn metrics(
    task: LabelKind,
    logits: &[Vec<f32>],
    labelled: &Labelled,
) -> BTreeMap<String, f64> {
    let mut metrics = BTreeMap::new();
    if task == LabelKind::Single {
        let rows = logits.iter().zip(&labelled.targets);
        let right = rows.filter(|(row, target)| argmax(row) == target[0] as usize);
        metrics.insert("accuracy".to_owned(), right.count() as f64 / logits.len() as f64);
    }
    metrics
}

/// Mean loss of logits, without smoothing and weights.
fn mean_loss<D: Device>(
    model: &TextClassifier<D>,
    logits: &[Vec<f32>],
    labelled: &Labelled,
) -> f64 {
    let items: Vec<usize> = (0..logits.len()).collect();
    let targets = LossConfig::plain().targets(model.config().task, labelled, &items);
    let values: Vec<f32> = logits.iter().flatten().copied().collect();
    let dims = [logits.len(), model.config().classes];
    model.loss(&ulmfit_ops::Tensor::from_f32(&dims, &values), &targets)
}
