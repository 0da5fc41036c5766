//! Pairs in plain loops.

use super::{Pair, PairLoss, share};
use crate::{Real, Reference, Tensor};

impl<R: Real> PairLoss for Reference<R> {
    fn pair_loss(&self, x: &Tensor<Self>, pairs: &[Pair]) -> (f64, Tensor<Self>) {
        let [_, width] = x.shape("x");
        let row = |n: u32| &x.data()[n as usize * width..][..width];
        let mut dx = Tensor::zeros(x.dims());
        let (share, mut loss) = (share(pairs), 0.0);
        for pair in pairs {
            let (one, other) = (row(pair.one), row(pair.other));
            let product: R = one.iter().zip(other).map(|(&a, &b)| a * b).sum();
            let error = product - R::of(f64::from(pair.wanted));
            let weight = R::of(f64::from(pair.weight) * share);
            loss += (weight * error * error).f64();
            for e in 0..width {
                dx.data_mut()[pair.one as usize * width + e] +=
                    (weight + weight) * error * other[e];
                dx.data_mut()[pair.other as usize * width + e] +=
                    (weight + weight) * error * one[e];
            }
        }
        (loss, dx)
    }
}
