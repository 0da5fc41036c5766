//! Fine-tuning an encoder so that texts of one label come close together and others apart.
//!
//! The loss is that of SetFit (Tunstall et al. 2022, <https://arxiv.org/abs/2209.11055>): the
//! squared error of the cosine of a pair, which should be 1 for texts of one label and 0 for
//! others. Of texts with several labels it should be the share of labels that both have. SetFit
//! reads a pair at a time; here all pairs among the texts of a batch count, which costs no more
//! than to read the texts once. Pairs that share a label weigh as much as all others.

use super::pair_labels::PairLabels;
use super::{Control, StepLoss, StepPlan, Trainee, Validation};
use crate::checkpoint::Tensors;
use crate::model::transformer::{Lanes, SpareGradients, Transformer};
use std::ops::ControlFlow;
use ulmfit_ops::pair_loss::Pair;
use ulmfit_ops::{Device, Key};

/// An encoder, and texts whose labels say which belong together.
pub struct PairTrainee<'a, D: Device> {
    device: D,
    encoder: Transformer<D>,
    texts: &'a [Vec<u32>],
    labels: &'a PairLabels,
    settings: PairSettings,
    key: Key,
    order: Vec<usize>,
    spare: SpareGradients<D>,
}

/// How pairs are made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PairSettings {
    /// Texts of a batch: half of them in turn, and for each another one of its label.
    pub batch_size: usize,
    /// Dropout of the encoder.
    pub dropout: f64,
}

impl<'a, D: Device> PairTrainee<'a, D> {
    /// `texts` are token ids without a frame; `key` settles their order and their partners.
    ///
    /// # Panics
    /// When there is not one set of labels per text.
    pub fn new(
        device: D,
        encoder: Transformer<D>,
        texts: &'a [Vec<u32>],
        labels: &'a PairLabels,
        settings: PairSettings,
        key: Key,
    ) -> Self {
        assert_eq!(texts.len(), labels.len(), "one set of labels per text");
        let order = key.child(0).permutation(texts.len());
        Self { device, encoder, texts, labels, settings, key, order, spare: Vec::new() }
    }

    /// The encoder, once training is over.
    pub fn into_encoder(self) -> Transformer<D> {
        self.encoder
    }

    /// Texts of a batch whose turn it is.
    fn turns(&self) -> usize {
        (self.settings.batch_size / 2).max(1)
    }

    /// The texts of a batch: those whose turn it is, and a partner for each; none twice.
    fn batch(&self, step: usize, key: Key) -> Vec<usize> {
        let start = step * self.turns();
        let end = self.order.len().min(start + self.turns());
        let mut batch = self.order[start..end].to_vec();
        for n in 0..batch.len() {
            let draw = key.child(n as u64).uniform();
            let partner = self.labels.partner(batch[n], draw, |text| batch.contains(&text));
            batch.extend(partner);
        }
        batch
    }

    /// All pairs among the texts of a batch.
    fn pairs(&self, batch: &[usize]) -> Vec<Pair> {
        let likeness = |one: usize, other: usize| self.labels.likeness(batch[one], batch[other]);
        let rows = 0..batch.len();
        let all =
            rows.clone().flat_map(|one| (one + 1..batch.len()).map(move |other| (one, other)));
        let (mut alike, mut unlike) = (0.0_f32, 0.0_f32);
        for (one, other) in all.clone() {
            if likeness(one, other) > 0.0 { alike += 1.0 } else { unlike += 1.0 }
        }
        let pair = |(one, other): (usize, usize)| {
            let wanted = likeness(one, other);
            let count = if wanted > 0.0 { alike } else { unlike };
            Pair { one: one as u32, other: other as u32, wanted, weight: count.recip() }
        };
        all.map(pair).collect()
    }
}

impl<D: Device> Trainee<D> for PairTrainee<'_, D> {
    type Model = Transformer<D>;

    fn model(&self) -> &Self::Model {
        &self.encoder
    }

    fn model_mut(&mut self) -> &mut Self::Model {
        &mut self.encoder
    }

    fn steps(&self, _epoch: usize) -> usize {
        self.texts.len().div_ceil(self.turns())
    }

    fn start_epoch(&mut self, epoch: usize) {
        self.order = self.key.child(epoch as u64).permutation(self.texts.len());
    }

    fn step(&mut self, plan: StepPlan<'_>) -> StepLoss {
        let batch = self.batch(plan.step, plan.key.child(0));
        let texts: Vec<&[u32]> = batch.iter().map(|&text| self.texts[text].as_slice()).collect();
        let (lanes, order) = Lanes::new(&texts);
        let batch: Vec<usize> = order.into_iter().map(|number| batch[number]).collect();
        let pairs = self.pairs(&batch);
        let (dropout, key) = (self.settings.dropout, plan.key.child(1));
        let (vectors, tapes) = self.encoder.train_forward_in_lanes(&lanes, dropout, key);
        let tokens = texts.iter().map(|text| text.len() + 2).sum(); // with the frame
        // of vectors that have length one already this changes nothing but the last bits
        let unit = self.device.unit_rows_forward(&vectors);
        let (loss, mut d_unit) = self.device.pair_loss(&unit, &pairs);
        self.device.scale(&mut d_unit, plan.scale);
        let dy = self.device.unit_rows_backward(&vectors, &d_unit);
        self.encoder.backward_in_lanes(tapes, dy, plan.trainable, &mut self.spare);
        StepLoss { loss, total: loss, rate_factor: 1.0, tokens, weight: batch.len() as f64 }
    }

    fn validate(
        &mut self,
        _poll: &mut dyn FnMut() -> Control,
    ) -> ControlFlow<(), Option<Validation>> {
        ControlFlow::Continue(None)
    }

    fn carried(&self) -> Tensors {
        Tensors::new()
    }

    fn restore_carried(&mut self, _tensors: &Tensors) {}
}
