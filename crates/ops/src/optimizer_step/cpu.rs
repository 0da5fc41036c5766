//! Optimizer updates on all threads: bound by memory, one pass over everything.

use super::{AdamFactors, AdamStep, OptimizerStep, SgdStep};
use crate::parallel::{self, CHUNK};
use crate::{Cpu, Tensor};
use rayon::prelude::*;

impl OptimizerStep for Cpu {
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
        let factors = step.factors();
        let params = param.data_mut().par_chunks_mut(CHUNK).zip(grad.data().par_chunks(CHUNK));
        let means = mean.data_mut().par_chunks_mut(CHUNK);
        let moments = means.zip(sqr_mean.data_mut().par_chunks_mut(CHUNK));
        params.zip(moments).for_each(|((p, g), (m, v))| adam(p, g, m, v, &step, &factors));
    }

    fn sgd_step(&self, param: &mut Tensor<Self>, grad: &Tensor<Self>, step: SgdStep) {
        assert_eq!(grad.dims(), param.dims(), "gradient");
        let (lr, decay) = (step.lr as f32, step.weight_decay as f32);
        parallel::zip(param.data_mut(), grad.data(), |p, g| {
            for (p, g) in p.iter_mut().zip(g) {
                *p -= lr * (g + decay * *p);
            }
        });
    }

    fn average_step(&self, average: &mut Tensor<Self>, param: &Tensor<Self>, count: u64) {
        assert_eq!(average.dims(), param.dims(), "average");
        let count = count as f32;
        parallel::zip(average.data_mut(), param.data(), |average, p| {
            for (average, p) in average.iter_mut().zip(p) {
                *average += (p - *average) / count;
            }
        });
    }
}

vectorised! {
    fn adam(
        p: &mut [f32],
        g: &[f32],
        m: &mut [f32],
        v: &mut [f32],
        step: &AdamStep,
        factors: &AdamFactors,
    ) {
        let (mom, new) = (step.mom as f32, (1.0 - step.mom) as f32);
        let (sqr_mom, sqr_new) = (step.sqr_mom as f32, (1.0 - step.sqr_mom) as f32);
        let (decay, lr) = (factors.decay as f32, factors.lr as f32);
        let (sqr_debias, eps) = (factors.sqr_debias as f32, step.eps as f32);
        for ((p, &g), (m, v)) in p.iter_mut().zip(g).zip(m.iter_mut().zip(v)) {
            *m = mom * *m + new * g;
            *v = sqr_mom * *v + sqr_new * g * g;
            *p = *p * decay - lr * *m / ((*v * sqr_debias).sqrt() + eps);
        }
    }
}
