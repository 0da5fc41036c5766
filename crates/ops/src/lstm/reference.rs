//! LSTM in plain loops, step by step.
#![expect(clippy::needless_range_loop, reason = "indices, as in the formulas")]

use super::tape::Sizes;
use super::{
    InputGradient, Lstm, LstmGrads, LstmOutput, LstmState, LstmTape, LstmWeights, PackedOutput,
    Tape,
};
use crate::packed::rows_before;
use crate::{Real, Reference, Tensor};

impl<R: Real> Lstm for Reference<R> {
    type LstmTape = LstmTape<Self>;
    type PreparedLstm = ();

    fn lstm_prepare(&self, _weights: LstmWeights<'_, Self>) {}

    fn lstm_forward(
        &self,
        x: &Tensor<Self>,
        weights: LstmWeights<'_, Self>,
        state: &LstmState<Self>,
        tape: Tape,
    ) -> LstmOutput<Self> {
        let sizes = Sizes::of(x, &weights);
        sizes.check_state(state);
        let Sizes { time, batch, inputs, hidden } = sizes;
        let masked_w_hh = weights.w_hh_mask.map(|mask| masked(weights.w_hh, mask));
        let w_hh = masked_w_hh.as_ref().unwrap_or(weights.w_hh);
        let mut gates = Tensor::zeros(&[time, batch, 4 * hidden]);
        let mut cells = Tensor::zeros(&[time, batch, hidden]);
        let mut y = Tensor::zeros(&[time, batch, hidden]);
        let mut last = state.clone();
        for t in 0..time {
            for b in 0..batch {
                let row = t * batch + b;
                let x = &x.data()[row * inputs..][..inputs];
                let h = &last.h.data()[b * hidden..][..hidden];
                let c = &last.c.data()[b * hidden..][..hidden];
                let a = &mut gates.data_mut()[row * 4 * hidden..][..4 * hidden];
                for (gate, a) in a.iter_mut().enumerate() {
                    *a = weights.b_ih.data()[gate]
                        + dot(&weights.w_ih.data()[gate * inputs..], x)
                        + weights.b_hh.data()[gate]
                        + dot(&w_hh.data()[gate * hidden..], h);
                    let is_cell = gate / hidden == 2;
                    *a = if is_cell { a.tanh() } else { (R::one() + (-*a).exp()).recip() };
                }
                for j in 0..hidden {
                    let [i, f, g, o] = [0, 1, 2, 3].map(|gate| a[gate * hidden + j]);
                    let c = f * c[j] + i * g;
                    cells.data_mut()[row * hidden + j] = c;
                    y.data_mut()[row * hidden + j] = o * c.tanh();
                }
            }
            let step = t * batch * hidden..(t + 1) * batch * hidden;
            last.h.data_mut().copy_from_slice(&y.data()[step.clone()]);
            last.c.data_mut().copy_from_slice(&cells.data()[step]);
        }
        let tape = (tape == Tape::Keep).then(|| LstmTape {
            gates,
            cells,
            hidden: y.clone(),
            initial: state.clone(),
        });
        LstmOutput { y, state: last, tape }
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
        let Sizes { batch, inputs, hidden, .. } = sizes;
        let mut y = Tensor::zeros(&[x.dims()[0], hidden]);
        let (before, go_on) = (rows_before(rows), rows[rows.len() - 1]);
        let mut last = LstmState::zeros(go_on, hidden);
        for b in 0..batch {
            // each sequence alone
            let of_row = |matrix: &Tensor<Self>, row: usize, width: usize| {
                matrix.data()[row * width..][..width].to_vec()
            };
            let steps = before.iter().zip(rows).filter(|(_, rows)| b < **rows);
            let places: Vec<usize> = steps.map(|(before, _)| before + b).collect();
            let alone = places.iter().flat_map(|&place| of_row(x, place, inputs)).collect();
            let alone = Tensor::from_real(&[places.len(), 1, inputs], alone);
            let from = LstmState {
                h: Tensor::from_real(&[1, hidden], of_row(&state.h, b, hidden)),
                c: Tensor::from_real(&[1, hidden], of_row(&state.c, b, hidden)),
            };
            let out = self.lstm_forward(&alone, weights, &from, Tape::Discard);
            for (t, place) in places.into_iter().enumerate() {
                y.data_mut()[place * hidden..][..hidden]
                    .copy_from_slice(&of_row(&out.y, t, hidden));
            }
            if b < go_on {
                for (to, from) in [(&mut last.h, &out.state.h), (&mut last.c, &out.state.c)] {
                    to.data_mut()[b * hidden..][..hidden].copy_from_slice(from.data());
                }
            }
        }
        PackedOutput { y, state: last }
    }

    fn lstm_backward(
        &self,
        x: &Tensor<Self>,
        weights: LstmWeights<'_, Self>,
        tape: LstmTape<Self>,
        dy: &Tensor<Self>,
        mut grads: Option<LstmGrads<'_, Self>>,
        input: InputGradient,
    ) -> Option<Tensor<Self>> {
        let sizes = Sizes::of(x, &weights);
        sizes.check_backward(&tape, dy, &weights, grads.as_ref());
        let Sizes { time, batch, inputs, hidden } = sizes;
        let masked_w_hh = weights.w_hh_mask.map(|mask| masked(weights.w_hh, mask));
        let w_hh = masked_w_hh.as_ref().unwrap_or(weights.w_hh);
        let mut dx = Tensor::zeros(x.dims());
        let mut dh_next = vec![R::zero(); batch * hidden];
        let mut dc_next = vec![R::zero(); batch * hidden];
        for t in (0..time).rev() {
            for b in 0..batch {
                let row = t * batch + b;
                let gates = &tape.gates.data()[row * 4 * hidden..][..4 * hidden];
                let (before_h, before_c) = if t > 0 {
                    let before = (row - batch) * hidden;
                    (&tape.hidden.data()[before..], &tape.cells.data()[before..])
                } else {
                    (&tape.initial.h.data()[b * hidden..], &tape.initial.c.data()[b * hidden..])
                };
                // Gradients of the gates before their activation.
                let mut da = vec![R::zero(); 4 * hidden];
                for j in 0..hidden {
                    let [i, f, g, o] = [0, 1, 2, 3].map(|gate| gates[gate * hidden + j]);
                    let tanh_c = tape.cells.data()[row * hidden + j].tanh();
                    let dh = dy.data()[row * hidden + j] + dh_next[b * hidden + j];
                    let dc = dc_next[b * hidden + j] + dh * o * (R::one() - tanh_c * tanh_c);
                    da[j] = dc * g * i * (R::one() - i);
                    da[hidden + j] = dc * before_c[j] * f * (R::one() - f);
                    da[2 * hidden + j] = dc * i * (R::one() - g * g);
                    da[3 * hidden + j] = dh * tanh_c * o * (R::one() - o);
                    dc_next[b * hidden + j] = dc * f;
                }
                dh_next[b * hidden..][..hidden].fill(R::zero());
                for (gate, &da) in da.iter().enumerate() {
                    let dh = &mut dh_next[b * hidden..][..hidden];
                    add_scaled(dh, &w_hh.data()[gate * hidden..], da);
                    let dx = &mut dx.data_mut()[row * inputs..][..inputs];
                    add_scaled(dx, &weights.w_ih.data()[gate * inputs..], da);
                    let Some(grads) = &mut grads else { continue };
                    let dw_ih = &mut grads.w_ih.data_mut()[gate * inputs..][..inputs];
                    add_scaled(dw_ih, &x.data()[row * inputs..], da);
                    for j in 0..hidden {
                        let at = gate * hidden + j;
                        let mask = weights.w_hh_mask.map_or(R::one(), |mask| mask.data()[at]);
                        grads.w_hh.data_mut()[at] += mask * da * before_h[j];
                    }
                    grads.b_ih.data_mut()[gate] += da;
                    grads.b_hh.data_mut()[gate] += da;
                }
            }
        }
        (input == InputGradient::Compute).then_some(dx)
    }
}

fn masked<R: Real>(w: &Tensor<Reference<R>>, mask: &Tensor<Reference<R>>) -> Tensor<Reference<R>> {
    let product = w.data().iter().zip(mask.data()).map(|(&w, &mask)| w * mask).collect();
    Tensor::from_real(w.dims(), product)
}

/// Inner product with the beginning of `w`.
fn dot<R: Real>(w: &[R], x: &[R]) -> R {
    w.iter().zip(x).map(|(&w, &x)| w * x).sum()
}

/// Adds `factor` times the beginning of `x` to `sum`.
fn add_scaled<R: Real>(sum: &mut [R], x: &[R], factor: R) {
    for (sum, &x) in sum.iter_mut().zip(x) {
        *sum += factor * x;
    }
}
