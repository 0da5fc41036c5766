//! The elementwise part of a step: gates, cells and hidden states, one row per task.

use crate::vector_math::{sigmoid, tanh};
use rayon::prelude::*;

/// Cells on both sides of a step, `[B, H]`.
#[derive(Clone, Copy)]
pub(super) struct Cells<'a> {
    pub(super) before: &'a [f32],
    pub(super) after: &'a [f32],
}

/// Activates `gates` (`[B, 4H]`) in place, moves `c` on and writes `h` (both `[B, H]`).
pub(super) fn forward(gates: &mut [f32], bias: &[f32], c: &mut [f32], h: &mut [f32]) {
    let hidden = bias.len() / 4;
    let states = c.par_chunks_exact_mut(hidden).zip(h.par_chunks_exact_mut(hidden));
    gates.par_chunks_exact_mut(4 * hidden).zip(states).for_each(|(gates, (c, h))| {
        let (input_forget, rest) = gates.split_at_mut(2 * hidden);
        let (cell, output) = rest.split_at_mut(hidden);
        activate_sigmoid(input_forget, &bias[..2 * hidden]);
        activate_tanh(cell, &bias[2 * hidden..3 * hidden]);
        activate_sigmoid(output, &bias[3 * hidden..]);
        let (input, forget) = input_forget.split_at(hidden);
        advance(input, forget, cell, output, c, h);
    });
}

/// Turns activated `gates` into the gradients of what went into their activations, and `dc`, that
/// of the cells after the step, into that of the cells before it.
///
/// The hidden states get `dy` from above and `dh` from the next step.
pub(super) fn backward(
    gates: &mut [f32],
    cells: Cells<'_>,
    dy: &[f32],
    dh: &[f32],
    dc: &mut [f32],
    hidden: usize,
) {
    let rows = gates.par_chunks_exact_mut(4 * hidden).zip(dc.par_chunks_exact_mut(hidden));
    rows.enumerate().for_each(|(b, (gates, dc))| {
        let row = b * hidden..(b + 1) * hidden;
        let (input, rest) = gates.split_at_mut(hidden);
        let (forget, rest) = rest.split_at_mut(hidden);
        let (cell, output) = rest.split_at_mut(hidden);
        backward_output(output, &cells.after[row.clone()], &dy[row.clone()], &dh[row.clone()], dc);
        backward_cell(input, forget, cell, &cells.before[row], dc);
    });
}

vectorised! {
    fn activate_sigmoid(a: &mut [f32], bias: &[f32]) {
        for (a, bias) in a.iter_mut().zip(bias) {
            *a = sigmoid(*a + bias);
        }
    }
}

vectorised! {
    fn activate_tanh(a: &mut [f32], bias: &[f32]) {
        for (a, bias) in a.iter_mut().zip(bias) {
            *a = tanh(*a + bias);
        }
    }
}

vectorised! {
    fn advance(i: &[f32], f: &[f32], g: &[f32], o: &[f32], c: &mut [f32], h: &mut [f32]) {
        let gates = i.iter().zip(f).zip(g).zip(o);
        for ((c, h), (((i, f), g), o)) in c.iter_mut().zip(h).zip(gates) {
            *c = f * *c + i * g;
            *h = o * tanh(*c);
        }
    }
}

vectorised! {
    /// Through `h = o tanh(c)`: adds to `dc`, turns `o` into its gradient.
    fn backward_output(o: &mut [f32], c: &[f32], dy: &[f32], dh: &[f32], dc: &mut [f32]) {
        let known = c.iter().zip(dy).zip(dh);
        for ((o, dc), ((&c, dy), dh)) in o.iter_mut().zip(dc).zip(known) {
            let tanh_c = tanh(c);
            let dh = dy + dh;
            *dc += dh * *o * (1.0 - tanh_c * tanh_c);
            *o = dh * tanh_c * *o * (1.0 - *o);
        }
    }
}

vectorised! {
    /// Through `c' = f c + i g`: turns the three gates and `dc` into their gradients.
    fn backward_cell(i: &mut [f32], f: &mut [f32], g: &mut [f32], c: &[f32], dc: &mut [f32]) {
        let gates = i.iter_mut().zip(f).zip(g);
        for (((i, f), g), (dc, c)) in gates.zip(dc.iter_mut().zip(c)) {
            let d = *dc;
            let (di, df, dg) = (d * *g, d * c, d * *i);
            *dc = d * *f;
            *i = di * *i * (1.0 - *i);
            *f = df * *f * (1.0 - *f);
            *g = dg * (1.0 - *g * *g);
        }
    }
}
