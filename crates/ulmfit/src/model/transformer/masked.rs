//! The head with which encoders of the BERT family are pretrained: which tokens were masked?
//!
//! Devlin et al. 2019, <https://arxiv.org/abs/1810.04805>, section 3.1. Layers and names are those of Hugging Face's
//! `BertForMaskedLM`: a linear layer, GELU, layer normalisation, and a decoder whose weight is the embedding of
//! words. Published sentence encoders come without it, so it begins untrained.

use super::dense::Dense;
use super::gradients::Layer;
use super::norm::Norm;
use super::{Lanes, SpareGradients, StepSettings, Transformer};
use crate::model::{Network, Param};
use ulmfit_ops::decoder_loss::{DecoderBackward, DecoderGrads};
use ulmfit_ops::{Device, Key, Tensor};

/// An encoder, and a head above it that is dropped after training.
pub struct MaskedLm<D: Device> {
    encoder: Transformer<D>,
    transform: Dense<D>,
    norm: Norm<D>,
    bias: Param<D>, // [V]
}

/// Masked tokens of texts.
#[derive(Clone, Copy, Debug)]
pub struct MaskedTokens<'a> {
    /// Their numbers in each text, which do not count frames; in the order of the lanes.
    pub places: &'a [Vec<usize>],
    /// What they were, for all texts one after the other.
    pub ids: &'a [u32],
}

impl<D: Device> MaskedLm<D> {
    /// Puts an untrained head onto an encoder. The weight of its decoder is that of the encoder's words, which
    /// belong to the lowest group.
    pub fn new(encoder: Transformer<D>, key: Key) -> Self {
        let (width, vocab, eps) =
            (encoder.config().width, encoder.config().vocab, encoder.config().eps);
        let bias = Param::new("cls.predictions.bias", Tensor::zeros(&[vocab])).without_decay();
        Self {
            encoder,
            transform: Dense::new("cls.predictions.transform.dense", width, width, key),
            norm: Norm::new("cls.predictions.transform.LayerNorm", width, eps),
            bias,
        }
    }

    /// The encoder without the head.
    pub fn into_encoder(self) -> Transformer<D> {
        self.encoder
    }

    /// The encoder's configuration.
    pub fn config(&self) -> &super::TransformerConfig {
        self.encoder.config()
    }

    /// Adds the gradients of the trainable groups, of which the head is the highest; gives the mean loss of the
    /// masked tokens.
    ///
    /// # Panics
    /// When no token is masked in a lane.
    pub fn train_step(
        &mut self,
        lanes: &Lanes<'_>,
        masked: MaskedTokens<'_>,
        settings: StepSettings<'_>,
        spare: &mut SpareGradients<D>,
    ) -> f64 {
        let StepSettings { dropout, key, trainable, scale } = settings;
        let device = self.encoder.device().clone();
        let exact = device.exact(); // small products
        let (states, tapes) =
            self.encoder.train_tokens_in_lanes(lanes, masked.places, dropout, key.child(0));
        let inner = self.transform.forward(&exact, &states);
        let active = exact.gelu_forward(&inner);
        let h = self.norm.forward(&exact, &active);

        let head = self.encoder.groups();
        let is_learning = trainable.group(head);
        let (bias, d_bias) = self.bias.split();
        let (words, d_words) = if trainable.group(0) {
            let (words, d_words) = self.encoder.words.split();
            (words, Some(d_words)) // of an embedding that is the decoder's weight, too
        } else {
            (&self.encoder.words.value, None)
        };
        let grads = is_learning.then_some(DecoderGrads { weight: d_words, bias: d_bias });
        let count = masked.ids.len() as f64;
        let backward = DecoderBackward { scale: scale / count, samples: Some(key.child(1)), grads };
        let outcome = device.decoder_loss(&h, words, bias, masked.ids, Some(backward));

        let d_h = outcome.dh.expect("backward was asked for");
        let mut gradients =
            is_learning.then(|| (self.transform.take_gradients(), self.norm.take_gradients()));
        let (of_transform, of_norm) = match &mut gradients {
            Some((of_transform, of_norm)) => (Some(of_transform), Some(of_norm)),
            None => (None, None),
        };
        let mut d_active = self.norm.backward(&exact, &active, &d_h, of_norm);
        exact.gelu_backward(&inner, &mut d_active);
        let d_states = self.transform.backward(&exact, &states, &d_active, of_transform);
        if let Some((of_transform, of_norm)) = gradients {
            self.transform.put_gradients(of_transform);
            self.norm.put_gradients(of_norm);
        }
        if trainable.below(head) {
            self.encoder.backward_in_lanes(tapes, d_states, trainable, spare);
        }
        outcome.loss_sum / count
    }
}

impl<D: Device> Network<D> for MaskedLm<D> {
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
        let head = self.transform.params().into_iter().chain(self.norm.params());
        let head = head.chain([&self.bias]).map(|param| (param.name.clone(), top, param));
        self.encoder.params().into_iter().chain(head).collect()
    }

    fn params_mut(&mut self) -> Vec<(String, usize, &mut Param<D>)> {
        let top = self.encoder.groups();
        let Self { encoder, transform, norm, bias } = self;
        let head = transform.params_mut().into_iter().chain(norm.params_mut());
        let head = head.chain([bias]).map(|param| (param.name.clone(), top, param));
        encoder.params_mut().into_iter().chain(head).collect()
    }
}
