//! How long the updates of a training take on this machine.

use super::{Plan, StepPlan, Trainee};
use crate::optim::{Optimizer, Update, clip_gradients, gradient_norm, zero_gradients};
use std::time::{Duration, Instant};
use ulmfit_ops::Device;

/// Time of an update.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct UpdateTime {
    /// Tokens of the batch.
    pub(crate) tokens: usize,
    /// Seconds of the batch, forward and backward.
    pub(crate) batch: f64,
    /// Seconds of what comes after it: norm, clipping and the optimiser.
    pub(crate) update: f64,
}

/// Updates of the first phase, of which the fastest counts: the first one touches new memory.
const TIMES: usize = 2;
/// An update that takes longer is not repeated. The first one touches new memory, which alone takes tenths of a
/// second on a slow machine.
const LONG: Duration = Duration::from_secs(1);

/// Makes a few updates of each phase of the plan, with the first batch and a learning rate of 0, and
/// says how long one took.
///
/// # Panics
/// When the trainee has no batches.
pub(crate) fn measure<D: Device, T: Trainee<D>>(
    device: &D,
    trainee: &mut T,
    plan: &Plan,
) -> Vec<UpdateTime> {
    let mut times = Vec::with_capacity(plan.phases.len());
    for phase in &plan.phases {
        let mut optimizer = Optimizer::new(device.clone(), plan.optimizer, trainee.model());
        let rates = vec![0.0; phase.rates.len()];
        let mut fastest: Option<UpdateTime> = None;
        for _ in 0..if times.is_empty() { TIMES } else { 1 } {
            trainee.start_epoch(0);
            let key = plan.key.child(1);
            let step = StepPlan { step: 0, trainable: &phase.trainable, scale: 1.0, key };
            let started = Instant::now();
            zero_gradients(device, trainee.model_mut(), &phase.trainable);
            let tokens = trainee.step(step).tokens;
            let batch = started.elapsed().as_secs_f64();
            let model = trainee.model_mut();
            let (norm, _) = gradient_norm(device, model);
            if let Some(most) = plan.clip {
                clip_gradients(device, model, norm, most);
            }
            let trainable = &phase.trainable;
            let (mom, weight_decay) = (None, plan.weight_decay);
            optimizer.step(model, Update { rates: &rates, mom, weight_decay, trainable });
            let update = started.elapsed().as_secs_f64() - batch;
            let time = UpdateTime { tokens, batch, update };
            let is_faster = |best: &UpdateTime| batch + update < best.batch + best.update;
            if fastest.as_ref().is_none_or(is_faster) {
                fastest = Some(time);
            }
            if started.elapsed() > LONG {
                break;
            }
        }
        times.extend(fastest);
    }
    times
}
