//! A classifier that keeps predicting the next word while it is trained on labels.

use super::tied::Tied;
use super::{
    EncoderState, LanguageModel, LmStep, MaskSource, Network, Param, Regularisation,
    TextClassifier, TrainableGroups,
};
use crate::data::batches::LmBatch;
use ulmfit_ops::{Device, Tensor};

/// A classifier and the decoder of a language model on one encoder.
///
/// Multi-task learning with a language model's loss (Rei 2017), with which Howard & Ruder 2018,
/// section 2, compare their stages one after the other. Groups are those of the classifier; the
/// decoder, tied to the embedding, belongs to the group of that.
pub struct MultiTask<D: Device> {
    classifier: TextClassifier<D>,
    decoder_bias: Param<D>, // [V]
}

impl<D: Device> MultiTask<D> {
    /// Gives a classifier the decoder of a language model; its encoder is not taken.
    ///
    /// # Panics
    /// When they have different vocabularies.
    pub fn new(classifier: TextClassifier<D>, decoder: LanguageModel<D>) -> Self {
        let vocab = decoder.config().vocab;
        assert_eq!(classifier.config().encoder.vocab, vocab, "different vocabularies");
        Self { classifier, decoder_bias: decoder.decoder_bias }
    }

    /// The classifier.
    pub fn classifier(&self) -> &TextClassifier<D> {
        &self.classifier
    }

    /// The classifier, to train; gradients of both tasks add up.
    pub fn classifier_mut(&mut self) -> &mut TextClassifier<D> {
        &mut self.classifier
    }

    /// The classifier alone.
    pub fn into_classifier(self) -> TextClassifier<D> {
        self.classifier
    }

    /// The state before the first token.
    pub fn zero_state(&self, batch: usize) -> EncoderState<D> {
        self.classifier.encoder.zero_state(batch)
    }

    /// As [`LanguageModel::train_step`], on the classifier's encoder.
    pub fn lm_step(
        &mut self,
        batch: &LmBatch,
        state: &mut EncoderState<D>,
        masks: &dyn MaskSource<D>,
        regularisation: Regularisation,
        trainable: &TrainableGroups,
        scale: f64,
    ) -> LmStep {
        let Self { classifier: TextClassifier { device, encoder, .. }, decoder_bias } = self;
        let parts = Tied { device, encoder, decoder_bias, first_layer: 1, embedding: 0 };
        parts.train_step(batch, state, masks, regularisation, trainable, scale)
    }
}

impl<D: Device> Network<D> for MultiTask<D> {
    fn groups(&self) -> usize {
        self.classifier.groups()
    }

    fn group_names(&self) -> Vec<String> {
        self.classifier.group_names()
    }

    fn params(&self) -> Vec<(String, usize, &Param<D>)> {
        let bias = (self.decoder_bias.name.clone(), 0, &self.decoder_bias);
        self.classifier.params().into_iter().chain([bias]).collect()
    }

    fn params_mut(&mut self) -> Vec<(String, usize, &mut Param<D>)> {
        let bias = (self.decoder_bias.name.clone(), 0, &mut self.decoder_bias);
        self.classifier.params_mut().into_iter().chain([bias]).collect()
    }

    fn buffers(&self) -> Vec<(String, &Tensor<D>)> {
        self.classifier.buffers()
    }

    fn buffers_mut(&mut self) -> Vec<(String, &mut Tensor<D>)> {
        self.classifier.buffers_mut()
    }
}
