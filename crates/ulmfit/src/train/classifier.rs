//! Training a classifier on labelled documents.

use super::{StepLoss, StepPlan, Trainee, Validation};
use crate::data::{evaluation_batches, pad, training_batches};
use crate::model::{RandomMasks, Regularisation, Task, TextClassifier};
use ulmfit_ops::class_loss::Targets;
use ulmfit_ops::{Device, Key};

/// Documents as token ids, each with its target values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Labelled {
    /// Token ids of each document, already in the model's direction.
    pub documents: Vec<Vec<u32>>,
    /// One row a document: the class, or 0/1 for each class, or the value.
    pub targets: Vec<Vec<f32>>,
}

/// How targets become a loss.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LossConfig {
    /// `ε` of label smoothing; single-label tasks only.
    pub smoothing: f64,
    /// One weight a class.
    pub class_weights: Option<Vec<f32>>,
}

impl LossConfig {
    /// Targets of some documents.
    pub fn targets(&self, task: Task, labelled: &Labelled, items: &[usize]) -> Targets {
        let rows = items.iter().map(|&item| &labelled.targets[item]);
        let weights = self.class_weights.clone();
        match task {
            Task::SingleLabel => Targets::Classes {
                classes: rows.map(|row| row[0] as u32).collect(),
                smoothing: self.smoothing,
                weights,
            },
            Task::MultiLabel => {
                Targets::MultiLabel { values: rows.flatten().copied().collect(), weights }
            }
            Task::Regression => Targets::Values { values: rows.flatten().copied().collect() },
        }
    }

    /// The same without what only helps training.
    #[must_use]
    fn plain() -> Self {
        Self::default()
    }
}

/// A classifier, documents to learn and documents to be judged by.
pub struct ClassifierTrainee<'a, D: Device> {
    device: D,
    model: TextClassifier<D>,
    train: &'a Labelled,
    valid: Option<&'a Labelled>,
    lengths: Vec<usize>,
    batch_size: usize,
    loss: LossConfig,
    regularisation: Regularisation,
    key: Key,
    epoch: Vec<Vec<usize>>,
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
        regularisation: Regularisation,
        key: Key,
    ) -> Self {
        let lengths = train.documents.iter().map(Vec::len).collect();
        let epoch = Vec::new();
        Self { device, model, train, valid, lengths, batch_size, loss, regularisation, key, epoch }
    }

    /// The model, once training is over.
    pub fn into_model(self) -> TextClassifier<D> {
        self.model
    }

    fn batches(&self, epoch: usize) -> Vec<Vec<usize>> {
        training_batches(&self.lengths, self.batch_size, &self.key.child(epoch as u64))
    }
}

/// Logits of every document, in their order, `[N, C]` row-major.
pub fn classifier_logits<D: Device>(
    model: &TextClassifier<D>,
    documents: &[Vec<u32>],
    batch_size: usize,
    mut each: impl FnMut(usize, usize),
) -> Vec<Vec<f32>> {
    let lengths: Vec<usize> = documents.iter().map(Vec::len).collect();
    let mut logits = vec![Vec::new(); documents.len()];
    let classes = model.config().classes;
    let mut done = 0;
    for items in evaluation_batches(&lengths, batch_size) {
        let texts: Vec<&[u32]> = items.iter().map(|&item| documents[item].as_slice()).collect();
        let rows = model.logits(&pad(&texts, model.config().seq_len)).to_f32();
        for (&item, row) in items.iter().zip(rows.chunks_exact(classes)) {
            logits[item] = row.to_vec();
        }
        done += items.len();
        each(done, documents.len());
    }
    logits
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
        self.batches(epoch).len()
    }

    fn start_epoch(&mut self, epoch: usize) {
        self.epoch = self.batches(epoch);
    }

    fn step(&mut self, plan: StepPlan<'_>) -> StepLoss {
        let items = &self.epoch[plan.step];
        let texts: Vec<&[u32]> = items.iter().map(|&n| self.train.documents[n].as_slice()).collect();
        let batch = pad(&texts, self.model.config().seq_len);
        let targets = self.loss.targets(self.model.config().task, self.train, items);
        let masks = RandomMasks::new(self.device.clone(), plan.key);
        let (learn, scale) = (plan.learn, plan.scale);
        let out =
            self.model.train_step(&batch, &targets, &masks, self.regularisation, learn, scale);
        StepLoss {
            loss: out.loss,
            total: out.total(),
            rate_factor: 1.0,
            tokens: texts.iter().map(|text| text.len()).sum(),
            weight: items.len() as f64,
        }
    }

    fn validate(&mut self) -> Option<Validation> {
        let valid = self.valid?;
        let task = self.model.config().task;
        let logits = classifier_logits(&self.model, &valid.documents, self.batch_size, |_, _| ());
        let loss = mean_loss(&self.model, &logits, valid);
        let mut metrics = std::collections::BTreeMap::new();
        if task == Task::SingleLabel {
            let right = logits.iter().zip(&valid.targets).filter(|(row, target)| {
                crate::report::argmax(row) == target[0] as usize
            });
            metrics.insert("accuracy".to_owned(), right.count() as f64 / logits.len() as f64);
        }
        Some(Validation { loss, metrics })
    }
}

/// Mean loss of logits, without smoothing and weights.
pub fn mean_loss<D: Device>(
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
