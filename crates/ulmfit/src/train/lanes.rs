//! A batch of a language model, cut into lanes that are computed side by side.
//!
//! A loop over all threads ends when the last of them does, and an LSTM has several such loops a time step:
//! the more threads, the longer the others wait. A lane is a fixed part of a batch, some of its rows. Each
//! lane goes forward and backward through the whole network on its own, so threads of different lanes
//! wait for each other only once, at the end. Which thread computes what does not matter: the
//! operations of a lane give the same bits on any number of threads, and gradients are added in the
//! order of the lanes. Nor does it matter which process does: [ranks](super::ranks) share the lanes.

use super::StepPlan;
use super::lane_masks::{LaneMasks, SharedMasks, take_rows};
use super::ranks::{LaneReport, Ranks, add_all_lanes, all_reports, has_others, lanes_of};
use crate::data::batches::LmBatch;
use crate::model::{EncoderState, LanguageModel, LmStep, Network, RandomMasks, Regularisation};
use crate::optim::zero_gradients;
use rayon::prelude::*;
use std::ops::Range;
use std::sync::Arc;
use ulmfit_ops::{Device, Tensor};

/// Gradients of a model's parameters, in its order.
type Gradients<D> = Vec<Option<Tensor<D>>>;

/// What lanes keep from one batch to the next: the memory of their gradients, and who computes which.
pub(super) struct Lanes<D: Device> {
    gradients: Vec<Gradients<D>>,
    ranks: Arc<dyn Ranks>,
}

/// A lane in the middle of a step.
struct Lane<'a, D: Device> {
    model: LanguageModel<D>,
    state: EncoderState<D>,
    gradients: &'a mut Gradients<D>,
    batch: LmBatch,
    masks: LaneMasks<'a, D>,
}

impl<D: Device> Lanes<D> {
    /// This many, dealt to these ranks.
    pub(super) fn new(lanes: usize, ranks: Arc<dyn Ranks>) -> Self {
        Self { gradients: (0..lanes).map(|_| Vec::new()).collect(), ranks }
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
        let count = self.gradients.len();
        let rows_of_lane =
            |lane: usize| lane * batch.batch / count..(lane + 1) * batch.batch / count;
        // a corpus that is too small for the batch size may have fewer rows than lanes
        let has_rows = |lane: &usize| !rows_of_lane(*lane).is_empty();
        let own = lanes_of(self.ranks.rank(), &*self.ranks, count);
        let lanes = self.gradients.iter_mut().enumerate().filter(|(lane, _)| has_rows(lane));
        let lanes = lanes.filter(|(lane, _)| own.contains(lane)).map(|(lane, gradients)| {
            let rows = rows_of_lane(lane);
            let (whole, shared, rows_of_all) = (&whole, &shared, batch.batch);
            Lane {
                model: model.sharing(),
                state: state_of_rows(device, model, state, &rows),
                gradients,
                batch: rows_of(batch, &rows),
                masks: LaneMasks { device, whole, shared, batch: rows_of_all, rows, lane },
            }
        });
        let mut lanes: Vec<_> = lanes.collect();
        let steps: Vec<LmStep> = lanes
            .par_iter_mut()
            .map(|lane| lane.train_step(device, regularisation, plan))
            .collect();
        if has_others(&*self.ranks) {
            let of_rank = |n| lanes_of(n, &*self.ranks, count).filter(has_rows).count();
            let all: Vec<usize> = (0..self.ranks.count()).map(of_rank).collect();
            add_gradients_of_ranks(&*self.ranks, model, &lanes, &all, plan);
        } else {
            lanes.iter().for_each(|lane| lane.add_to(device, model, plan));
        }
        let reports = lanes.into_iter().zip(steps);
        let reports = reports.map(|(lane, step)| LaneReport { step, state: lane.state }).collect();
        let all = (0..count).filter(has_rows).map(rows_of_lane);
        let empty = all.clone().map(|rows| model.zero_state(rows.len()));
        let mut sum = LmStep::default();
        for (report, rows) in all_reports(&*self.ranks, reports, empty).into_iter().zip(all) {
            // lanes have equally many tokens per row, so means over lanes add up to that of the batch
            let (share, step) = (rows.len() as f64 / batch.batch as f64, report.step);
            place_rows(device, state, &report.state, &rows);
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
    fn train_step(
        &mut self,
        device: &D,
        regularisation: Regularisation,
        plan: StepPlan<'_>,
    ) -> LmStep {
        let share = self.batch.batch as f64 / self.masks.batch as f64;
        let scale = plan.scale * share;
        let Self { model, state, gradients, batch, masks } = self;
        for ((_, _, param), kept) in model.params_mut().into_iter().zip(gradients.drain(..)) {
            param.grad = kept;
        }
        zero_gradients(device, model, plan.trainable);
        let step = model.train_step(batch, state, masks, regularisation, plan.trainable, scale);
        gradients.extend(model.params_mut().into_iter().map(|(_, _, param)| param.grad.take()));
        step
    }

    /// Adds the lane's gradients to those of the batch.
    fn add_to(&self, device: &D, model: &mut LanguageModel<D>, plan: StepPlan<'_>) {
        for ((_, group, param), gradient) in model.params_mut().into_iter().zip(&*self.gradients) {
            if let Some(gradient) = gradient.as_ref().filter(|_| plan.trainable.group(group)) {
                device.add_scaled(param.split().1, gradient, 1.0);
            }
        }
    }
}

/// Adds the gradients of all lanes of all ranks; `all` is the number of lanes of each rank.
fn add_gradients_of_ranks<D: Device>(
    ranks: &dyn Ranks,
    model: &mut LanguageModel<D>,
    lanes: &[Lane<'_, D>],
    all: &[usize],
    plan: StepPlan<'_>,
) {
    let params = model.params_mut().into_iter().enumerate();
    let trained = params.filter(|(_, (_, group, _))| plan.trainable.group(*group));
    let (numbers, mut sums): (Vec<usize>, Vec<&mut Tensor<D>>) =
        trained.map(|(n, (_, _, param))| (n, param.split().1)).unzip();
    let of_lane = |lane: &Lane<'_, D>| -> Vec<Tensor<D>> {
        let gradient = |&n: &usize| lane.gradients[n].clone().expect("each group learns");
        numbers.iter().map(gradient).collect()
    };
    let lanes: Vec<_> = lanes.iter().map(of_lane).collect();
    add_all_lanes(ranks, &mut sums, &lanes, all);
}

/// Puts the state of some rows into that of all.
fn place_rows<D: Device>(
    device: &D,
    state: &mut EncoderState<D>,
    part: &EncoderState<D>,
    rows: &Range<usize>,
) {
    for (whole, part) in state.tensors_mut().into_iter().zip(part.tensors()) {
        let ((batch, width), count) = (whole.as_matrix(), part.as_matrix().0);
        let mut steps = std::mem::replace(whole, Tensor::zeros(&[0])).reshaped(&[batch, 1, width]);
        let part = part.clone().reshaped(&[count, 1, width]);
        device.place_piece(&mut steps, rows.start, &part);
        *whole = steps.reshaped(&[batch, width]);
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
