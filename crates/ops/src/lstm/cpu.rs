//! LSTM with one large matrix product for all inputs and a small one for each step.

use super::cell::{self, Cells};
use super::tape::Sizes;
use super::{
    InputGradient, Lstm, LstmGrads, LstmOutput, LstmState, LstmTape, LstmWeights, PackedOutput,
    Tape,
};
use crate::dropout::Dropout;
use crate::gemm::{Accumulate, Matrix, PackedRhs, Scratch, as_floats, product};
use crate::norm::Norm;
use crate::parallel::{add_column_sums, in_pool};
use crate::profile::{Part, timed};
use crate::{Cpu, Precision, Tensor};
use std::borrow::Cow;
use std::ops::Range;

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
        let Sizes { time, batch, hidden, .. } = sizes;
        let passed = with_prepared(*self, weights, |prepared| {
            forward(sizes, &vec![batch; time], x, prepared, state, tape)
        });
        let y = passed.y.reshaped(&[time, batch, hidden]);
        let tape = (tape == Tape::Keep).then(|| LstmTape {
            gates: passed.gates.reshaped(&[time, batch, 4 * hidden]),
            cells: passed.cells.reshaped(&[time, batch, hidden]),
            hidden: y.clone(),
            initial: state.clone(),
        });
        LstmOutput { y, state: passed.state, tape }
    }

    fn lstm_forward_packed(
        &self,
        x: &Tensor<Self>,
        rows: &[usize],
        weights: LstmWeights<'_, Self>,
        state: &LstmState<Self>,
    ) -> PackedOutput<Self> {
        let sizes = Sizes::of_packed(x, rows, &weights);
        sizes.check_state(state);
        let Passed { y, state, .. } = with_prepared(*self, weights, |prepared| {
            forward(sizes, rows, x, prepared, state, Tape::Discard)
        });
        PackedOutput { y, state }
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

/// Runs `work` on the weights as they were prepared, or on ones that are prepared for it.
fn with_prepared<T>(
    device: Cpu,
    weights: LstmWeights<'_, Cpu>,
    work: impl FnOnce(&PreparedLstm) -> T,
) -> T {
    match weights.prepared {
        Some(prepared) => work(prepared),
        None => work(&device.lstm_prepare(weights)),
    }
}

/// The recurrent weights, packed for the products.
fn masked(device: Cpu, weights: LstmWeights<'_, Cpu>) -> Cow<'_, Tensor<Cpu>> {
    let Some(mask) = weights.w_hh_mask else { return Cow::Borrowed(weights.w_hh) };
    let mut w_hh = weights.w_hh.clone();
    device.apply_mask(&mut w_hh, mask);
    Cow::Owned(w_hh)
}

/// What a forward pass leaves; of `N` rows, those of all steps.
struct Passed {
    /// Hidden states, `[N, H]`.
    y: Tensor<Cpu>,
    /// Activated gates, `[N, 4H]`; empty if no tape is kept.
    gates: Tensor<Cpu>,
    /// Cells, `[N, H]`; empty if no tape is kept.
    cells: Tensor<Cpu>,
    /// Of the sequences that have the last step.
    state: LstmState<Cpu>,
}

/// Runs sequences of which the first `rows[t]` have a step `t`.
fn forward(
    sizes: Sizes,
    rows: &[usize],
    x: &Tensor<Cpu>,
    weights: &PreparedLstm,
    state: &LstmState<Cpu>,
    tape: Tape,
) -> Passed {
    let Sizes { inputs, hidden, .. } = sizes;
    let count = rows.iter().sum::<usize>();
    let keeps = tape == Tape::Keep;
    let kept = if keeps { count } else { 0 };
    let mut kept_gates = Tensor::zeros(&[kept, 4 * hidden]);
    let windows = windows(rows);
    let widest = windows.iter().map(|window| window.rows).max().unwrap_or(0);
    let mut scratch = Scratch::new(if keeps { 0 } else { widest * 4 * hidden });
    let gates = if keeps { kept_gates.data_mut() } else { as_floats(&mut scratch) };
    let mut y = Tensor::zeros(&[count, hidden]);
    let mut cells = Tensor::zeros(&[kept, hidden]);
    let mut c = state.c.clone();

    // Everything large is allocated out here, by the calling thread: `in_pool` runs on any worker,
    // and the allocator would keep what each of them has freed.
    in_pool(|| {
        let mut done = 0; // rows of the steps before
        for window in windows {
            let x = &x.data()[done * inputs..][..window.rows * inputs];
            let first = if keeps { done } else { 0 };
            let mut gates = &mut gates[first * 4 * hidden..][..window.rows * 4 * hidden];
            weights.w_ih.product(gates, Matrix::new(x, inputs), Accumulate::No);
            for t in window.steps {
                let (before, now) = y.data_mut().split_at_mut(done * hidden);
                let width = rows[t] * hidden;
                // the sequences that go on are the first of those before
                let h = if t > 0 {
                    &before[(done - rows[t - 1]) * hidden..][..width]
                } else {
                    state.h.data()
                };
                let (step, rest) = gates.split_at_mut(4 * width);
                gates = rest;
                weights.w_hh.product(step, Matrix::new(h, hidden), Accumulate::Yes);
                timed(Part::Gates, || {
                    cell::forward(
                        step,
                        &weights.bias,
                        &mut c.data_mut()[..width],
                        &mut now[..width],
                    );
                });
                if keeps {
                    cells.data_mut()[done * hidden..][..width].copy_from_slice(c.data());
                }
                done += rows[t];
            }
        }
    });

    let last = rows.last().copied();
    let h = match last {
        Some(last) => y.data()[(count - last) * hidden..].to_vec(),
        None => state.h.data().to_vec(),
    };
    let mut c = c.data().to_vec();
    c.truncate(h.len());
    let dims = [last.unwrap_or(sizes.batch), hidden];
    let state = LstmState { h: Tensor::from_real(&dims, h), c: Tensor::from_real(&dims, c) };
    Passed { y, gates: kept_gates, cells, state }
}

/// Steps whose inputs are multiplied together.
struct Window {
    steps: Range<usize>,
    /// Rows of all of them.
    rows: usize,
}

/// All steps in windows of at most [`ROWS`] rows, or of one step.
fn windows(rows: &[usize]) -> Vec<Window> {
    let mut windows: Vec<Window> = Vec::new();
    for (t, &count) in rows.iter().enumerate() {
        match windows.last_mut() {
            Some(last) if last.rows + count <= ROWS => {
                last.steps.end = t + 1;
                last.rows += count;
            }
            _ => windows.push(Window { steps: t..t + 1, rows: count }),
        }
    }
    windows
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
