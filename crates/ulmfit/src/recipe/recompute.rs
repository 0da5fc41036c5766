//! Memory for time: activations that are computed again instead of being kept.

use crate::free_memory::free_memory;
use serde::{Deserialize, Serialize};

/// Bytes of activations that [`Recompute::Auto`] keeps where the system does not say how much memory
/// is free.
const UNKNOWN: u64 = 2 << 30;

/// Whether the pieces of a document run forward a second time in training, when their gradients are
/// needed, instead of keeping their activations (gradient checkpointing, Chen, Xu, Zhang & Guestrin
/// 2016, "Training deep nets with sublinear memory cost").
///
/// Dropout masks are drawn again from the same keys, so the trained weights have the same bits with
/// each of these.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
pub enum Recompute {
    /// What does not fit in a quarter of the free memory
    ///
    /// Free when the program first asked; 2 GiB where the system does not say. A quarter, because two
    /// networks may be trained at once.
    #[default]
    Auto,
    /// Nothing: all activations are kept
    Off,
    /// Everything: least memory, about a third slower
    On,
}

impl Recompute {
    /// Bytes of activations that a training step may keep.
    pub fn kept_bytes(self) -> u64 {
        match self {
            Self::Auto => free_memory().map_or(UNKNOWN, |free| free / 4),
            Self::Off => u64::MAX,
            Self::On => 0,
        }
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
    pub(super) fn is_auto(&self) -> bool {
        *self == Self::Auto
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn auto_is_between_nothing_and_everything() {
        assert_eq!((Recompute::On.kept_bytes(), Recompute::Off.kept_bytes()), (0, u64::MAX));
        let auto = Recompute::Auto.kept_bytes();
        assert!(auto > 0 && auto < 1 << 50, "{auto}");
        assert_eq!(auto, Recompute::Auto.kept_bytes(), "it does not change while a program runs");
    }
}
