//! Linear layer on the matrix product.

use super::{Linear, LinearGrads, PreparedLayer, Sizes, Then};
use crate::gelu;
use crate::gemm::{Accumulate, Matrix, PackedLhs, PackedRhs, product};
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
        let [y] = self.linear_prepared_each(x, [PreparedLayer { weight, bias }]);
        y
    }

    fn linear_prepared_each<const N: usize>(
        &self,
        x: &Tensor<Self>,
        layers: [PreparedLayer<'_, Self>; N],
    ) -> [Tensor<Self>; N] {
        let (_, inputs) = x.as_matrix();
        // laid out once for all layers
        let rows = PackedLhs::new(Matrix::new(x.data(), inputs), self.precision);
        layers.map(|layer| layer_then(x, &rows, layer, |_, _| ()))
    }

    fn linear_prepared_then(
        &self,
        x: &Tensor<Self>,
        layer: PreparedLayer<'_, Self>,
        then: Then<'_, Self>,
    ) -> Tensor<Self> {
        let (_, inputs) = x.as_matrix();
        let rows = PackedLhs::new(Matrix::new(x.data(), inputs), self.precision);
        match then {
            Then::Gelu => layer_then(x, &rows, layer, |_, y| gelu::in_place(y)),
            Then::Add(other) => {
                let outputs = layer.weight.dims[0];
                assert_eq!(other.as_matrix(), (x.as_matrix().0, outputs), "what is added");
                layer_then(x, &rows, layer, |r, y| {
                    add(y, &other.data()[r * outputs..][..outputs]);
                })
            }
        }
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

/// A layer of rows that are laid out; `then` is called on each row of the result and its number.
fn layer_then(
    x: &Tensor<Cpu>,
    rows: &PackedLhs<'_>,
    PreparedLayer { weight, bias }: PreparedLayer<'_, Cpu>,
    then: impl Fn(usize, &mut [f32]) + Sync + Send,
) -> Tensor<Cpu> {
    let sizes = Sizes::of_prepared(x, weight.dims);
    let mut y = Tensor::zeros(&sizes.output_dims(x));
    if let Some(bias) = bias {
        sizes.check_bias(bias);
    }
    weight.weight.product_then(y.data_mut(), rows, |r, y| {
        if let Some(bias) = bias {
            add(y, bias.data());
        }
        then(r, y);
    });
    y
}

vectorised! {
    fn add(y: &mut [f32], other: &[f32]) {
        for (y, other) in y.iter_mut().zip(other) {
            *y += other;
        }
    }
}

fn add_bias(sizes: &Sizes, y: &mut Tensor<Cpu>, bias: Option<&Tensor<Cpu>>) {
    let Some(bias) = bias else { return };
    sizes.check_bias(bias);
    let rows = y.data_mut().par_chunks_mut(sizes.outputs);
    rows.for_each(|row| row.iter_mut().zip(bias.data()).for_each(|(y, b)| *y += b));
}
