//! Linear layer in plain loops.

use super::{Linear, LinearGrads, Sizes};
use crate::{Real, Reference, Tensor};

impl<R: Real> Linear for Reference<R> {
    type PreparedLinear = Tensor<Self>;

    fn linear_prepare(&self, weight: &Tensor<Self>) -> Tensor<Self> {
        weight.clone()
    }

    fn linear_prepared(
        &self,
        x: &Tensor<Self>,
        weight: &Tensor<Self>,
        bias: Option<&Tensor<Self>>,
    ) -> Tensor<Self> {
        let sizes = Sizes::of(x, weight);
        if let Some(bias) = bias {
            sizes.check_bias(bias);
        }
        let mut y = Tensor::zeros(&sizes.output_dims(x));
        for n in 0..sizes.rows {
            for o in 0..sizes.outputs {
                let mut sum = bias.map_or(R::zero(), |bias| bias.data()[o]);
                for i in 0..sizes.inputs {
                    sum += x.data()[n * sizes.inputs + i] * weight.data()[o * sizes.inputs + i];
                }
                y.data_mut()[n * sizes.outputs + o] = sum;
            }
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
        let mut dx = Tensor::zeros(x.dims());
        for n in 0..sizes.rows {
            for o in 0..sizes.outputs {
                let dy = dy.data()[n * sizes.outputs + o];
                for i in 0..sizes.inputs {
                    dx.data_mut()[n * sizes.inputs + i] += dy * weight.data()[o * sizes.inputs + i];
                }
            }
        }
        if let Some(LinearGrads { weight: d_weight, mut bias }) = grads {
            for n in 0..sizes.rows {
                for o in 0..sizes.outputs {
                    let dy = dy.data()[n * sizes.outputs + o];
                    for i in 0..sizes.inputs {
                        d_weight.data_mut()[o * sizes.inputs + i] +=
                            dy * x.data()[n * sizes.inputs + i];
                    }
                    if let Some(d_bias) = &mut bias {
                        d_bias.data_mut()[o] += dy;
                    }
                }
            }
        }
        dx
    }
}
