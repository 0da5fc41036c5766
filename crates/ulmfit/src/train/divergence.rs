//! Numbers that stop being finite: where, and what follows.

use crate::checkpoint::Tensors;
use crate::model::Network;
use rayon::prelude::*;
use ulmfit_ops::Device;

/// How often a run may be rolled back before it fails.
pub const MAX_ROLLBACKS: u32 = 3;

/// Factor of all learning rates after `rollbacks` of them: each halves.
pub fn rollback_factor(rollbacks: u32) -> f64 {
    0.5_f64.powi(rollbacks.cast_signed())
}

/// First of some tensors, by name, with a value that is NaN or infinite.
pub(super) fn not_finite(tensors: &Tensors) -> Option<String> {
    let broken = |values: &[f32]| !values.iter().fold(true, |all, value| all & value.is_finite());
    let chunk = 1 << 16;
    let found = tensors.iter().find(|(_, tensor)| tensor.values.par_chunks(chunk).any(broken));
    found.map(|(name, _)| name.clone())
}

/// The largest weight and its tensor; the first that is not finite counts as larger than any.
pub(super) fn largest_weight<D: Device>(model: &impl Network<D>) -> (String, f32) {
    let mut largest = (String::new(), 0.0_f32);
    for (name, tensor) in model.state() {
        for value in tensor.to_f32() {
            if !value.is_finite() {
                return (name, value);
            }
            if value.abs() > largest.1.abs() {
                largest = (name.clone(), value);
            }
        }
    }
    largest
}
