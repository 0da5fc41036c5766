//! Fine-tuning an encoder on texts without labels: a text should be closer to itself under another dropout
//! mask than to other texts.
//!
//! Unsupervised SimCSE (Gao, Yao & Chen 2021, <https://arxiv.org/abs/2104.08821>, equation 4): cross-entropy over
//! the cosines of each text with all texts of the batch, divided by a temperature.

use super::{Control, StepLoss, StepPlan, Trainee, Validation};
use crate::model::transformer::{Lanes, SpareGradients, Transformer};
use std::ops::ControlFlow;
use ulmfit_ops::class_loss::Targets;
use ulmfit_ops::linear::LinearGrads;
use ulmfit_ops::{Device, Key, Tensor};

/// An encoder, and texts.
pub struct DropoutPairTrainee<'a, D: Device> {
    device: D,
    encoder: Transformer<D>,
    texts: &'a [Vec<u32>],
    settings: DropoutPairSettings,
    key: Key,
    order: Vec<usize>,
    spare: SpareGradients<D>,
}

/// How pairs are made and compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DropoutPairSettings {
    /// Texts of a batch, each of which is read twice.
    pub batch_size: usize,
    /// Dropout of the encoder: all that makes the two readings differ.
    pub dropout: f64,
    /// What cosines are divided by.
    pub temperature: f64,
}

impl<'a, D: Device> DropoutPairTrainee<'a, D> {
    /// `texts` are token ids without a frame; `key` settles their order.
    pub fn new(
        device: D,
        encoder: Transformer<D>,
        texts: &'a [Vec<u32>],
        settings: DropoutPairSettings,
        key: Key,
    ) -> Self {
        let order = key.child(0).permutation(texts.len());
        Self { device, encoder, texts, settings, key, order, spare: SpareGradients::new() }
    }

    /// The encoder, once training is over.
    pub fn into_encoder(self) -> Transformer<D> {
        self.encoder
    }

    /// Mean loss of the two readings of each text, and its gradient, from vectors of which `places` are the rows
    /// of the first readings, then of the second.
    fn loss(&self, vectors: &Tensor<D>, places: &[u32]) -> (f64, Tensor<D>) {
        let device = self.device.exact(); // small products
        let count = places.len() / 2;
        let (first, second) = places.split_at(count);
        let unit = device.unit_rows_forward(vectors);
        let [one, other] = [first, second].map(|rows| device.embedding_forward(&unit, rows, None));
        let mut cosines = device.linear_forward(&one, &other, None);
        let scale = self.settings.temperature.recip();
        device.scale(&mut cosines, scale);
        let classes = (0..count as u32).collect();
        let targets = Targets::Classes { classes, smoothing: 0.0, weights: None };
        let (loss, mut d_cosines) = device.class_loss(&cosines, &targets);
        device.scale(&mut d_cosines, scale);
        let mut d_other = Tensor::zeros(other.dims());
        let grads = LinearGrads { weight: &mut d_other, bias: None };
        let d_one = device.linear_backward(&one, &other, &d_cosines, Some(grads));
        let mut d_unit = Tensor::zeros(unit.dims());
        device.embedding_backward(first, None, None, &d_one, &mut d_unit);
        device.embedding_backward(second, None, None, &d_other, &mut d_unit);
        (loss, device.unit_rows_backward(vectors, &d_unit))
    }
}

impl<D: Device> Trainee<D> for DropoutPairTrainee<'_, D> {
    type Model = Transformer<D>;

    fn model(&self) -> &Self::Model {
        &self.encoder
    }

    fn model_mut(&mut self) -> &mut Self::Model {
        &mut self.encoder
    }

    fn steps(&self, _epoch: usize) -> usize {
        (self.texts.len() / self.settings.batch_size.max(2)).max(1) // an incomplete one is left out
    }

    fn start_epoch(&mut self, epoch: usize) {
        self.order = self.key.child(epoch as u64).permutation(self.texts.len());
    }

    fn step(&mut self, plan: StepPlan<'_>) -> StepLoss {
        let size = self.settings.batch_size.max(2);
        let batch = self.order[plan.step * size..].iter().take(size);
        let once: Vec<&[u32]> = batch.map(|&text| self.texts[text].as_slice()).collect();
        let twice = [&once[..], &once[..]].concat();
        let (lanes, order) = Lanes::new(&twice);
        let mut places = vec![0; twice.len()];
        order.into_iter().enumerate().for_each(|(place, text)| places[text] = place as u32);
        let (vectors, tapes) =
            self.encoder.train_forward_in_lanes(&lanes, self.settings.dropout, plan.key);
        let (loss, mut dy) = self.loss(&vectors, &places);
        self.device.scale(&mut dy, plan.scale);
        self.encoder.backward_in_lanes(tapes, dy, plan.trainable, &mut self.spare);
        let tokens = twice.iter().map(|text| text.len() + 2).sum(); // with the frame
        StepLoss { loss, total: loss, rate_factor: 1.0, tokens, weight: once.len() as f64 }
    }

    fn validate(
        &mut self,
        _poll: &mut dyn FnMut() -> Control,
    ) -> ControlFlow<(), Option<Validation>> {
        ControlFlow::Continue(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TrainableGroups;
    use crate::model::gradient_check::{assert_gradients, middle};
    use crate::model::transformer::{TransformerConfig, VectorScale};
    use ulmfit_ops::Reference;

    fn trainee(texts: &[Vec<u32>], dropout: f64) -> DropoutPairTrainee<'_, Reference> {
        let config = TransformerConfig {
            vocab: 12,
            positions: 8,
            piece: 8,
            width: 4,
            layers: 2,
            heads: 2,
            inner: 6,
            eps: 1e-12,
            frame: crate::text::Frame { first: 10, last: 11 },
            vectors: VectorScale::Unit,
        };
        let device = Reference::default();
        let encoder = Transformer::new(device, config, Key::new(1));
        let settings = DropoutPairSettings { batch_size: 3, dropout, temperature: 0.5 };
        DropoutPairTrainee::new(Reference::default(), encoder, texts, settings, Key::new(2))
    }

    fn texts() -> Vec<Vec<u32>> {
        vec![vec![1, 2, 3], vec![4], vec![5, 6]]
    }

    #[test]
    fn gradients_are_those_of_finite_differences() {
        let texts = texts();
        let mut trainee = trainee(&texts, 0.2); // the same masks for the same key
        let (all, top) = (TrainableGroups::all(3), TrainableGroups::top(3, 1));
        let loss = |trainee: &mut DropoutPairTrainee<'_, Reference>, learns: bool| {
            let trainable = if learns { &all } else { &top };
            trainee.step(StepPlan { step: 0, trainable, scale: 1.0, key: Key::new(3) }).loss
        };
        assert_gradients(&mut trainee, |trainee| trainee.model_mut(), loss, middle, &[]);
    }

    #[test]
    fn incomplete_batches_are_left_out_and_few_texts_are_one() {
        let many: Vec<Vec<u32>> = (0..8).map(|n| vec![n]).collect();
        assert_eq!(trainee(&many, 0.1).steps(0), 2);
        assert_eq!(trainee(&many[..2], 0.1).steps(0), 1);
    }
}
