//! The learning-rate range test on a trainee.

use super::{StepPlan, TrainError, Trainee};
use crate::model::TrainableGroups;
use crate::optim::{
    Optimizer, OptimizerConfig, Update, clip_gradients, gradient_norm, zero_gradients,
};
use crate::schedule::{LrRange, LrSweep, Sweep};
use ulmfit_ops::{Device, Key};

/// Settings of a range test, besides [`LrRange`].
#[derive(Clone, Debug)]
pub struct LrFindOptions {
    /// The growing rates.
    pub range: LrRange,
    /// Trainable groups.
    pub trainable: TrainableGroups,
    /// Factor of each group's rate, lowest first.
    pub factors: Vec<f64>,
    /// Update rule.
    pub optimizer: OptimizerConfig,
    /// Decay of weights.
    pub weight_decay: f64,
    /// Batches whose gradients are averaged into one update.
    pub accumulate: usize,
    /// Largest norm of gradients.
    pub clip: Option<f64>,
    /// Root of the randomness.
    pub key: Key,
}

/// Trains with growing rates until the loss explodes; the weights are spoilt afterwards.
///
/// # Errors
/// [`TrainError::NoSteps`] when there is not a single batch.
pub fn lr_find<D: Device, T: Trainee<D>>(
    device: &D,
    trainee: &mut T,
    options: &LrFindOptions,
    each: &mut dyn FnMut(usize),
) -> Result<LrSweep, TrainError> {
    let mut optimizer = Optimizer::new(device.clone(), options.optimizer, trainee.model());
    let mut sweep = LrSweep::new(options.range);
    let (mut epoch, mut step) = (0, 0);
    if trainee.steps(epoch) == 0 {
        return Err(TrainError::NoSteps);
    }
    trainee.start_epoch(epoch);
    loop {
        if step == trainee.steps(epoch) {
            (epoch, step) = (epoch + 1, 0);
            trainee.start_epoch(epoch);
        }
        zero_gradients(device, trainee.model_mut(), &options.trainable);
        let group = options.accumulate.max(1).min(trainee.steps(epoch) - step);
        let (mut loss, mut rate_factor) = (0.0, 0.0);
        for _ in 0..group {
            let key = options.key.child(epoch as u64).child(step as u64);
            let scale = 1.0 / group as f64;
            let out = trainee.step(StepPlan { step, trainable: &options.trainable, scale, key });
            loss += out.total * scale;
            rate_factor += out.rate_factor * scale;
            step += 1;
        }
        let rate = sweep.rate();
        let seen = sweep.record(loss);
        each(sweep.losses().len());
        if seen == Sweep::Stop {
            return Ok(sweep);
        }
        let model = trainee.model_mut();
        let (norm, _) = gradient_norm(device, model);
        if let Some(max_norm) = options.clip {
            clip_gradients(device, model, norm, max_norm);
        }
        let rates: Vec<f64> =
            options.factors.iter().map(|factor| factor * rate * rate_factor).collect();
        let (weight_decay, trainable) = (options.weight_decay, &options.trainable);
        optimizer.step(model, Update { rates: &rates, mom: None, weight_decay, trainable });
    }
}
