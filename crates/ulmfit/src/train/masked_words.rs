//! Fine-tuning an encoder on texts without labels: it guesses tokens that are hidden from it.
//!
//! The masked language model of BERT (Devlin et al. 2019, <https://arxiv.org/abs/1810.04805>, section 3.1), with other
//! masks in each pass (Liu et al. 2019, <https://arxiv.org/abs/1907.11692>, section 4.1).

use super::word_masks::{MaskedText, WordMasker};
use super::{Control, StepLoss, StepPlan, Trainee, Validation};
use crate::model::transformer::{Lanes, MaskedLm, MaskedTokens, SpareGradients, StepSettings};
use std::ops::ControlFlow;
use ulmfit_ops::{Device, Key};

/// An encoder with a head for masked words, and texts.
pub struct MaskedWordTrainee<'a, D: Device> {
    model: MaskedLm<D>,
    texts: &'a [Vec<u32>],
    settings: MaskedWordSettings,
    key: Key,
    order: Vec<usize>,
    spare: SpareGradients<D>,
}

/// How texts are read.
#[derive(Clone, Debug, PartialEq)]
pub struct MaskedWordSettings {
    /// Texts of a batch.
    pub batch_size: usize,
    /// Dropout of the encoder.
    pub dropout: f64,
    /// What hides the words.
    pub masker: WordMasker,
}

impl<'a, D: Device> MaskedWordTrainee<'a, D> {
    /// `texts` are token ids without a frame; `key` settles their order.
    ///
    /// # Panics
    /// When a text has no token that may be hidden.
    pub fn new(
        model: MaskedLm<D>,
        texts: &'a [Vec<u32>],
        settings: MaskedWordSettings,
        key: Key,
    ) -> Self {
        assert!(texts.iter().all(|text| settings.masker.can_mask(text)), "a text without words");
        let order = key.child(0).permutation(texts.len());
        Self { model, texts, settings, key, order, spare: SpareGradients::new() }
    }

    /// The model, once training is over.
    pub fn into_model(self) -> MaskedLm<D> {
        self.model
    }
}

impl<D: Device> Trainee<D> for MaskedWordTrainee<'_, D> {
    type Model = MaskedLm<D>;

    fn model(&self) -> &Self::Model {
        &self.model
    }

    fn model_mut(&mut self) -> &mut Self::Model {
        &mut self.model
    }

    fn steps(&self, _epoch: usize) -> usize {
        self.texts.len().div_ceil(self.settings.batch_size.max(1))
    }

    fn start_epoch(&mut self, epoch: usize) {
        self.order = self.key.child(epoch as u64).permutation(self.texts.len());
    }

    fn step(&mut self, plan: StepPlan<'_>) -> StepLoss {
        let MaskedWordSettings { batch_size, dropout, masker } = &self.settings;
        let size = (*batch_size).max(1);
        let batch = self.order[plan.step * size..].iter().take(size).enumerate();
        let mask = |(n, &text): (usize, &usize)| {
            masker.mask(&self.texts[text], plan.key.child(0).child(n as u64))
        };
        let masked: Vec<MaskedText> = batch.map(mask).collect();
        let texts: Vec<&[u32]> = masked.iter().map(|text| text.ids.as_slice()).collect();
        let (lanes, order) = Lanes::new(&texts);
        let places: Vec<Vec<usize>> =
            order.iter().map(|&text| masked[text].places.clone()).collect();
        let ids: Vec<u32> =
            order.iter().flat_map(|&text| masked[text].targets.iter().copied()).collect();
        let (key, trainable, scale) = (plan.key.child(1), plan.trainable, plan.scale);
        let settings = StepSettings { dropout: *dropout, key, trainable, scale };
        let hidden = MaskedTokens { places: &places, ids: &ids };
        let loss = self.model.train_step(&lanes, hidden, settings, &mut self.spare);
        let tokens = texts.iter().map(|text| text.len() + 2).sum(); // with the frame
        StepLoss { loss, total: loss, rate_factor: 1.0, tokens, weight: ids.len() as f64 }
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
    use crate::model::gradient_check::{assert_gradients, middle};
    use crate::model::transformer::{Transformer, TransformerConfig, VectorScale};
    use crate::model::{Network, TrainableGroups};
    use ulmfit_ops::Reference;

    fn trainee(texts: &[Vec<u32>]) -> MaskedWordTrainee<'_, Reference> {
        let config = TransformerConfig {
            vocab: 12,
            positions: 6,
            piece: 6, // the longest text is cut
            width: 4,
            layers: 2,
            heads: 2,
            inner: 6,
            eps: 1e-12,
            frame: crate::text::Frame { first: 10, last: 11 },
            vectors: VectorScale::Unit,
        };
        let encoder = Transformer::new(Reference::default(), config, Key::new(1));
        let masker = WordMasker { share: 0.4, mask: 9, vocab: 12, spared: vec![10, 11] };
        let settings = MaskedWordSettings { batch_size: 3, dropout: 0.2, masker };
        MaskedWordTrainee::new(MaskedLm::new(encoder, Key::new(4)), texts, settings, Key::new(2))
    }

    fn texts() -> Vec<Vec<u32>> {
        vec![vec![1, 2, 3, 1, 4, 2], vec![4], vec![5, 6]]
    }

    fn step(trainee: &mut MaskedWordTrainee<'_, Reference>, trainable: &TrainableGroups) -> f64 {
        trainee.step(StepPlan { step: 0, trainable, scale: 1.0, key: Key::new(3) }).loss
    }

    #[test]
    fn gradients_are_those_of_finite_differences() {
        let texts = texts();
        let mut trainee = trainee(&texts);
        let (all, top) = (TrainableGroups::all(4), TrainableGroups::top(4, 1));
        let loss = |trainee: &mut MaskedWordTrainee<'_, Reference>, learns: bool| {
            step(trainee, if learns { &all } else { &top })
        };
        assert_gradients(&mut trainee, |trainee| trainee.model_mut(), loss, middle, &[]);
    }

    #[test]
    fn frozen_groups_have_no_gradients() {
        let texts = texts();
        for top in 1..4 {
            let mut trainee = trainee(&texts);
            step(&mut trainee, &TrainableGroups::top(4, top));
            for (name, group, param) in trainee.model().params() {
                assert_eq!(param.grad.is_some(), group >= 4 - top, "{name}");
            }
        }
    }

    #[test]
    fn all_texts_are_read_and_masks_are_new_in_each_pass() {
        let texts: Vec<Vec<u32>> = (0..8).map(|n| vec![n; 3]).collect();
        assert_eq!(trainee(&texts).steps(0), 3);
        let mut trainee = trainee(&texts[..1]);
        let all = TrainableGroups::all(4);
        let mut loss = |n| {
            let key = Key::new(n);
            trainee.step(StepPlan { step: 0, trainable: &all, scale: 1.0, key }).loss
        };
        assert_eq!(loss(1).to_bits(), loss(1).to_bits());
        assert_ne!(loss(1).to_bits(), loss(2).to_bits());
    }
}
