//! LSTM layer with DropConnect on its recurrent weights.

use super::weight_gradients::WeightGradients;
use super::{Mode, Param, Site};
use std::sync::OnceLock;
use ulmfit_ops::lstm::{InputGradient, LstmGrads, LstmState, LstmWeights, PackedOutput, Tape};
use ulmfit_ops::{Device, Key, Tensor};

/// One LSTM layer; in training a random part of `w_hh` is cut.
///
/// Merity, Keskar & Socher 2017, section 2: <https://arxiv.org/abs/1708.02182>.
/// One mask serves all time steps of a call, so the first step from a zero state does not feel
/// it.
pub(super) struct WeightDropLstm<D: Device> {
    w_hh: Param<D>, // [4H, H]
    w_ih: Param<D>, // [4H, I]
    b_ih: Param<D>, // [4H]
    b_hh: Param<D>, // [4H]
    layer: usize,
    /// The weights as forward passes without a mask read them, made when first needed.
    prepared: OnceLock<D::PreparedLstm>,
}

/// What [`WeightDropLstm::backward`] needs.
pub(super) struct LstmLayerTape<D: Device> {
    x: Tensor<D>,
    mask: Option<Tensor<D>>,
    core: D::LstmTape,
}

/// What [`WeightDropLstm::forward`] returns.
pub(super) struct LstmLayerOutput<D: Device> {
    pub(super) y: Tensor<D>,
    pub(super) state: LstmState<D>,
    pub(super) tape: Option<LstmLayerTape<D>>,
}

impl<D: Device> WeightDropLstm<D> {
    /// PyTorch's initialisation: everything uniform within `1/√H`.
    pub(super) fn new(layer: usize, inputs: usize, hidden: usize, key: Key) -> Self {
        let bound = 1.0 / (hidden as f32).sqrt();
        let param = |n: u64, name: &str, dims: &[usize]| {
            let values = key.child(n).uniform_values(dims.iter().product(), bound);
            Param::new(format!("rnns.{layer}.{name}"), Tensor::from_f32(dims, &values))
        };
        Self {
            w_hh: param(0, "weight_hh_l0_raw", &[4 * hidden, hidden]),
            w_ih: param(1, "module.weight_ih_l0", &[4 * hidden, inputs]),
            b_ih: param(2, "module.bias_ih_l0", &[4 * hidden]),
            b_hh: param(3, "module.bias_hh_l0", &[4 * hidden]),
            layer,
            prepared: OnceLock::new(),
        }
    }

    /// The same weights, shared until they change, with gradients of their own.
    #[cfg(feature = "train")]
    pub(super) fn sharing(&self) -> Self {
        let [w_hh, w_ih, b_ih, b_hh] = self.params().map(Param::sharing);
        Self { w_hh, w_ih, b_ih, b_hh, layer: self.layer, prepared: OnceLock::new() }
    }

    /// Width of the layer.
    pub(super) fn hidden(&self) -> usize {
        self.w_hh.value.dims()[1]
    }

    /// Runs the whole sequence; `weight_p` is the part of `w_hh` cut in training.
    ///
    /// # Shapes
    /// `x`: `[T, B, I]`, `state`: `[B, H]` twice, output: `[T, B, H]`
    pub(super) fn forward(
        &self,
        device: &D,
        x: Tensor<D>,
        state: &LstmState<D>,
        mode: Mode<'_, D>,
        weight_p: f64,
        tape: Tape,
    ) -> LstmLayerOutput<D> {
        let mask = mode.mask(Site::Weight(self.layer), self.w_hh.value.dims(), weight_p);
        // Weights that learn would be prepared for one pass only, and kept beside it.
        let weights = if tape == Tape::Discard && mask.is_none() {
            self.prepared_weights(device)
        } else {
            self.weights(mask.as_ref())
        };
        let out = device.lstm_forward(&x, weights, state, tape);
        let tape = out.tape.map(|core| LstmLayerTape { x, mask, core });
        LstmLayerOutput { y: out.y, state: out.state, tape }
    }

    /// Runs sequences of unlike length side by side, see [`Lstm::lstm_forward_packed`].
    ///
    /// # Shapes
    /// `x`: `[N, I]`, `state`: `[rows[0], H]` twice, output: `[N, H]`
    ///
    /// [`Lstm::lstm_forward_packed`]: ulmfit_ops::lstm::Lstm::lstm_forward_packed
    pub(super) fn forward_packed(
        &self,
        device: &D,
        x: &Tensor<D>,
        rows: &[usize],
        state: &LstmState<D>,
    ) -> PackedOutput<D> {
        device.lstm_forward_packed(x, rows, self.prepared_weights(device), state)
    }

    /// The weights without a mask, laid out for forward passes.
    fn prepared_weights(&self, device: &D) -> LstmWeights<'_, D> {
        let weights = self.weights(None);
        let prepared = Some(self.prepared.get_or_init(|| device.lstm_prepare(weights)));
        LstmWeights { prepared, ..weights }
    }

    /// Adds this layer's gradients as `weights` says; returns the gradient of `x` if wanted.
    pub(super) fn backward(
        &mut self,
        device: &D,
        tape: LstmLayerTape<D>,
        dy: &Tensor<D>,
        weights: WeightGradients,
        input: InputGradient,
    ) -> Option<Tensor<D>> {
        let LstmLayerTape { x, mask, core } = tape;
        if !weights.are_computed() {
            let weights = self.weights(mask.as_ref());
            return match input {
                InputGradient::Compute => {
                    device.lstm_backward(&x, weights, core, dy, None, InputGradient::Compute)
                }
                InputGradient::Skip => None,
            };
        }
        let (w_hh, d_w_hh) = self.w_hh.split();
        let (w_ih, d_w_ih) = self.w_ih.split();
        let (b_ih, d_b_ih) = self.b_ih.split();
        let (b_hh, d_b_hh) = self.b_hh.split();
        let w_hh_mask = mask.as_ref();
        let weights = LstmWeights { w_ih, w_hh, b_ih, b_hh, w_hh_mask, prepared: None };
        let grads = LstmGrads { w_ih: d_w_ih, w_hh: d_w_hh, b_ih: d_b_ih, b_hh: d_b_hh };
        device.lstm_backward(&x, weights, core, dy, Some(grads), input)
    }

    /// Lays the weights out again when they are next used.
    pub(super) fn forget_prepared(&mut self) {
        self.prepared = OnceLock::new();
    }

    /// The layer's parameters in fastai's order.
    pub(super) fn params(&self) -> [&Param<D>; 4] {
        [&self.w_hh, &self.w_ih, &self.b_ih, &self.b_hh]
    }

    /// The same, to update.
    pub(super) fn params_mut(&mut self) -> [&mut Param<D>; 4] {
        self.forget_prepared();
        [&mut self.w_hh, &mut self.w_ih, &mut self.b_ih, &mut self.b_hh]
    }

    fn weights<'a>(&'a self, w_hh_mask: Option<&'a Tensor<D>>) -> LstmWeights<'a, D> {
        LstmWeights {
            w_ih: &self.w_ih.value,
            w_hh: &self.w_hh.value,
            b_ih: &self.b_ih.value,
            b_hh: &self.b_hh.value,
            w_hh_mask,
            prepared: None,
        }
    }
}
