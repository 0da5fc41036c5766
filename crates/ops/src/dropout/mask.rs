//! The values of a mask: one definition for all devices.

use crate::{Key, Real};
use rand::Rng;

/// Elements that share one block of random numbers; a device may fill blocks in any order.
pub(super) const BLOCK: usize = 4096;

/// Writes block `index` of the mask of `key`.
///
/// Each element takes 16 random bits, which is as fast as memory; `p` is therefore rounded to a
/// multiple of 1/65536. What is kept is scaled by the unrounded `1/(1-p)`.
pub(super) fn fill_block<R: Real>(block: &mut [R], index: usize, p: f64, key: &Key) {
    let threshold = (p * 65536.0).round() as u32;
    let kept = R::of(1.0 / (1.0 - p));
    let mut bytes = [0_u8; 2 * BLOCK];
    let bytes = &mut bytes[..2 * block.len()];
    key.block(index as u64).fill_bytes(bytes);
    for (value, bits) in block.iter_mut().zip(bytes.chunks_exact(2)) {
        let draw = u32::from(u16::from_le_bytes([bits[0], bits[1]]));
        *value = if draw < threshold { R::zero() } else { kept };
    }
}

/// Panics when `p` is not a dropout probability.
pub(super) fn check_probability(p: f64) {
    assert!((0.0..1.0).contains(&p), "dropout of {p}");
}
