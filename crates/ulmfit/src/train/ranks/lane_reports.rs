//! What becomes known of every lane on every rank: its losses and the state of its rows.

use super::words::{Reader, Writer};
use super::{Ranks, has_others};
use crate::model::{EncoderState, LmStep};
use ulmfit_ops::{Device, Tensor};

/// A lane after a step.
pub(in crate::train) struct LaneReport<D: Device> {
    pub(in crate::train) step: LmStep,
    pub(in crate::train) state: EncoderState<D>,
}

impl<D: Device> LaneReport<D> {
    fn write(&self, writer: &mut Writer) {
        let LmStep { loss, ar, tar, correct, tokens } = self.step;
        [loss, ar, tar].into_iter().for_each(|value| writer.f64(value));
        [correct, tokens].into_iter().for_each(|value| writer.count(value));
        self.state.tensors().into_iter().for_each(|tensor| writer.f32s(&tensor.to_f32()));
    }

    /// `state` is any of the same rows.
    fn read(reader: &mut Reader<'_>, mut state: EncoderState<D>) -> Self {
        let (loss, ar, tar) = (reader.f64(), reader.f64(), reader.f64());
        let (correct, tokens) = (reader.count(), reader.count());
        for tensor in state.tensors_mut() {
            let values = reader.f32s(tensor.len());
            *tensor = Tensor::from_f32(tensor.dims(), &values);
        }
        Self { step: LmStep { loss, ar, tar, correct, tokens }, state }
    }
}

/// The reports of all lanes in order; `own` are those of this rank, `empty` any states of the rows of
/// each lane of all ranks.
pub(in crate::train) fn all_reports<D: Device>(
    ranks: &dyn Ranks,
    own: Vec<LaneReport<D>>,
    empty: impl Iterator<Item = EncoderState<D>>,
) -> Vec<LaneReport<D>> {
    if !has_others(ranks) {
        return own;
    }
    let mut writer = Writer::default();
    own.iter().for_each(|report| report.write(&mut writer));
    let words = ranks.gather(writer.0).concat();
    let mut reader = Reader(&words);
    empty.map(|state| LaneReport::read(&mut reader, state)).collect()
}
