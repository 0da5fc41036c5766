//! LSTM with one large matrix product for all inputs and a small one for each step.

use super::cell::{self, Cells};
use super::tape::Sizes;
use super::{InputGradient, Lstm, LstmGrads, LstmOutput, LstmState, LstmTape, LstmWeights, Tape};
use crate::dropout::Dropout;
use crate::gemm::{Accumulate, Matrix, PackedRhs, Scratch, as_floats, product};
use crate::norm::Norm;
use crate::parallel::{add_column_sums, in_pool};
use crate::profile::{Part, timed};
use crate::{Cpu, Precision, Tensor};
use std::borrow::Cow;

/// Rows that are multiplied at a time. In the forward pass their gates are used before they have left
/// the last cache, and no memory is asked of the system for gates that are not kept.
const ROWS: usize = 1024;

/// Weights laid out for the processor's kernels, masked if they were.
pub struct PreparedLstm {
    w_ih: PackedRhs,
    w_hh: PackedRhs,
    bias: Vec<f32>,
}

impl Lstm for Cpu {
    type LstmTape = LstmTape<Self>;
    type PreparedLstm = PreparedLstm;

    fn lstm_prepare(&self, weights: LstmWeights<'_, Self>) -> PreparedLstm {
        let [_, inputs] = weights.w_ih.shape("w_ih");
        let [_, hidden] = weights.w_hh.shape("w_hh");
        let w_ih = Matrix::new(weights.w_ih.data(), inputs).transposed();
        let w_hh = masked(*self, weights);
        let w_hh = Matrix::new(w_hh.data(), hidden).transposed();
        let biases = weights.b_ih.data().iter().zip(weights.b_hh.data());
        timed(Part::Weights, || PreparedLstm {
            w_ih: PackedRhs::new(w_ih, self.precision),
            w_hh: PackedRhs::new(w_hh, self.precision),
            bias: biases.map(|(a, b)| a + b).collect(),
        })
    }

    fn lstm_forward(
        &self,
        x: &Tensor<Self>,
        weights: LstmWeights<'_, Self>,
        state: &LstmState<Self>,
        tape: Tape,
    ) -> LstmOutput<Self> {
        let sizes = Sizes::of(x, &weights);
        sizes.check_state(state);
        match weights.prepared {
            Some(prepared) => forward(sizes, x, prepared, state, tape),
            None => forward(sizes, x, &self.lstm_prepare(weights), state, tape),
        }
    }

    fn lstm_backward(
        &self,
        x: &Tensor<Self>,
        weights: LstmWeights<'_, Self>,
        mut tape: LstmTape<Self>,
        dy: &Tensor<Self>,
        grads: Option<LstmGrads<'_, Self>>,
        input: InputGradient,
    ) -> Option<Tensor<Self>> {
        assert!(self.precision != Precision::Int8, "integers are for forward passes");
        let sizes = Sizes::of(x, &weights);
        sizes.check_backward(&tape, dy, &weights, grads.as_ref());
        let inputs = sizes.inputs;
        {
            let w_hh = masked(*self, weights);
            let packed = PackedRhs::new(Matrix::new(w_hh.data(), sizes.hidden), self.precision);
            drop(w_hh);
            through_time(sizes, &packed, &mut tape, dy);
        }
        if let Some(mut grads) = grads {
            add_gradients(*self, sizes, x, weights, &tape, &mut grads);
        }
        (input == InputGradient::Compute).then(|| {
            let mut dx = Tensor::zeros(x.dims());
            let gates = 4 * sizes.hidden;
            let w_ih = Matrix::new(weights.w_ih.data(), inputs);
            let w_ih = PackedRhs::new(w_ih, self.precision);
            // some rows at a time, since they are copied for the kernel
            let parts = dx.data_mut().chunks_mut((ROWS * inputs).max(1));
            for (dx, d_gates) in parts.zip(tape.gates.data().chunks(ROWS * gates)) {
                w_ih.product(dx, Matrix::new(d_gates, gates), Accumulate::No);
            }
            dx
        })
    }
}

/// The recurrent weights, packed for the products.
fn masked(device: Cpu, weights: LstmWeights<'_, Cpu>) -> Cow<'_, Tensor<Cpu>> {
    let Some(mask) = weights.w_hh_mask else { return Cow::Borrowed(weights.w_hh) };
    let mut w_hh = weights.w_hh.clone();
    device.apply_mask(&mut w_hh, mask);
    Cow::Owned(w_hh)
}

fn forward(
    sizes: Sizes,
    x: &Tensor<Cpu>,
    weights: &PreparedLstm,
    state: &LstmState<Cpu>,
    tape: Tape,
) -> LstmOutput<Cpu> {
    let Sizes { time, batch, inputs, hidden } = sizes;
    let kept = if tape == Tape::Keep { time } else { 0 };
    let mut kept_gates = Tensor::zeros(&[kept, batch, 4 * hidden]);
    let window = (ROWS / batch.max(1)).min(time).max(1);
    let mut scratch = Scratch::new(if kept > 0 { 0 } else { window * batch * 4 * hidden });
    let gates = if kept > 0 { kept_gates.data_mut() } else { as_floats(&mut scratch) };
    let mut y = Tensor::zeros(&[time, batch, hidden]);
    let mut c = state.c.clone();
    let mut cells = Tensor::zeros(&[kept, batch, hidden]);

    let step = batch * hidden;
    // Everything large is allocated out here, by the calling thread: `in_pool` runs on any worker,
    // and the allocator would keep what each of them has freed.
    in_pool(|| {
        for start in (0..time).step_by(window) {
            let count = window.min(time - start);
            let x = &x.data()[start * batch * inputs..][..count * batch * inputs];
            let first = if kept > 0 { start * 4 * step } else { 0 };
            let gates = &mut gates[first..][..count * 4 * step];
            weights.w_ih.product(gates, Matrix::new(x, inputs), Accumulate::No);
            for (t, gates) in (start..).zip(gates.chunks_exact_mut((4 * step).max(1))) {
                let (before, now) = y.data_mut().split_at_mut(t * step);
                let h = if t > 0 { &before[(t - 1) * step..] } else { state.h.data() };
                weights.w_hh.product(gates, Matrix::new(h, hidden), Accumulate::Yes);
                timed(Part::Gates, || {
                    cell::forward(gates, &weights.bias, c.data_mut(), &mut now[..step]);
                });
                if tape == Tape::Keep {
                    cells.data_mut()[t * step..][..step].copy_from_slice(c.data());
                }
            }
        }
    });

    let last = if time > 0 { &y.data()[(time - 1) * step..] } else { state.h.data() };
    let h = Tensor::from_real(&[batch, hidden], last.to_vec());
    let tape = (tape == Tape::Keep).then(|| LstmTape {
        gates: kept_gates,
        cells,
        hidden: y.clone(),
        initial: state.clone(),
    });
    LstmOutput { y, state: LstmState { h, c }, tape }
}

/// Turns the tape's activated gates into the gradients of what went into the activations.
fn through_time(sizes: Sizes, w_hh: &PackedRhs, tape: &mut LstmTape<Cpu>, dy: &Tensor<Cpu>) {
    let Sizes { time, batch, hidden, .. } = sizes;
    let step = batch * hidden;
    let mut dh = vec![0.0; step];
    let mut dc = vec![0.0; step];
    in_pool(|| {
        for t in (0..time).rev() {
            let before =
                if t > 0 { &tape.cells.data()[(t - 1) * step..] } else { tape.initial.c.data() };
            let cells =
                Cells { before: &before[..step], after: &tape.cells.data()[t * step..][..step] };
            let gates = &mut tape.gates.data_mut()[t * 4 * step..][..4 * step];
            let dy = &dy.data()[t * step..][..step];
            cell::backward(gates, cells, dy, &dh, &mut dc, hidden);
            if t > 0 {
                w_hh.product(&mut dh, Matrix::new(gates, 4 * hidden), Accumulate::No);
            }
        }
    });
}

/// Adds the parameters' gradients, all steps in one product.
fn add_gradients(
    device: Cpu,
    sizes: Sizes,
    x: &Tensor<Cpu>,
    weights: LstmWeights<'_, Cpu>,
    tape: &LstmTape<Cpu>,
    grads: &mut LstmGrads<'_, Cpu>,
) {
    let d_gates = Matrix::new(tape.gates.data(), 4 * sizes.hidden).transposed();
    let x = Matrix::new(x.data(), sizes.inputs);
    product(grads.w_ih.data_mut(), d_gates, x, Accumulate::Yes, device.precision);
    let mut d_bias = vec![0.0; 4 * sizes.hidden];
    add_column_sums(&mut d_bias, tape.gates.data());
    for grad in [grads.b_ih.data_mut(), grads.b_hh.data_mut()] {
        grad.iter_mut().zip(&d_bias).for_each(|(grad, d)| *grad += d);
    }
    if let Some(mask) = weights.w_hh_mask {
        let mut d_masked = Tensor::zeros(mask.dims());
        add_recurrent_gradient(d_masked.data_mut(), tape, sizes, device.precision);
        device.apply_mask(&mut d_masked, mask);
        device.add_scaled(grads.w_hh, &d_masked, 1.0);
    } else {
        add_recurrent_gradient(grads.w_hh.data_mut(), tape, sizes, device.precision);
    }
}

/// Adds `daᵀ h` over all steps, where `h` is the state *before* each.
fn add_recurrent_gradient(
    grad: &mut [f32],
    tape: &LstmTape<Cpu>,
    sizes: Sizes,
    precision: Precision,
) {
    let step = sizes.batch * sizes.hidden;
    let (first, rest) = tape.gates.data().split_at(4 * step);
    let earlier = &tape.hidden.data()[..tape.hidden.len() - step];
    for (d_gates, h) in [(first, tape.initial.h.data()), (rest, earlier)] {
        let d_gates = Matrix::new(d_gates, 4 * sizes.hidden).transposed();
        product(grad, d_gates, Matrix::new(h, sizes.hidden), Accumulate::Yes, precision);
    }
}
