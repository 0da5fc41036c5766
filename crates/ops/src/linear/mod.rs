//! Matrix product with a weight stored row by output: `y = x wᵀ + b`.

mod cpu;
mod reference;
#[cfg(test)]
mod tests;

use crate::gelu::Gelu;
use crate::norm::Norm;
use crate::{Backend, Tensor};

/// Where [`Linear::linear_backward`] adds its parameter gradients.
pub struct LinearGrads<'a, D: Backend> {
    /// Gradient of the weight, `[O, I]`.
    pub weight: &'a mut Tensor<D>,
    /// Gradient of the bias, `[O]`, for a layer that has one.
    pub bias: Option<&'a mut Tensor<D>>,
}

/// A layer whose weight is laid out.
pub struct PreparedLayer<'a, D: Linear> {
    /// Of [`Linear::linear_prepare`].
    pub weight: &'a D::PreparedLinear,
    /// `[O]`, for a layer that has one.
    pub bias: Option<&'a Tensor<D>>,
}

impl<D: Linear> Clone for PreparedLayer<'_, D> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<D: Linear> Copy for PreparedLayer<'_, D> {}

/// What becomes of a layer's outputs.
pub enum Then<'a, D: Backend> {
    /// The Gaussian error linear unit.
    Gelu,
    /// Something of the same shape is added.
    Add(&'a Tensor<D>),
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

    /// [`linear_prepared`](Self::linear_prepared) of several layers that read the same input.
    ///
    /// # Shapes
    /// `x`: `[.., I]`, results: `[.., O]`
    fn linear_prepared_each<const N: usize>(
        &self,
        x: &Tensor<Self>,
        layers: [PreparedLayer<'_, Self>; N],
    ) -> [Tensor<Self>; N] {
        layers.map(|layer| self.linear_prepared(x, layer.weight, layer.bias))
    }

    /// [`linear_prepared`](Self::linear_prepared) and the operation that follows it, with the bits of both.
    ///
    /// # Shapes
    /// `x`: `[.., I]`, result: `[.., O]`
    fn linear_prepared_then(
        &self,
        x: &Tensor<Self>,
        layer: PreparedLayer<'_, Self>,
        then: Then<'_, Self>,
    ) -> Tensor<Self>
    where
        Self: Gelu + Norm,
    {
        let mut y = self.linear_prepared(x, layer.weight, layer.bias);
        match then {
            Then::Gelu => self.gelu_forward(&y),
            Then::Add(other) => {
                self.add_scaled(&mut y, other, 1.0);
                y
            }
        }
    }

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
