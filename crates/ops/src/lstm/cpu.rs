//! LSTM with one large matrix product for all inputs and a small one for each step.

use super::cell::{self, Cells};
use super::tape::Sizes;
use super::{InputGradient, Keep, Lstm, LstmGrads, LstmOutput, LstmState, LstmTape, LstmWeights};
use crate::dropout::Dropout;
use crate::gemm::{LEAST_ROWS, Matrix, Write, product, product_by_rows};
use crate::norm::Norm;
use crate::parallel::add_column_sums;
use crate::rows::Rows;
use crate::{Cpu, Tensor};

impl Lstm for Cpu {
    type LstmTape = LstmTape<Self>;

    fn lstm_forward(
        &self,
        x: &Tensor<Self>,
        weights: LstmWeights<'_, Self>,
        state: &LstmState<Self>,
        keep: Keep,
    ) -> LstmOutput<Self> {
        let sizes = Sizes::of(x, &weights);
        sizes.check_state(state);
        if sizes.batch < LEAST_ROWS {
            return forward_padded(*self, sizes, x, weights, state, keep);
        }
        let Sizes { time, batch, inputs, hidden } = sizes;
        let masked_w_hh = weights.w_hh_mask.map(|mask| {
            let mut w_hh = weights.w_hh.clone();
            self.apply_mask(&mut w_hh, mask);
            w_hh
        });
        let w_hh = masked_w_hh.as_ref().unwrap_or(weights.w_hh);
        let bias: Vec<f32> =
            weights.b_ih.data().iter().zip(weights.b_hh.data()).map(|(a, b)| a + b).collect();

        let mut gates = Tensor::zeros(&[time, batch, 4 * hidden]);
        product_by_rows(gates.data_mut(), x.data(), weights.w_ih.data(), inputs, Write::Over);
        let mut y = Tensor::zeros(&[time, batch, hidden]);
        let mut c = state.c.clone();
        let kept = if keep == Keep::Tape { time } else { 0 };
        let mut cells = Tensor::zeros(&[kept, batch, hidden]);

        let step = batch * hidden;
        for t in 0..time {
            let (before, now) = y.data_mut().split_at_mut(t * step);
            let h = if t > 0 { &before[(t - 1) * step..] } else { state.h.data() };
            let gates = &mut gates.data_mut()[t * 4 * step..][..4 * step];
            product_by_rows(gates, h, w_hh.data(), hidden, Write::Add);
            cell::forward(gates, &bias, c.data_mut(), &mut now[..step]);
            if keep == Keep::Tape {
                cells.data_mut()[t * step..][..step].copy_from_slice(c.data());
            }
        }

        let last = if time > 0 { &y.data()[(time - 1) * step..] } else { state.h.data() };
        let h = Tensor::from_real(&[batch, hidden], last.to_vec());
        let tape = (keep == Keep::Tape).then(|| LstmTape {
            gates,
            cells,
            hidden: y.clone(),
            initial: state.clone(),
            masked_w_hh,
        });
        LstmOutput { y, state: LstmState { h, c }, tape }
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
        let sizes = Sizes::of(x, &weights);
        sizes.check_backward(&tape, dy, &weights, grads.as_ref());
        let Sizes { time, batch, inputs, hidden } = sizes;
        let w_hh = tape.masked_w_hh.as_ref().unwrap_or(weights.w_hh);

        // The activated gates become the gradients of what went into the activations.
        let step = batch * hidden;
        let mut dh = vec![0.0; step];
        let mut dc = vec![0.0; step];
        for t in (0..time).rev() {
            let before =
                if t > 0 { &tape.cells.data()[(t - 1) * step..] } else { tape.initial.c.data() };
            let cells =
                Cells { before: &before[..step], after: &tape.cells.data()[t * step..][..step] };
            let gates = &mut tape.gates.data_mut()[t * 4 * step..][..4 * step];
            let dy = &dy.data()[t * step..][..step];
            cell::backward(gates, cells, dy, &dh, &mut dc, hidden);
            if t > 0 {
                product(
                    &mut dh,
                    Matrix::new(gates, 4 * hidden),
                    Matrix::new(w_hh.data(), hidden),
                    Write::Over,
                );
            }
        }

        let d_gates = Matrix::new(tape.gates.data(), 4 * hidden);
        if let Some(grads) = grads {
            let x = Matrix::new(x.data(), inputs);
            product(grads.w_ih.data_mut(), d_gates.transposed(), x, Write::Add);
            add_column_sums(grads.b_ih.data_mut(), tape.gates.data());
            add_column_sums(grads.b_hh.data_mut(), tape.gates.data());
            if let Some(mask) = weights.w_hh_mask {
                let mut d_masked = Tensor::zeros(mask.dims());
                add_recurrent_gradient(d_masked.data_mut(), &tape, sizes);
                self.apply_mask(&mut d_masked, mask);
                self.add_scaled(grads.w_hh, &d_masked, 1.0);
            } else {
                add_recurrent_gradient(grads.w_hh.data_mut(), &tape, sizes);
            }
        }
        (input == InputGradient::Wanted).then(|| {
            let mut dx = Tensor::zeros(x.dims());
            product(dx.data_mut(), d_gates, Matrix::new(weights.w_ih.data(), inputs), Write::Over);
            dx
        })
    }
}

/// Adds `daᵀ h` over all steps, where `h` is the state *before* each.
fn add_recurrent_gradient(grad: &mut [f32], tape: &LstmTape<Cpu>, sizes: Sizes) {
    let step = sizes.batch * sizes.hidden;
    let (first, rest) = tape.gates.data().split_at(4 * step);
    let earlier = &tape.hidden.data()[..tape.hidden.len() - step];
    for (d_gates, h) in [(first, tape.initial.h.data()), (rest, earlier)] {
        let d_gates = Matrix::new(d_gates, 4 * sizes.hidden).transposed();
        product(grad, d_gates, Matrix::new(h, sizes.hidden), Write::Add);
    }
}

/// The forward pass of a batch that is too small for row-independent products: some rows of
/// zeros are added and taken away again.
fn forward_padded(
    device: Cpu,
    sizes: Sizes,
    x: &Tensor<Cpu>,
    weights: LstmWeights<'_, Cpu>,
    state: &LstmState<Cpu>,
    keep: Keep,
) -> LstmOutput<Cpu> {
    let Sizes { time, batch, inputs, .. } = sizes;
    let resized = |state: &LstmState<Cpu>, rows: usize| LstmState {
        h: device.resize_rows(&state.h, rows),
        c: device.resize_rows(&state.c, rows),
    };
    let mut padded = Tensor::zeros(&[time, LEAST_ROWS, inputs]);
    device.place_piece(&mut padded, 0, x);
    let out = device.lstm_forward(&padded, weights, &resized(state, LEAST_ROWS), keep);
    let cut = |sequence: &Tensor<Cpu>| device.take_piece(sequence, 0, time, batch);
    let y = cut(&out.y);
    let tape = out.tape.map(|tape| LstmTape {
        gates: cut(&tape.gates),
        cells: cut(&tape.cells),
        hidden: y.clone(),
        initial: state.clone(),
        masked_w_hh: tape.masked_w_hh,
    });
    LstmOutput { y, state: resized(&out.state, batch), tape }
}
