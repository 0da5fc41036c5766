//! A batch of a language model, cut into lanes that are computed side by side.
//!
//! A loop over all threads ends when the last of them does, and an LSTM has several such loops a time step:
//! the more threads, the longer the others wait. A lane is a fixed part of a batch, some of its rows. Each
//! lane goes forward and backward through the whole network on its own, so threads of different lanes
//! wait for each other only once, at the end. Which thread computes what does not matter: the
//! operations of a lane give the same bits on any number of threads, and gradients are added in the
//! order of the lanes.

use super::StepPlan;
use super::lane_masks::{LaneMasks, SharedMasks, take_rows};
use crate::data::batches::LmBatch;
use crate::model::{EncoderState, LanguageModel, LmStep, Network, RandomMasks, Regularisation};
use crate::optim::zero_gradients;
use rayon::prelude::*;
use std::ops::Range;
use ulmfit_ops::{Device, Tensor};

/// Gradients of a model's parameters, in its order.
type Gradients<D> = Vec<Option<Tensor<D>>>;

/// What lanes keep from one batch to the next: the memory of their gradients.
pub(super) struct Lanes<D: Device>(Vec<Gradients<D>>);

/// A lane in the middle of a step.
struct Lane<'a, D: Device> {
    model: LanguageModel<D>,
    state: EncoderState<D>,
    gradients: &'a mut Gradients<D>,
    batch: LmBatch,
    masks: LaneMasks<'a, D>,
}

impl<D: Device> Lanes<D> {
    /// This many.
    pub(super) fn new(lanes: usize) -> Self {
        Self((0..lanes).map(|_| Vec::new()).collect())
    }

    /// See [`LanguageModel::train_step`]; `state` is that of the whole batch.
    pub(super) fn train_step(
        &mut self,
        device: &D,
        model: &mut LanguageModel<D>,
        batch: &LmBatch,
        state: &mut EncoderState<D>,
        regularisation: Regularisation,
        plan: StepPlan<'_>,
    ) -> LmStep {
        let whole = RandomMasks::new(device.clone(), plan.key);
        let shared = SharedMasks::draw(model, &whole);
        let count = self.0.len();
        let lanes = self.0.iter_mut().enumerate().map(|(lane, gradients)| {
            let rows = lane * batch.batch / count..(lane + 1) * batch.batch / count;
            let (whole, shared, rows_of_all) = (&whole, &shared, batch.batch);
            Lane {
                model: model.sharing(),
                state: state_of_rows(device, model, state, &rows),
                gradients,
                batch: rows_of(batch, &rows),
                masks: LaneMasks { device, whole, shared, batch: rows_of_all, rows, lane },
            }
        });
        // a corpus that is too small for the batch size may have fewer rows than lanes
        let mut lanes: Vec<_> = lanes.filter(|lane| !lane.masks.rows.is_empty()).collect();
        let steps: Vec<LmStep> = lanes
            .par_iter_mut()
            .map(|lane| lane.train_step(device, regularisation, plan))
            .collect();
        let mut sum = LmStep::default();
        for (lane, step) in lanes.iter().zip(steps) {
            lane.add_to(device, model, state, plan);
            let share = lane.share();
            sum.loss += share * step.loss;
            sum.ar += share * step.ar;
            sum.tar += share * step.tar;
            sum.correct += step.correct;
            sum.tokens += step.tokens;
        }
        sum
    }
}

impl<D: Device> Lane<'_, D> {
    /// Its part of the batch: lanes have equally many tokens per row, so means over lanes add up to that of
    /// the batch.
    fn share(&self) -> f64 {
        self.batch.batch as f64 / self.masks.batch as f64
    }

    fn train_step(
        &mut self,
        device: &D,
        regularisation: Regularisation,
        plan: StepPlan<'_>,
    ) -> LmStep {
        let scale = plan.scale * self.share();
        let Self { model, state, gradients, batch, masks } = self;
        for ((_, _, param), kept) in model.params_mut().into_iter().zip(gradients.drain(..)) {
            param.grad = kept;
        }
        zero_gradients(device, model, plan.trainable);
        let step = model.train_step(batch, state, masks, regularisation, plan.trainable, scale);
        gradients.extend(model.params_mut().into_iter().map(|(_, _, param)| param.grad.take()));
        step
    }

    /// Adds the lane's gradients, and puts its state into that of the batch.
    fn add_to(
        &self,
        device: &D,
        model: &mut LanguageModel<D>,
        state: &mut EncoderState<D>,
        plan: StepPlan<'_>,
    ) {
        for ((_, group, param), gradient) in model.params_mut().into_iter().zip(&*self.gradients) {
            if let Some(gradient) = gradient.as_ref().filter(|_| plan.trainable.group(group)) {
                device.add_scaled(param.split().1, gradient, 1.0);
            }
        }
        for (whole, part) in state.tensors_mut().into_iter().zip(self.state.tensors()) {
            let ((batch, width), rows) = (whole.as_matrix(), part.as_matrix().0);
            let mut steps =
                std::mem::replace(whole, Tensor::zeros(&[0])).reshaped(&[batch, 1, width]);
            let part = part.clone().reshaped(&[rows, 1, width]);
            device.place_piece(&mut steps, self.masks.rows.start, &part);
            *whole = steps.reshaped(&[batch, width]);
        }
    }
}

fn state_of_rows<D: Device>(
    device: &D,
    model: &LanguageModel<D>,
    state: &EncoderState<D>,
    rows: &Range<usize>,
) -> EncoderState<D> {
    let mut part = model.zero_state(rows.len());
    for (part, whole) in part.tensors_mut().into_iter().zip(state.tensors()) {
        *part = take_rows(device, whole, rows);
    }
    part
}

/// The same windows of these rows only.
fn rows_of(batch: &LmBatch, rows: &Range<usize>) -> LmBatch {
    let take = |ids: &[u32]| -> Vec<u32> {
        ids.chunks(batch.batch).flat_map(|step| &step[rows.clone()]).copied().collect()
    };
    LmBatch {
        x: take(&batch.x),
        y: take(&batch.y),
        batch: rows.len(),
        time: batch.time,
        rate_factor: batch.rate_factor,
    }
}
