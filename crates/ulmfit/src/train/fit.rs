//! The loop.

use super::divergence::{largest_weight, not_finite, rollback_factor};
use super::snapshot::{
    load_model, model_tensors, optimizer_tensors, restore_optimizer, with_prefix,
};
use super::{
    Checkpointer, Control, Event, Observer, Phase, Plan, Position, Snapshot, StepPlan, TrainError,
    Trainee,
};
use crate::checkpoint::Tensors;
use crate::optim::{Optimizer, Update, clip_gradients, gradient_norm, zero_gradients};
use crate::schedule::Schedule;
use std::ops::ControlFlow;
use ulmfit_ops::Device;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completion {
    /// All phases are done.
    Done,
    /// The observer asked to stop; a snapshot was saved.
    Stopped,
}

struct Run<'a, D: Device, T> {
    device: &'a D,
    trainee: &'a mut T,
    plan: &'a Plan,
    optimizer: Optimizer<D>,
    position: Position,
    best: Tensors,
    /// Updates of all phases.
    total: u64,
}

/// Trains from the beginning, or from a snapshot of the same plan and data.
///
/// # Errors
/// [`TrainError`] when numbers stop being finite, or a checkpoint fails.
pub fn fit<D: Device, T: Trainee<D>>(
    device: &D,
    trainee: &mut T,
    plan: &Plan,
    from: Option<&Snapshot>,
    observer: &mut dyn Observer,
    checkpointer: &mut dyn Checkpointer,
) -> Result<Completion, TrainError> {
    let total = (0..plan.epochs()).map(|epoch| updates(trainee.steps(epoch), plan)).sum();
    if total == 0 && plan.epochs() > 0 {
        return Err(TrainError::NoSteps);
    }
    let optimizer = Optimizer::new(device.clone(), plan.optimizer, trainee.model());
    let mut run = Run {
        device,
        trainee,
        plan,
        optimizer,
        position: Position::default(),
        best: Tensors::new(),
        total,
    };
    if let Some(snapshot) = from {
        run.restore(snapshot)?;
    } else if checkpointer.due(0)? {
        checkpointer.save(run.snapshot()?)?;
    }
    let mut first_epoch: usize = plan.phases[..run.position.phase].iter().map(|p| p.epochs).sum();
    for phase in &plan.phases[run.position.phase..] {
        if run.phase(phase, first_epoch, observer, checkpointer)? == Control::Stop {
            return Ok(Completion::Stopped);
        }
        first_epoch += phase.epochs;
        run.next_phase()?;
        if run.position.phase == plan.phases.len() {
            checkpointer.save(run.snapshot()?)?; // so that a finished run is not run again
        }
    }
    checkpointer.finish()?;
    Ok(Completion::Done)
}

fn updates(batches: usize, plan: &Plan) -> u64 {
    batches.div_ceil(plan.accumulate.max(1)) as u64
}

impl<D: Device, T: Trainee<D>> Run<'_, D, T> {
    fn phase(
        &mut self,
        phase: &Phase,
        first_epoch: usize,
        observer: &mut dyn Observer,
        checkpointer: &mut dyn Checkpointer,
    ) -> Result<Control, TrainError> {
        let count = |epoch: usize| updates(self.trainee.steps(first_epoch + epoch), self.plan);
        let steps: u64 = (0..phase.epochs).map(count).sum();
        // Updates of this phase before the current epoch; fewer ran if an epoch stopped early.
        let before: u64 = (0..self.position.epoch).map(count).sum();
        let mut done = before + updates(self.position.step, self.plan);
        zero_gradients(self.device, self.trainee.model_mut(), &phase.trainable);

        while self.position.epoch < phase.epochs {
            let epoch = first_epoch + self.position.epoch;
            let batches = self.trainee.steps(epoch);
            let carried = self.trainee.carried();
            self.trainee.start_epoch(epoch);
            if self.position.step > 0 {
                self.trainee.restore_carried(&carried);
            }
            while self.position.step < batches {
                let event = self.update(phase, epoch, batches, done as usize, steps as usize)?;
                done += 1;
                let control = observer.event(&event);
                if control == Control::Stop {
                    return self.stop(checkpointer);
                }
                if checkpointer.due(self.position.updates)? {
                    checkpointer.save(self.snapshot()?)?;
                }
            }
            let ControlFlow::Continue(stop_early) = self.end_epoch(epoch, phase, observer)? else {
                return self.stop(checkpointer);
            };
            if stop_early {
                observer.event(&Event::StoppedEarly { phase: self.position.phase, epoch });
                break;
            }
        }
        Ok(Control::Continue)
    }

    /// Saves what there is before the run ends.
    fn stop(&self, checkpointer: &mut dyn Checkpointer) -> Result<Control, TrainError> {
        checkpointer.save(self.snapshot()?)?;
        checkpointer.finish()?;
        Ok(Control::Stop)
    }

    /// Runs the batches of one update and makes it.
    fn update(
        &mut self,
        phase: &Phase,
        epoch: usize,
        batches: usize,
        done: usize,
        steps: usize,
    ) -> Result<Event, TrainError> {
        let step = self.position.updates;
        let group = self.plan.accumulate.max(1).min(batches - self.position.step);
        let (mut loss_sum, mut tokens, mut rate_factor) = (0.0, 0, 0.0);
        zero_gradients(self.device, self.trainee.model_mut(), &phase.trainable);
        for _ in 0..group {
            let key = self.plan.key.child(1).child(epoch as u64).child(self.position.step as u64);
            let (step_in_epoch, scale) = (self.position.step, 1.0 / group as f64);
            let plan = StepPlan { step: step_in_epoch, trainable: &phase.trainable, scale, key };
            let out = self.trainee.step(plan);
            if !out.total.is_finite() {
                return Err(self.bad_loss(out.total));
            }
            self.position.step += 1;
            self.position.loss_sum += out.loss * out.weight;
            self.position.weight_sum += out.weight;
            loss_sum += out.loss;
            tokens += out.tokens;
            rate_factor += out.rate_factor / group as f64;
        }
        let model = self.trainee.model_mut();
        let (grad_norm, broken) = gradient_norm(self.device, model);
        if let Some(tensor) = broken {
            return Err(TrainError::Gradient { step, tensor });
        }
        if let Some(max_norm) = self.plan.clip {
            clip_gradients(self.device, model, grad_norm, max_norm);
        }
        let rate = phase.schedule.at(done, steps);
        let lowered = rollback_factor(self.position.rollbacks);
        let now = |peak| peak * rate.lr * rate_factor * lowered;
        let rates: Vec<f64> = phase.rates.iter().map(now).collect();
        let lr = rates.last().copied().unwrap_or(0.0);
        let update = Update {
            rates: &rates,
            mom: rate.mom,
            weight_decay: self.plan.weight_decay,
            trainable: &phase.trainable,
        };
        self.optimizer.step(model, update);
        self.position.updates += 1;
        Ok(Event::Step {
            step: self.position.updates,
            steps: self.total,
            phase: self.position.phase,
            epoch,
            loss: loss_sum / group as f64,
            lr,
            mom: rate.mom,
            grad_norm,
            tokens,
        })
    }

    /// Validates, keeps the best weights, moves on; returns whether the phase should end. Breaks
    /// off when the observer wants to stop; then the epoch has not ended.
    fn end_epoch(
        &mut self,
        epoch: usize,
        phase: &Phase,
        observer: &mut dyn Observer,
    ) -> Result<ControlFlow<(), bool>, TrainError> {
        self.optimizer.swap_averages(self.trainee.model_mut());
        let ControlFlow::Continue(valid) = self.trainee.validate(&mut || observer.poll()) else {
            self.optimizer.swap_averages(self.trainee.model_mut());
            return Ok(ControlFlow::Break(()));
        };
        if let Some(valid) = valid.as_ref().filter(|valid| !valid.loss.is_finite()) {
            return Err(self.bad_loss(valid.loss));
        }
        let mut best = false;
        if let Some(valid) = &valid {
            let position = &mut self.position;
            best = position.best.is_none_or(|(loss, _)| valid.loss < loss);
            if best {
                position.best = Some((valid.loss, position.epoch));
                if self.plan.keep_best && position.phase + 1 == self.plan.phases.len() {
                    self.best = model_tensors(self.trainee.model(), "best.");
                }
            }
            position.valid_losses.push(valid.loss);
        }
        self.optimizer.swap_averages(self.trainee.model_mut());
        let train_loss = self.position.loss_sum / self.position.weight_sum.max(f64::MIN_POSITIVE);
        let (phase_number, epochs) = (self.position.phase, self.plan.epochs());
        let step = self.position.updates;
        observer.event(&Event::Epoch {
            step,
            phase: phase_number,
            epoch,
            epochs,
            train_loss,
            valid,
            best: best && (self.plan.keep_best || self.plan.patience.is_some()),
        });
        if self.optimizer.epoch_ended(&self.position.valid_losses) {
            observer.event(&Event::Averaging { epoch });
        }
        let stop = self.plan.patience.is_some_and(|patience| {
            self.position.best.is_some_and(|(_, at)| self.position.epoch - at >= patience)
        });
        self.position.epoch += 1;
        self.position.step = 0;
        (self.position.loss_sum, self.position.weight_sum) = (0.0, 0.0);
        Ok(ControlFlow::Continue(stop && self.position.epoch < phase.epochs))
    }

    fn bad_loss(&self, loss: f64) -> TrainError {
        let (tensor, weight) = largest_weight(self.trainee.model());
        TrainError::Loss { step: self.position.updates, loss, tensor, weight }
    }

    /// Ends a phase: averaged or best weights become the model's, the optimiser forgets.
    fn next_phase(&mut self) -> Result<(), TrainError> {
        self.optimizer.swap_averages(self.trainee.model_mut());
        if !self.best.is_empty() {
            let best = with_prefix(&self.best, "best.");
            load_model(self.trainee.model_mut(), &best)?;
            self.best = Tensors::new();
        }
        self.optimizer =
            Optimizer::new(self.device.clone(), self.plan.optimizer, self.trainee.model());
        let Position { phase, updates, rollbacks, .. } = self.position;
        self.position = Position { phase: phase + 1, updates, rollbacks, ..Position::default() };
        Ok(())
    }

    /// # Errors
    /// [`TrainError::Weight`]: what is not finite is never saved.
    fn snapshot(&self) -> Result<Snapshot, TrainError> {
        let mut tensors = model_tensors(self.trainee.model(), "model.");
        tensors.extend(optimizer_tensors(&self.optimizer));
        let carried = self.trainee.carried();
        tensors.extend(carried.into_iter().map(|(name, t)| (format!("carried.{name}"), t)));
        tensors.extend(self.best.clone());
        if let Some(tensor) = not_finite(&tensors) {
            return Err(TrainError::Weight { step: self.position.updates, tensor });
        }
        let mut position = self.position.clone();
        position.slot_steps = self.optimizer.slots().iter().map(|slot| slot.steps).collect();
        position.averaged = self.optimizer.averaged();
        Ok(Snapshot { position, tensors })
    }

    fn restore(&mut self, snapshot: &Snapshot) -> Result<(), TrainError> {
        load_model(self.trainee.model_mut(), &with_prefix(&snapshot.tensors, "model."))?;
        restore_optimizer(&mut self.optimizer, snapshot);
        self.trainee.restore_carried(&with_prefix(&snapshot.tensors, "carried."));
        let best = snapshot.tensors.iter().filter(|(name, _)| name.starts_with("best."));
        self.best = best.map(|(name, t)| (name.clone(), t.clone())).collect();
        self.position = snapshot.position.clone();
        Ok(())
    }
}
