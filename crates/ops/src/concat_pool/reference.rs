//! Concat pooling in plain loops.

use super::partial::PackedRows;
use super::{ConcatPool, ConcatPoolTape, PartialPool, sizes};
use crate::{Real, Reference, Tensor};
use std::ops::Range;

impl<R: Real> ConcatPool for Reference<R> {
    fn concat_pool_forward(
        &self,
        x: &Tensor<Self>,
        spans: &[Range<usize>],
    ) -> (Tensor<Self>, ConcatPoolTape) {
        let [time, batch, width] = sizes(x, spans);
        let mut y = Tensor::zeros(&[batch, 3 * width]);
        let mut argmax = Vec::with_capacity(batch * width);
        for (b, span) in spans.iter().enumerate() {
            for e in 0..width {
                let at = |t: usize| x.data()[(t * batch + b) * width + e];
                let mut best = span.start;
                for t in span.clone() {
                    if at(t) > at(best) {
                        best = t;
                    }
                }
                let y = &mut y.data_mut()[b * 3 * width..][..3 * width];
                y[e] = at(span.end - 1);
                y[width + e] = at(best);
                y[2 * width + e] = span.clone().map(at).sum::<R>() / R::of(span.len() as f64);
                argmax.push(best as u32);
            }
        }
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
        let width = pool.width;
        for (b, &first) in first.iter().enumerate() {
            for row in packed.of(b, first) {
                for e in 0..width {
                    let (value, at) = (y.data()[row * width + e], b * width + e);
                    pool.last[at] = value;
                    if pool.counts[b] == 0 || value > pool.max[at] {
                        pool.max[at] = value;
                    }
                    pool.sums[at] += value.f64();
                }
                pool.counts[b] += 1;
            }
        }
    }

    fn concat_pool_backward(&self, tape: &ConcatPoolTape, dy: &Tensor<Self>) -> Tensor<Self> {
        let [batch, width] = tape.sizes(dy);
        let mut dx = Tensor::zeros(&[tape.time, batch, width]);
        for (b, span) in tape.spans.iter().enumerate() {
            for e in 0..width {
                let at = |t: usize| (t * batch + b) * width + e;
                let dy = &dy.data()[b * 3 * width..][..3 * width];
                dx.data_mut()[at(span.end - 1)] += dy[e];
                dx.data_mut()[at(tape.argmax[b * width + e] as usize)] += dy[width + e];
                for t in span.clone() {
                    dx.data_mut()[at(t)] += dy[2 * width + e] / R::of(span.len() as f64);
                }
            }
        }
        dx
    }
}
