//! A linear layer on the vector of a text.

use super::{Dense, SentenceClassifierConfig, Transformer};
use crate::data::labels::LabelKind;
use crate::model::{Network, Param, TargetScale};
use ulmfit_ops::class_loss::Activation;
use ulmfit_ops::{Device, Key, Tensor};

/// A sentence encoder with a linear head.
pub struct SentenceClassifier<D: Device> {
    /// From texts to vectors.
    pub encoder: Transformer<D>,
    /// From vectors to logits.
    pub head: Dense<D>,
    pub(super) classes: usize,
    task: LabelKind,
    target_scale: Option<TargetScale>,
}

impl<D: Device> SentenceClassifier<D> {
    /// An untrained classifier.
    pub fn new(device: D, config: &SentenceClassifierConfig, key: Key) -> Self {
        let encoder = Transformer::new(device, config.encoder, key.child(0));
        let head = Dense::new("classifier", config.encoder.width, config.classes, key.child(1));
        Self::of_parts(encoder, head, config.task, config.target_scale)
    }

    /// A classifier of this encoder and head, whose sizes must match.
    pub fn of_parts(
        encoder: Transformer<D>,
        head: Dense<D>,
        task: LabelKind,
        target_scale: Option<TargetScale>,
    ) -> Self {
        let classes = head.bias.value.len();
        Self { encoder, head, classes, task, target_scale }
    }

    /// Its sizes.
    pub fn config(&self) -> SentenceClassifierConfig {
        SentenceClassifierConfig {
            encoder: *self.encoder.config(),
            classes: self.classes,
            task: self.task,
            target_scale: self.target_scale,
        }
    }

    /// What the outputs mean.
    pub fn task(&self) -> LabelKind {
        self.task
    }

    /// Probabilities (or values) of every text, one row each. Texts are ids without special tokens. `each` is
    /// called with the number of texts done.
    ///
    /// The result for a text does not depend on the other texts, to the bit.
    pub fn probabilities(&self, texts: &[Vec<u32>], each: &mut dyn FnMut(usize)) -> Vec<Vec<f32>> {
        let vectors = self.encoder.vectors_of(texts, each);
        vectors.iter().map(|vector| self.of_vector(vector)).collect()
    }

    /// Probabilities (or a value) of a text, from its vector.
    pub(super) fn of_vector(&self, vector: &[f32]) -> Vec<f32> {
        let device = self.encoder.device();
        let logits =
            self.head.forward(&device.exact(), &Tensor::from_f32(&[1, vector.len()], vector));
        let activation = match self.task {
            LabelKind::Single => Activation::Softmax,
            LabelKind::Multi => Activation::Sigmoid,
            LabelKind::Regression => Activation::Identity,
        };
        let row = device.activate(&logits, activation).to_f32();
        match self.target_scale {
            Some(scale) => {
                row.into_iter().map(|value| scale.restore(f64::from(value)) as f32).collect()
            }
            None => row,
        }
    }
}

impl<D: Device> Network<D> for SentenceClassifier<D> {
    fn groups(&self) -> usize {
        self.encoder.groups() + 1
    }

    fn group_names(&self) -> Vec<String> {
        let mut names = self.encoder.group_names();
        names.push("head".to_owned());
        names
    }

    fn params(&self) -> Vec<(String, usize, &Param<D>)> {
        let top = self.encoder.groups();
        let head = self.head.params().map(|param| (param.name.clone(), top, param));
        self.encoder.params().into_iter().chain(head).collect()
    }

    fn params_mut(&mut self) -> Vec<(String, usize, &mut Param<D>)> {
        let top = self.encoder.groups();
        let head = self.head.params_mut().map(|param| (param.name.clone(), top, param));
        self.encoder.params_mut().into_iter().chain(head).collect()
    }
}
