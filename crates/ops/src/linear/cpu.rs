//! Linear layer on the matrix product.

use super::{Linear, LinearGrads, Sizes};
use crate::gemm::{Accumulate, Matrix, product};
use crate::{Cpu, Precision, Tensor, parallel};
use rayon::prelude::*;

/// A head is small: rounding its factors would buy nothing.
const PRECISION: Precision = Precision::F32;

impl Linear for Cpu {
    fn linear_forward(
        &self,
        x: &Tensor<Self>,
        weight: &Tensor<Self>,
        bias: Option<&Tensor<Self>>,
    ) -> Tensor<Self> {
        let sizes = Sizes::of(x, weight);
        let mut y = Tensor::zeros(&sizes.output_dims(x));
        let rows = Matrix::new(x.data(), sizes.inputs);
        let weight = Matrix::new(weight.data(), sizes.inputs).transposed();
        product(y.data_mut(), rows, weight, Accumulate::No, PRECISION);
        if let Some(bias) = bias {
            sizes.check_bias(bias);
            let rows = y.data_mut().par_chunks_mut(sizes.outputs);
            rows.for_each(|row| row.iter_mut().zip(bias.data()).for_each(|(y, b)| *y += b));
        }
        y
    }

    fn linear_backward(
        &self,
        x: &Tensor<Self>,
        weight: &Tensor<Self>,
        dy: &Tensor<Self>,
        grads: Option<LinearGrads<'_, Self>>,
    ) -> Tensor<Self> {
        let sizes = Sizes::of(x, weight);
        sizes.check_backward(dy, grads.as_ref());
        let x_rows = Matrix::new(x.data(), sizes.inputs);
        let dy_rows = Matrix::new(dy.data(), sizes.outputs);
        if let Some(LinearGrads { weight: d_weight, bias }) = grads {
            product(d_weight.data_mut(), dy_rows.transposed(), x_rows, Accumulate::Yes, PRECISION);
            if let Some(bias) = bias {
                parallel::add_column_sums(bias.data_mut(), dy.data());
            }
        }
        let mut dx = Tensor::zeros(x.dims());
        let weight = Matrix::new(weight.data(), sizes.inputs);
        product(dx.data_mut(), dy_rows, weight, Accumulate::No, PRECISION);
        dx
    }
}
