//! The state that a run continues from, from rank 0 to the others.

use super::words::{Reader, Writer};
use super::{Ranks, has_others};
use crate::checkpoint::HostTensor;
use crate::train::{Position, Snapshot};

/// What rank 0 has; the others give nothing.
///
/// # Panics
/// Never: a position is plain data.
pub(crate) fn share_snapshot(ranks: &dyn Ranks, own: Option<Snapshot>) -> Option<Snapshot> {
    if !has_others(ranks) {
        return own;
    }
    let words = own.as_ref().filter(|_| ranks.rank() == 0).map_or_else(Vec::new, to_words);
    let all = ranks.gather(words);
    if ranks.rank() == 0 {
        return own;
    }
    (!all[0].is_empty()).then(|| of_words(&all[0]))
}

fn to_words(snapshot: &Snapshot) -> Vec<u32> {
    let mut writer = Writer::default();
    writer.bytes(&serde_json::to_vec(&snapshot.position).expect("plain data serialises"));
    for (name, tensor) in &snapshot.tensors {
        writer.bytes(name.as_bytes());
        writer.count(tensor.dims.len());
        tensor.dims.iter().for_each(|&dim| writer.count(dim));
        writer.f32s(&tensor.values);
    }
    writer.0
}

fn of_words(words: &[u32]) -> Snapshot {
    let mut reader = Reader(words);
    let position: Position =
        serde_json::from_slice(&reader.bytes()).expect("rank 0 runs the same program");
    let mut snapshot = Snapshot { position, tensors: std::collections::BTreeMap::new() };
    while !reader.is_empty() {
        let name = String::from_utf8_lossy(&reader.bytes()).into_owned();
        let dims: Vec<usize> = (0..reader.count()).map(|_| reader.count()).collect();
        let values = reader.f32s(dims.iter().product());
        snapshot.tensors.insert(name, HostTensor { dims, values });
    }
    snapshot
}
