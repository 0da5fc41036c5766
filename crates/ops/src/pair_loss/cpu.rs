//! Pairs of a few rows: one thread is fast enough.

use super::{Pair, PairLoss, share};
use crate::{Cpu, Tensor};

impl PairLoss for Cpu {
    fn pair_loss(&self, x: &Tensor<Self>, pairs: &[Pair]) -> (f64, Tensor<Self>) {
        let [_, width] = x.shape("x");
        let row = |n: u32| &x.data()[n as usize * width..][..width];
        let mut dx = Tensor::zeros(x.dims());
        let (share, mut loss) = (share(pairs), 0.0);
        for pair in pairs {
            let (one, other) = (row(pair.one), row(pair.other));
            let error = dot(one, other) - f64::from(pair.wanted);
            let weight = f64::from(pair.weight) * share;
            loss += weight * error * error;
            let slope = (2.0 * weight * error) as f32;
            add_scaled(&mut dx.data_mut()[pair.one as usize * width..][..width], other, slope);
            add_scaled(&mut dx.data_mut()[pair.other as usize * width..][..width], one, slope);
        }
        (loss, dx)
    }
}

vectorised! {
    fn dot(one: &[f32], other: &[f32]) -> f64 {
        let mut sums = [0.0; 16];
        for (one, other) in one.chunks(16).zip(other.chunks(16)) {
            for ((sum, &a), &b) in sums.iter_mut().zip(one).zip(other) {
                *sum += f64::from(a) * f64::from(b);
            }
        }
        sums.iter().sum()
    }
}

vectorised! {
    fn add_scaled(sum: &mut [f32], row: &[f32], factor: f32) {
        for (sum, x) in sum.iter_mut().zip(row) {
            *sum += factor * x;
        }
    }
}
