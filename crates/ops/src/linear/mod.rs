//! Matrix product with a weight stored row by output: `y = x wᵀ + b`.

mod cpu;
mod reference;
#[cfg(test)]
mod tests;

use crate::{Backend, Tensor};

/// Where [`Linear::linear_backward`] adds its parameter gradients.
pub struct LinearGrads<'a, D: Backend> {
    /// Gradient of the weight, `[O, I]`.
    pub weight: &'a mut Tensor<D>,
    /// Gradient of the bias, `[O]`, for a layer that has one.
    pub bias: Option<&'a mut Tensor<D>>,
}

/// See the [module](self).
pub trait Linear: Backend {
    /// A weight as the products of a device read it fastest.
    type PreparedLinear: Send + Sync;

    /// Lays a weight out for many calls of [`linear_prepared`](Self::linear_prepared).
    ///
    /// # Shapes
    /// `weight`: `[O, I]`
    fn linear_prepare(&self, weight: &Tensor<Self>) -> Self::PreparedLinear;

    /// [`linear_forward`](Self::linear_forward), with the same bits.
    ///
    /// # Shapes
    /// `x`: `[.., I]`, `bias`: `[O]`, result: `[.., O]`
    fn linear_prepared(
        &self,
        x: &Tensor<Self>,
        weight: &Self::PreparedLinear,
        bias: Option<&Tensor<Self>>,
    ) -> Tensor<Self>;

    /// `y = x wᵀ + b`. A row's bits do not depend on the other rows.
    ///
    /// # Shapes
    /// `x`: `[.., I]`, `weight`: `[O, I]`, `bias`: `[O]`, result: `[.., O]`
    fn linear_forward(
        &self,
        x: &Tensor<Self>,
        weight: &Tensor<Self>,
        bias: Option<&Tensor<Self>>,
    ) -> Tensor<Self> {
        self.linear_prepared(x, &self.linear_prepare(weight), bias)
    }

    /// Adds `dyᵀ x` and the column sums of `dy` to `grads`; returns `dx = dy w`.
    ///
    /// # Shapes
    /// `dy`: `[.., O]`, result: as `x`
    fn linear_backward(
        &self,
        x: &Tensor<Self>,
        weight: &Tensor<Self>,
        dy: &Tensor<Self>,
        grads: Option<LinearGrads<'_, Self>>,
    ) -> Tensor<Self>;
}

/// The sizes `x` and `weight` agree on.
struct Sizes {
    rows: usize,
    inputs: usize,
    outputs: usize,
}

impl Sizes {
    fn of<D: Backend>(x: &Tensor<D>, weight: &Tensor<D>) -> Self {
        Self::of_prepared(x, weight.shape("weight"))
    }

    /// `[outputs, inputs]` are those of a weight that is laid out already.
    fn of_prepared<D: Backend>(x: &Tensor<D>, [outputs, inputs]: [usize; 2]) -> Self {
        let (rows, columns) = x.as_matrix();
        assert_eq!(columns, inputs, "`x` has {columns} columns, `weight` takes {inputs}");
        Self { rows, inputs, outputs }
    }

    /// Dimensions of the result: those of `x` with the last one exchanged.
    fn output_dims<D: Backend>(&self, x: &Tensor<D>) -> Vec<usize> {
        let mut dims = x.dims().to_vec();
        if let Some(last) = dims.last_mut() {
            *last = self.outputs;
        }
        dims
    }

    fn check_bias<D: Backend>(&self, bias: &Tensor<D>) {
        assert_eq!(bias.dims(), [self.outputs], "`bias`");
    }

    fn check_backward<D: Backend>(&self, dy: &Tensor<D>, grads: Option<&LinearGrads<'_, D>>) {
        assert_eq!(dy.as_matrix(), (self.rows, self.outputs), "`dy`");
        if let Some(grads) = grads {
            assert_eq!(grads.weight.dims(), [self.outputs, self.inputs], "gradient of `weight`");
            if let Some(bias) = &grads.bias {
                self.check_bias(bias);
            }
        }
    }
}
