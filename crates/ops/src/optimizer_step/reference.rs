//! Optimizer updates in plain loops.

use super::{AdamFactors, AdamStep, OptimizerStep, SgdStep};
use crate::{Real, Reference, Tensor};

impl<R: Real> OptimizerStep for Reference<R> {
    fn adam_step(
        &self,
        param: &mut Tensor<Self>,
        grad: &Tensor<Self>,
        mean: &mut Tensor<Self>,
        sqr_mean: &mut Tensor<Self>,
        step: AdamStep,
    ) {
        for other in [grad, mean, sqr_mean] {
            assert_eq!(other.dims(), param.dims(), "gradient and moments");
        }
        let AdamFactors { decay, lr, sqr_debias } = step.factors();
        let (decay, lr, sqr_debias) = (R::of(decay), R::of(lr), R::of(sqr_debias));
        let (mom, sqr_mom, eps) = (R::of(step.mom), R::of(step.sqr_mom), R::of(step.eps));
        for i in 0..param.len() {
            let g = grad.data()[i];
            let m = mom * mean.data()[i] + (R::one() - mom) * g;
            let v = sqr_mom * sqr_mean.data()[i] + (R::one() - sqr_mom) * g * g;
            mean.data_mut()[i] = m;
            sqr_mean.data_mut()[i] = v;
            let p = &mut param.data_mut()[i];
            *p = *p * decay - lr * m / ((v * sqr_debias).sqrt() + eps);
        }
    }

    fn sgd_step(&self, param: &mut Tensor<Self>, grad: &Tensor<Self>, step: SgdStep) {
        assert_eq!(grad.dims(), param.dims(), "gradient");
        for (p, &g) in param.data_mut().iter_mut().zip(grad.data()) {
            *p -= R::of(step.lr) * (g + R::of(step.weight_decay) * *p);
        }
    }

    fn average_step(&self, average: &mut Tensor<Self>, param: &Tensor<Self>, count: u64) {
        assert_eq!(average.dims(), param.dims(), "average");
        for (average, &p) in average.data_mut().iter_mut().zip(param.data()) {
            *average += (p - *average) / R::of(count as f64);
        }
    }
}
