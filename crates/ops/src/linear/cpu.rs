//! Linear layer on the matrix product.

use super::{Linear, LinearGrads, Sizes};
use crate::gemm::{Accumulate, Matrix, PackedRhs, product};
use crate::{Cpu, Precision, Tensor, parallel};
use rayon::prelude::*;

/// A weight packed for the kernel of this machine that multiplies in a device's precision.
pub struct PreparedLinear {
    weight: PackedRhs, // [I, O]
    dims: [usize; 2],  // [O, I]
}

impl Linear for Cpu {
    type PreparedLinear = PreparedLinear;

    fn linear_prepare(&self, weight: &Tensor<Self>) -> PreparedLinear {
        let dims = weight.shape("weight");
        let weight = Matrix::new(weight.data(), dims[1]).transposed();
        PreparedLinear { weight: PackedRhs::new(weight, self.precision), dims }
    }

    fn linear_prepared(
        &self,
        x: &Tensor<Self>,
        weight: &PreparedLinear,
        bias: Option<&Tensor<Self>>,
    ) -> Tensor<Self> {
        let sizes = Sizes::of_prepared(x, weight.dims);
        let mut y = Tensor::zeros(&sizes.output_dims(x));
        weight.weight.product(y.data_mut(), Matrix::new(x.data(), sizes.inputs), Accumulate::No);
        add_bias(&sizes, &mut y, bias);
        y
    }

    fn linear_forward(
        &self,
        x: &Tensor<Self>,
        weight: &Tensor<Self>,
        bias: Option<&Tensor<Self>>,
    ) -> Tensor<Self> {
        if self.precision == Precision::Int8 {
            return self.linear_prepared(x, &self.linear_prepare(weight), bias);
        }
        // Packs the weight in memory that is used again.
        let sizes = Sizes::of(x, weight);
        let mut y = Tensor::zeros(&sizes.output_dims(x));
        let rows = Matrix::new(x.data(), sizes.inputs);
        let weight = Matrix::new(weight.data(), sizes.inputs).transposed();
        product(y.data_mut(), rows, weight, Accumulate::No, self.precision);
        add_bias(&sizes, &mut y, bias);
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
            product(
                d_weight.data_mut(),
                dy_rows.transposed(),
                x_rows,
                Accumulate::Yes,
                self.precision,
            );
            if let Some(bias) = bias {
                parallel::add_column_sums(bias.data_mut(), dy.data());
            }
        }
        let mut dx = Tensor::zeros(x.dims());
        let weight = Matrix::new(weight.data(), sizes.inputs);
        product(dx.data_mut(), dy_rows, weight, Accumulate::No, self.precision);
        dx
    }
}

fn add_bias(sizes: &Sizes, y: &mut Tensor<Cpu>, bias: Option<&Tensor<Cpu>>) {
    let Some(bias) = bias else { return };
    sizes.check_bias(bias);
    let rows = y.data_mut().par_chunks_mut(sizes.outputs);
    rows.for_each(|row| row.iter_mut().zip(bias.data()).for_each(|(y, b)| *y += b));
}
