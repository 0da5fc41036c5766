//! Rows of length one in plain loops.

use super::{SHORTEST, UnitRows};
use crate::{Real, Reference, Tensor};

impl<R: Real> UnitRows for Reference<R> {
    fn unit_rows_forward(&self, x: &Tensor<Self>) -> Tensor<Self> {
        let [_, width] = x.shape("x");
        let rows = x.data().chunks_exact(width);
        let y = rows.flat_map(|row| row.iter().map(move |&x| x / length(row))).collect();
        Tensor::from_real(x.dims(), y)
    }

    fn unit_rows_backward(&self, x: &Tensor<Self>, dy: &Tensor<Self>) -> Tensor<Self> {
        let [_, width] = x.shape("x");
        assert_eq!(x.dims(), dy.dims(), "`dy`");
        let mut dx = Vec::with_capacity(x.len());
        for (row, dy) in x.data().chunks_exact(width).zip(dy.data().chunks_exact(width)) {
            let length = length(row);
            let along: R = row.iter().zip(dy).map(|(&x, &dy)| x / length * dy).sum();
            dx.extend(row.iter().zip(dy).map(|(&x, &dy)| (dy - x / length * along) / length));
        }
        Tensor::from_real(x.dims(), dx)
    }
}

fn length<R: Real>(row: &[R]) -> R {
    row.iter().map(|&x| x * x).sum::<R>().sqrt().max(R::of(SHORTEST))
}
