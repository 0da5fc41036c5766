//! The AWD-LSTM encoder: embedding and a stack of weight-dropped LSTMs.

use super::weight_drop_lstm::{LstmLayerTape, WeightDropLstm};
use super::weight_gradients::WeightGradients;
use super::{AwdLstmConfig, DropoutConfig, Mode, Param, Site, TrainableGroups};
use crate::text::special::PAD_ID;
use ulmfit_ops::lstm::{InputGradient, LstmState, PackedOutput, Tape};
use ulmfit_ops::{Device, Key, Tensor};

/// Merity, Keskar & Socher 2017, as fastai 2 builds it: embedding dropout, locked dropout on the
/// embedded input and between layers (none after the last), DropConnect inside them.
pub struct AwdLstm<D: Device> {
    config: AwdLstmConfig,
    /// Probabilities in training; not part of the weights.
    pub dropout: DropoutConfig,
    pub(super) embedding: Param<D>, // [V, E]
    pub(super) layers: Vec<WeightDropLstm<D>>,
}

/// Hidden and cell states of all layers.
pub struct EncoderState<D: Device>(pub(super) Vec<LstmState<D>>);

impl<D: Device> Clone for EncoderState<D> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<D: Device> EncoderState<D> {
    /// States of the first `rows` sequences; new ones start at zero.
    #[must_use]
    pub fn resized(&self, device: &D, rows: usize) -> Self {
        let resize = |t: &Tensor<D>| device.resize_rows(t, rows);
        Self(self.0.iter().map(|s| LstmState { h: resize(&s.h), c: resize(&s.c) }).collect())
    }

    /// The tensors, `h` and `c` of each layer in turn: what a checkpoint stores.
    pub fn tensors(&self) -> Vec<&Tensor<D>> {
        self.0.iter().flat_map(|s| [&s.h, &s.c]).collect()
    }

    /// The same, to restore them.
    pub fn tensors_mut(&mut self) -> Vec<&mut Tensor<D>> {
        self.0.iter_mut().flat_map(|s| [&mut s.h, &mut s.c]).collect()
    }
}

/// What [`AwdLstm::backward`] needs.
pub struct EncoderTape<D: Device> {
    ids: Vec<u32>,
    row_scale: Option<Tensor<D>>,
    input_mask: Option<Tensor<D>>,
    layers: Vec<LstmLayerTape<D>>,
    hidden_masks: Vec<Option<Tensor<D>>>,
}

/// What [`AwdLstm::forward`] returns.
pub struct EncoderOutput<D: Device> {
    /// Hidden states of the last layer, `[T, B, E]`.
    pub y: Tensor<D>,
    /// State after the last token.
    pub state: EncoderState<D>,
    /// Present if asked for.
    pub tape: Option<EncoderTape<D>>,
}

impl<D: Device> AwdLstm<D> {
    /// fastai's initialisation: embeddings uniform within 0.1, LSTMs within `1/√H`.
    pub fn new(config: AwdLstmConfig, dropout: DropoutConfig, key: Key) -> Self {
        let AwdLstmConfig { vocab, emb, layers, .. } = config;
        let rows = key.child(0).uniform_values(vocab * emb, 0.1);
        let layers = (0..layers)
            .map(|layer| {
                let (inputs, hidden) = config.layer(layer);
                WeightDropLstm::new(layer, inputs, hidden, key.child(1 + layer as u64))
            })
            .collect();
        let embedding = Param::new("encoder.weight", Tensor::from_f32(&[vocab, emb], &rows));
        Self { config, dropout, embedding, layers }
    }

    /// The sizes.
    pub fn config(&self) -> AwdLstmConfig {
        self.config
    }

    /// The same weights, shared until they change, with gradients of their own.
    #[cfg(feature = "train")]
    pub(super) fn sharing(&self) -> Self {
        let layers = self.layers.iter().map(WeightDropLstm::sharing).collect();
        let Self { config, dropout, .. } = *self;
        Self { config, dropout, embedding: self.embedding.sharing(), layers }
    }

    /// The state before the first token.
    pub fn zero_state(&self, batch: usize) -> EncoderState<D> {
        EncoderState(self.layers.iter().map(|l| LstmState::zeros(batch, l.hidden())).collect())
    }

    /// Bytes of an [`EncoderTape`] of `time` steps of `rows` sequences: gates, cells, outputs and
    /// inputs of each layer, and the mask of its recurrent weights.
    pub(super) fn tape_bytes(&self, time: usize, rows: usize) -> u64 {
        let layer = |n| {
            let (inputs, hidden) = self.config.layer(n);
            let mask = if self.dropout.weight > 0.0 { 4 * hidden * hidden } else { 0 };
            (time * rows * (6 * hidden + inputs) + mask) as u64
        };
        let elements: u64 = (0..self.layers.len()).map(layer).sum();
        size_of::<D::Real>() as u64 * elements
    }

    /// Runs `ids`, `[T, B]` time first, from `state`.
    ///
    /// # Shapes
    /// `ids`: `T·B`, output: `[T, B, E]`
    pub fn forward(
        &self,
        device: &D,
        ids: &[u32],
        batch: usize,
        state: &EncoderState<D>,
        mode: Mode<'_, D>,
        tape: Tape,
    ) -> EncoderOutput<D> {
        let AwdLstmConfig { vocab, emb, .. } = self.config;
        let p = self.dropout;
        let time = ids.len() / batch;
        let row_scale = mode.mask(Site::Embedding, &[vocab], p.embed);
        let mut x = device
            .embedding_forward(&self.embedding.value, ids, row_scale.as_ref())
            .reshaped(&[time, batch, emb]);
        let input_mask = mode.mask(Site::Input, &[batch, emb], p.input);
        if let Some(mask) = &input_mask {
            device.apply_mask(&mut x, mask);
        }
        let (mut states, mut tapes, mut hidden_masks) = (Vec::new(), Vec::new(), Vec::new());
        for (n, (layer, state)) in self.layers.iter().zip(&state.0).enumerate() {
            let out = layer.forward(device, x, state, mode, p.weight, tape);
            x = out.y;
            states.push(out.state);
            tapes.extend(out.tape);
            if n + 1 < self.layers.len() {
                let mask = mode.mask(Site::Hidden(n), &[batch, layer.hidden()], p.hidden);
                if let Some(mask) = &mask {
                    device.apply_mask(&mut x, mask);
                }
                hidden_masks.push(mask);
            }
        }
        let tape = (tape == Tape::Keep).then(|| EncoderTape {
            ids: ids.to_vec(),
            row_scale,
            input_mask,
            layers: tapes,
            hidden_masks,
        });
        EncoderOutput { y: x, state: EncoderState(states), tape }
    }

    /// Runs the ids of sequences of unlike length side by side, without dropout: `rows[t]` of them, the
    /// first ones, have a step `t`. Returns the states of the last layer and what the sequences that have
    /// the last step go on from.
    ///
    /// # Shapes
    /// `ids`: `N`, the sum of `rows`; output: `[N, E]`
    pub(super) fn forward_packed(
        &self,
        device: &D,
        ids: &[u32],
        rows: &[usize],
        state: &EncoderState<D>,
    ) -> (Tensor<D>, EncoderState<D>) {
        let mut x = device.embedding_forward(&self.embedding.value, ids, None);
        let mut states = Vec::with_capacity(self.layers.len());
        for (layer, state) in self.layers.iter().zip(&state.0) {
            let PackedOutput { y, state } = layer.forward_packed(device, &x, rows, state);
            x = y;
            states.push(state);
        }
        (x, EncoderState(states))
    }

    /// Adds the gradients of every trainable part.
    ///
    /// `layer_group` is the group of the lowest LSTM; layer `n` belongs to the `n`-th after it.
    /// `embedding` is separate because the embedding is the lowest group of a classifier
    /// but, tied to the decoder, in the highest of a language model.
    pub fn backward(
        &mut self,
        device: &D,
        tape: EncoderTape<D>,
        dy: Tensor<D>,
        trainable: &TrainableGroups,
        layer_group: usize,
        embedding: WeightGradients,
    ) {
        let mut dy = dy;
        let EncoderTape { ids, row_scale, input_mask, layers, hidden_masks } = tape;
        for (n, tape) in layers.into_iter().enumerate().rev() {
            let lower =
                (0..n).any(|l| trainable.group(layer_group + l)) || embedding.are_computed();
            let weights = WeightGradients::of(trainable.group(layer_group + n));
            let input = if lower { InputGradient::Compute } else { InputGradient::Skip };
            let dx = self.layers[n].backward(device, tape, &dy, weights, input);
            let Some(dx) = dx else { return };
            dy = dx;
            let mask = if n == 0 { &input_mask } else { &hidden_masks[n - 1] };
            if let Some(mask) = mask {
                device.apply_mask(&mut dy, mask);
            }
        }
        if embedding.are_computed() {
            let (_, grad) = self.embedding.split();
            device.embedding_backward(&ids, row_scale.as_ref(), Some(PAD_ID), &dy, grad);
        }
    }

    /// The LSTM layers' parameters, each with the number of its layer.
    pub fn layer_params(&self) -> impl Iterator<Item = (usize, &Param<D>)> {
        self.layers.iter().enumerate().flat_map(|(n, l)| l.params().map(|p| (n, p)))
    }

    /// The embedding and the layers' parameters, to update.
    pub fn split_mut(&mut self) -> (&mut Param<D>, impl Iterator<Item = (usize, &mut Param<D>)>) {
        let layers = self.layers.iter_mut().enumerate();
        (&mut self.embedding, layers.flat_map(|(n, l)| l.params_mut().map(|p| (n, p))))
    }

    /// Lays the weights out again when they are next used.
    pub(super) fn forget_prepared(&mut self) {
        self.layers.iter_mut().for_each(WeightDropLstm::forget_prepared);
    }

    /// Replaces the embedding, and with it the vocabulary.
    pub(super) fn set_embedding(&mut self, rows: Tensor<D>) {
        self.config.vocab = rows.dims()[0];
        self.embedding.value = rows;
        self.embedding.grad = None;
    }
}
