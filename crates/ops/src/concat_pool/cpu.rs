//! Concat pooling, documents or time steps shared out between threads.

use super::partial::PackedRows;
use super::{ConcatPool, ConcatPoolTape, PartialPool, sizes};
use crate::profile::{Part, timed};
use crate::{Cpu, Tensor};
use rayon::prelude::*;
use std::ops::Range;

impl ConcatPool for Cpu {
    fn concat_pool_forward(
        &self,
        x: &Tensor<Self>,
        spans: &[Range<usize>],
    ) -> (Tensor<Self>, ConcatPoolTape) {
        let [time, batch, width] = sizes(x, spans);
        let mut y = Tensor::zeros(&[batch, 3 * width]);
        let mut argmax = vec![0; batch * width];
        let rows = y.data_mut().par_chunks_mut(3 * width).zip(argmax.par_chunks_mut(width));
        #[expect(clippy::type_complexity, reason = "rows side by side, named below")]
        let pool =
            |(b, ((y, argmax), span)): (usize, ((&mut [f32], &mut [u32]), &Range<usize>))| {
                let (last, rest) = y.split_at_mut(width);
                let (max, mean) = rest.split_at_mut(width);
                let at = |t: usize| &x.data()[(t * batch + b) * width..][..width];
                last.copy_from_slice(at(span.end - 1));
                max.copy_from_slice(at(span.start));
                argmax.fill(span.start as u32);
                let mut sums = vec![0.0; width];
                for t in span.clone() {
                    add_step(&mut sums, max, argmax, at(t), t as u32);
                }
                for (mean, sum) in mean.iter_mut().zip(sums) {
                    *mean = (sum / span.len() as f64) as f32;
                }
            };
        timed(Part::Pooling, || rows.zip(spans).enumerate().for_each(pool));
        (y, ConcatPoolTape { argmax, spans: spans.to_vec(), time })
    }

    fn concat_pool_packed(
        &self,
        pool: &mut PartialPool<Self>,
        y: &Tensor<Self>,
        rows: &[usize],
        first: &[usize],
    ) {
        let packed = PackedRows::new(pool, y, rows, first);
        let PartialPool { last, max, sums, counts, width } = pool;
        let width = *width;
        let extremes = last.par_chunks_exact_mut(width).zip(max.par_chunks_exact_mut(width));
        let sums = sums.par_chunks_exact_mut(width).zip(counts.par_iter_mut());
        let pools = extremes.zip(sums).zip(first).enumerate();
        timed(Part::Pooling, || {
            pools.for_each(|(b, (((last, max), (sums, count)), &first))| {
                let mut end = None;
                for row in packed.of(b, first) {
                    let state = &y.data()[row * width..][..width];
                    if *count == 0 {
                        max.copy_from_slice(state);
                    }
                    add_state(sums, max, state);
                    *count += 1;
                    end = Some(state);
                }
                if let Some(state) = end {
                    last.copy_from_slice(state);
                }
            });
        });
    }

    fn concat_pool_backward(&self, tape: &ConcatPoolTape, dy: &Tensor<Self>) -> Tensor<Self> {
        let [batch, width] = tape.sizes(dy);
        let mut dx = Tensor::zeros(&[tape.time, batch, width]);
        dx.data_mut().par_chunks_mut(batch * width).enumerate().for_each(|(t, dx)| {
            for (b, span) in tape.spans.iter().enumerate() {
                if !span.contains(&t) {
                    continue;
                }
                let dx = &mut dx[b * width..][..width];
                let (last, rest) = dy.data()[b * 3 * width..][..3 * width].split_at(width);
                let (max, mean) = rest.split_at(width);
                let share = (span.len() as f32).recip();
                let argmax = &tape.argmax[b * width..][..width];
                share_step(dx, mean, share, max, argmax, t as u32);
                if t == span.end - 1 {
                    dx.iter_mut().zip(last).for_each(|(dx, last)| *dx += last);
                }
            }
        });
        dx
    }
}

vectorised! {
    /// Takes the step at `t` into the sums and maxima of its document.
    fn add_step(sums: &mut [f64], max: &mut [f32], argmax: &mut [u32], x: &[f32], t: u32) {
        for (sum, &x) in sums.iter_mut().zip(x) {
            *sum += f64::from(x);
        }
        for ((max, argmax), &x) in max.iter_mut().zip(argmax).zip(x) {
            let larger = x > *max;
            *max = if larger { x } else { *max };
            *argmax = if larger { t } else { *argmax };
        }
    }
}

vectorised! {
    /// Takes a state into the sums and maxima of its sequence.
    fn add_state(sums: &mut [f64], max: &mut [f32], x: &[f32]) {
        for ((sum, max), &x) in sums.iter_mut().zip(max).zip(x) {
            *sum += f64::from(x);
            *max = if x > *max { x } else { *max };
        }
    }
}

vectorised! {
    /// The step's part of the gradients of mean and maximum.
    fn share_step(
        dx: &mut [f32],
        mean: &[f32],
        share: f32,
        max: &[f32],
        argmax: &[u32],
        t: u32,
    ) {
        let gradients = mean.iter().zip(max).zip(argmax);
        for (dx, ((mean, max), argmax)) in dx.iter_mut().zip(gradients) {
            *dx = mean * share + if *argmax == t { *max } else { 0.0 };
        }
    }
}
