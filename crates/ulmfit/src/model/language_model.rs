//! The language model: encoder, output dropout and tied decoder.

use super::lm_step::LmStep;
use super::tied::Tied;
use super::{
    AwdLstm, AwdLstmConfig, DropoutConfig, EncoderState, MaskSource, Mode, Network, Param,
    Regularisation, TrainableGroups,
};
use crate::data::batches::LmBatch;
use ulmfit_ops::lstm::Tape;
use ulmfit_ops::{Device, Key, Tensor};

/// A network with a language model in it.
pub trait HasLanguageModel<D: Device>: Network<D> {
    /// The language model.
    fn language_model(&self) -> &LanguageModel<D>;

    /// The language model, to train.
    fn language_model_mut(&mut self) -> &mut LanguageModel<D>;
}

impl<D: Device> HasLanguageModel<D> for LanguageModel<D> {
    fn language_model(&self) -> &LanguageModel<D> {
        self
    }

    fn language_model_mut(&mut self) -> &mut LanguageModel<D> {
        self
    }
}

/// Predicts the next token; the decoder shares its weight with the embedding.
///
/// Groups, lowest first: each LSTM layer, then embedding and decoder together (fastai's
/// `awd_lstm_lm_split`).
pub struct LanguageModel<D: Device> {
    pub(super) device: D,
    pub(super) encoder: AwdLstm<D>,
    pub(super) decoder_bias: Param<D>, // [V]
}

/// The decoder's bias, which fastai spares from weight decay as that of any linear layer.
fn bias<D: Device>(values: Tensor<D>) -> Param<D> {
    Param::new("1.decoder.bias", values).without_decay()
}

impl<D: Device> LanguageModel<D> {
    /// A new model with random weights.
    pub fn new(device: D, config: AwdLstmConfig, dropout: DropoutConfig, key: Key) -> Self {
        let encoder = AwdLstm::new(config, dropout, key);
        let decoder_bias = bias(Tensor::zeros(&[config.vocab]));
        Self { device, encoder, decoder_bias }
    }

    /// The same weights, shared until they change, with gradients of their own: what a lane trains.
    #[cfg(feature = "train")]
    pub(crate) fn sharing(&self) -> Self {
        let (encoder, decoder_bias) = (self.encoder.sharing(), self.decoder_bias.sharing());
        Self { device: self.device.clone(), encoder, decoder_bias }
    }

    /// The encoder's sizes.
    pub fn config(&self) -> AwdLstmConfig {
        self.encoder.config()
    }

    /// Moves the network to another device of the same kind, such as one with another precision.
    pub fn set_device(&mut self, device: D) {
        self.encoder.forget_prepared();
        self.device = device;
    }

    /// Sets the dropout of training.
    pub fn set_dropout(&mut self, dropout: DropoutConfig) {
        self.encoder.dropout = dropout;
    }

    /// The state before the first token.
    pub fn zero_state(&self, batch: usize) -> EncoderState<D> {
        self.encoder.zero_state(batch)
    }

    /// One training step on `batch`: carries `state` on and adds gradients of
    /// `scale · (loss + AR + TAR)` to all trainable groups.
    ///
    /// # Panics
    /// When the state belongs to another number of rows.
    pub fn train_step(
        &mut self,
        batch: &LmBatch,
        state: &mut EncoderState<D>,
        masks: &dyn MaskSource<D>,
        regularisation: Regularisation,
        trainable: &TrainableGroups,
        scale: f64,
    ) -> LmStep {
        let embedding = trainable.groups() - 1;
        let Self { device, encoder, decoder_bias } = self;
        let parts = Tied { device, encoder, decoder_bias, first_layer: 0, embedding };
        parts.train_step(batch, state, masks, regularisation, trainable, scale)
    }

    /// Loss of `batch` without dropout; carries `state` on.
    pub fn evaluate(&self, batch: &LmBatch, state: &mut EncoderState<D>) -> LmStep {
        let h = self.hidden(&batch.x, batch.batch, state);
        let (weight, bias) = (&self.encoder.embedding.value, &self.decoder_bias.value);
        let outcome = self.device.decoder_loss(&h, weight, bias, &batch.y, None);
        let tokens = batch.y.len();
        let loss = outcome.loss_sum / tokens as f64;
        LmStep { loss, correct: outcome.correct, tokens, ..LmStep::default() }
    }

    /// Unnormalised log probabilities of the next token after each of `ids`, `[T, B]`.
    ///
    /// # Shapes
    /// result: `[T, B, V]`
    pub fn logits(&self, ids: &[u32], batch: usize, state: &mut EncoderState<D>) -> Tensor<D> {
        let h = self.hidden(ids, batch, state);
        let (weight, bias) = (&self.encoder.embedding.value, &self.decoder_bias.value);
        self.device.exact().linear_forward(&h, weight, Some(bias))
    }

    /// The encoder, to build a classifier on.
    pub fn encoder(&self) -> &AwdLstm<D> {
        &self.encoder
    }

    /// Exchanges the vocabulary: row `n` becomes the old row `sources[n]`, or the mean of all.
    pub fn remap_vocab(&mut self, sources: &[Option<u32>]) {
        let rows = self.device.remap_rows(&self.encoder.embedding.value, sources);
        self.encoder.set_embedding(rows);
        self.decoder_bias = bias(self.device.remap_rows(&self.decoder_bias.value, sources));
    }

    fn hidden(&self, ids: &[u32], batch: usize, state: &mut EncoderState<D>) -> Tensor<D> {
        let mode = Mode::Evaluate;
        let out = self.encoder.forward(&self.device, ids, batch, state, mode, Tape::Discard);
        *state = out.state;
        out.y
    }
}

impl<D: Device> Network<D> for LanguageModel<D> {
    fn groups(&self) -> usize {
        self.encoder.config().layers + 1
    }

    fn group_names(&self) -> Vec<String> {
        let layers = (1..self.groups()).map(|n| format!("layer {n}"));
        layers.chain(["embedding and softmax".to_owned()]).collect()
    }

    fn params(&self) -> Vec<(String, usize, &Param<D>)> {
        let top = self.groups() - 1;
        let embedding =
            (format!("0.{}", self.encoder.embedding.name), top, &self.encoder.embedding);
        let layers = self.encoder.layer_params().map(|(n, p)| (format!("0.{}", p.name), n, p));
        let bias = (self.decoder_bias.name.clone(), top, &self.decoder_bias);
        std::iter::once(embedding).chain(layers).chain([bias]).collect()
    }

    fn params_mut(&mut self) -> Vec<(String, usize, &mut Param<D>)> {
        let top = self.groups() - 1;
        let (embedding, layers) = self.encoder.split_mut();
        let layers = layers.map(|(n, p)| (format!("0.{}", p.name), n, p));
        let embedding = (format!("0.{}", embedding.name), top, embedding);
        let bias = (self.decoder_bias.name.clone(), top, &mut self.decoder_bias);
        std::iter::once(embedding).chain(layers).chain([bias]).collect()
    }
}
