//! One layer of the encoder: attention, then a feed-forward network, each added to its input and
//! normalised.

use super::TransformerConfig;
use super::dense::Dense;
use super::gradients::{BlockGradients, Layer};
use super::norm::Norm;
use crate::model::Param;
use ulmfit_ops::attention::AttentionInput;
use ulmfit_ops::linear::Then;
use ulmfit_ops::{Device, Key, Tensor};

/// See the [module](self).
pub(super) struct Block<D: Device> {
    query: Dense<D>,
    key: Dense<D>,
    value: Dense<D>,
    mixed: Dense<D>, // projection of the heads' outputs
    attention_norm: Norm<D>,
    inner: Dense<D>,
    outer: Dense<D>,
    norm: Norm<D>,
    heads: usize,
}

/// What [`Block::backward`] needs; `[N, E]` except `inner`.
pub(super) struct BlockTape<D: Device> {
    x: Tensor<D>,
    query: Tensor<D>,
    key: Tensor<D>,
    value: Tensor<D>,
    told: Tensor<D>,   // outputs of the heads
    summed: Tensor<D>, // input of the first norm
    middle: Tensor<D>, // its output
    inner: Tensor<D>,  // before GELU, [N, inner]
    last: Tensor<D>,   // input of the second norm
    masks: [Option<Tensor<D>>; 2],
}

/// The rows that a block reads together.
pub(super) struct Rows<'a, D: Device> {
    /// Of each piece.
    pub(super) lengths: &'a [usize],
    /// How far each row is there for the others, `[N]`; all are without it.
    pub(super) presence: Option<&'a Tensor<D>>,
}

impl<D: Device> Clone for Rows<'_, D> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<D: Device> Copy for Rows<'_, D> {}

impl<'a, D: Device> Rows<'a, D> {
    /// Rows that are all there.
    pub(super) fn all(lengths: &'a [usize]) -> Self {
        Self { lengths, presence: None }
    }
}

/// Gradients of what a block has read.
pub(super) struct ReadGradients<D: Device> {
    pub(super) x: Tensor<D>,
    /// `[N]`, if presence was given.
    pub(super) presence: Option<Tensor<D>>,
}

/// Dropout of a training step: its probability, and the key of its random numbers.
#[derive(Clone, Copy)]
pub(super) struct DropoutSource {
    pub(super) probability: f64,
    pub(super) key: Key,
}

impl DropoutSource {
    /// Draws a mask for `x` and applies it.
    pub(super) fn apply<D: Device>(
        &self,
        device: &D,
        x: &mut Tensor<D>,
        site: u64,
    ) -> Option<Tensor<D>> {
        if self.probability == 0.0 {
            return None;
        }
        let mask = device.dropout_mask(x.dims(), self.probability, self.key.child(site));
        device.apply_mask(x, &mask);
        Some(mask)
    }

    /// The same dropout for another part of the network.
    pub(super) fn child(self, part: u64) -> Self {
        Self { key: self.key.child(part), ..self }
    }
}

impl<D: Device> Block<D> {
    /// `number` counts from 0; names are those of Hugging Face's BERT.
    pub(super) fn new(config: &TransformerConfig, number: usize, key: Key) -> Self {
        let TransformerConfig { width, inner, eps, heads, .. } = *config;
        let name = |part: &str| format!("encoder.layer.{number}.{part}");
        let dense = |part: &str, inputs, outputs, site| {
            Dense::new(&name(part), inputs, outputs, key.child(site))
        };
        Self {
            query: dense("attention.self.query", width, width, 0),
            key: dense("attention.self.key", width, width, 1),
            value: dense("attention.self.value", width, width, 2),
            mixed: dense("attention.output.dense", width, width, 3),
            attention_norm: Norm::new(&name("attention.output.LayerNorm"), width, eps),
            inner: dense("intermediate.dense", width, inner, 4),
            outer: dense("output.dense", inner, width, 5),
            norm: Norm::new(&name("output.LayerNorm"), width, eps),
            heads,
        }
    }

    /// # Shapes
    /// `x` and result: `[N, E]`, pieces of `lengths` rows
    pub(super) fn forward(&self, device: &D, x: &Tensor<D>, lengths: &[usize]) -> Tensor<D> {
        let readers = [&self.query, &self.key, &self.value];
        let [query, key, value] = Dense::predict_each(readers, device, x);
        let told =
            device.attention_forward(self.attention([&query, &key, &value], Rows::all(lengths)));
        let summed = self.mixed.predict_then(device, &told, Then::Add(x));
        let middle = self.attention_norm.forward(device, &summed);
        let active = self.inner.predict_then(device, &middle, Then::Gelu);
        let last = self.outer.predict_then(device, &active, Then::Add(&middle));
        self.norm.forward(device, &last)
    }

    /// The forward pass with dropout after attention and feed-forward network, and a tape.
    pub(super) fn train_forward(
        &self,
        device: &D,
        x: Tensor<D>,
        rows: Rows<'_, D>,
        dropout: DropoutSource,
    ) -> (Tensor<D>, BlockTape<D>) {
        let (query, key) = (self.query.forward(device, &x), self.key.forward(device, &x));
        let value = self.value.forward(device, &x);
        let told = device.attention_forward(self.attention([&query, &key, &value], rows));
        let mut summed = self.mixed.forward(device, &told);
        let first_mask = dropout.apply(device, &mut summed, 0);
        device.add_scaled(&mut summed, &x, 1.0);
        let middle = self.attention_norm.forward(device, &summed);
        let inner = self.inner.forward(device, &middle);
        let mut last = self.outer.forward(device, &device.gelu_forward(&inner));
        let second_mask = dropout.apply(device, &mut last, 1);
        device.add_scaled(&mut last, &middle, 1.0);
        let y = self.norm.forward(device, &last);
        let masks = [first_mask, second_mask];
        let tape = BlockTape { x, query, key, value, told, summed, middle, inner, last, masks };
        (y, tape)
    }

    /// Query, key and value as attention reads them.
    fn attention<'a>(
        &self,
        [query, key, value]: [&'a Tensor<D>; 3],
        Rows { lengths, presence }: Rows<'a, D>,
    ) -> AttentionInput<'a, D> {
        AttentionInput { query, key, value, lengths, heads: self.heads, presence }
    }

    /// Gradients of the layer's input; adds those of its weights, if they are wanted.
    pub(super) fn backward(
        &self,
        device: &D,
        tape: &BlockTape<D>,
        rows: Rows<'_, D>,
        dy: &Tensor<D>,
        gradients: Option<&mut BlockGradients<D>>,
    ) -> ReadGradients<D> {
        let [d_query, d_key, d_value, d_mixed, d_first, d_inner, d_outer, d_second] =
            match gradients {
                Some(gradients) => gradients.each_mut().map(Some),
                None => [const { None }; 8],
            };
        let mut d_last = self.norm.backward(device, &tape.last, dy, d_second);
        let mut d_middle = d_last.clone();
        if let Some(mask) = &tape.masks[1] {
            device.apply_mask(&mut d_last, mask);
        }
        let active = device.gelu_forward(&tape.inner);
        let mut d_active = self.outer.backward(device, &active, &d_last, d_outer);
        drop(active);
        device.gelu_backward(&tape.inner, &mut d_active);
        let through = self.inner.backward(device, &tape.middle, &d_active, d_inner);
        device.add_scaled(&mut d_middle, &through, 1.0);

        let mut d_summed = self.attention_norm.backward(device, &tape.summed, &d_middle, d_first);
        let mut dx = d_summed.clone();
        if let Some(mask) = &tape.masks[0] {
            device.apply_mask(&mut d_summed, mask);
        }
        let d_told = self.mixed.backward(device, &tape.told, &d_summed, d_mixed);
        let BlockTape { x, query, key, value, .. } = tape;
        let through = device.attention_backward(self.attention([query, key, value], rows), &d_told);
        let parts = [
            (&self.query, through.query, d_query),
            (&self.key, through.key, d_key),
            (&self.value, through.value, d_value),
        ];
        for (dense, dy, gradients) in parts {
            let through = dense.backward(device, x, &dy, gradients);
            device.add_scaled(&mut dx, &through, 1.0);
        }
        ReadGradients { x: dx, presence: through.presence }
    }

    /// Its layers in the order of [`BlockGradients`].
    fn layers(&mut self) -> [&mut dyn Layer<D>; 8] {
        let Self { query, key, value, mixed, attention_norm, inner, outer, norm, heads: _ } = self;
        [query, key, value, mixed, attention_norm, inner, outer, norm]
    }

    /// Zeros of the shapes of its parameters.
    pub(super) fn zeros(&mut self) -> BlockGradients<D> {
        self.layers().map(Layer::zeros)
    }

    /// Moves the gradients out of the parameters.
    pub(super) fn take_gradients(&mut self) -> BlockGradients<D> {
        self.layers().map(Layer::take_gradients)
    }

    /// Moves them back.
    pub(super) fn put_gradients(&mut self, gradients: BlockGradients<D>) {
        for (layer, gradients) in self.layers().into_iter().zip(gradients) {
            layer.put_gradients(gradients);
        }
    }

    /// Lays the weights out again when they are next used.
    pub(super) fn forget_prepared(&mut self) {
        let Self { query, key, value, mixed, inner, outer, .. } = self;
        [query, key, value, mixed, inner, outer].into_iter().for_each(Dense::forget_prepared);
    }

    pub(super) fn params(&self) -> impl Iterator<Item = &Param<D>> {
        let Self { query, key, value, mixed, attention_norm, inner, outer, norm, heads: _ } = self;
        let attention = [query, key, value, mixed].into_iter().flat_map(Dense::params);
        let network = [inner, outer].into_iter().flat_map(Dense::params);
        attention.chain(attention_norm.params()).chain(network).chain(norm.params())
    }

    pub(super) fn params_mut(&mut self) -> impl Iterator<Item = &mut Param<D>> {
        let Self { query, key, value, mixed, attention_norm, inner, outer, norm, heads: _ } = self;
        let attention = [query, key, value, mixed].into_iter().flat_map(Dense::params_mut);
        let network = [inner, outer].into_iter().flat_map(Dense::params_mut);
        attention.chain(attention_norm.params_mut()).chain(network).chain(norm.params_mut())
    }
}
