//! In which numbers products are computed.

use crate::{gemm, isa};
use std::fmt;

/// Precision of the factors of large matrix products.
///
/// Parameters, states, sums, losses and updates are `f32` in either case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Precision {
    /// Single precision, 24 bits.
    #[default]
    F32,
    /// `bfloat16`: the range of `f32` with 8 bits; half the memory to stream, and twice the speed
    /// where the processor has instructions for it.
    Bf16,
    /// 8-bit integers for the LSTMs of forward passes, a scale for each row of weights and each
    /// row of inputs: a quarter of the memory to stream. Nothing can be trained with it.
    Int8,
}

impl Precision {
    /// The fastest numbers for predictions of this machine whose errors were measured to be those
    /// of `f32` (`results/LOG.md`): `bf16` where there are vectors for it, but not where the processor has slow
    /// instructions for it, nor on Arm's processors, where the speed was never measured.
    pub fn for_prediction() -> Self {
        let is_portable = gemm::kernel_name(Self::Bf16).starts_with("portable");
        let is_slow = gemm::multiplies_bf16() && !isa::bf16_is_fast();
        let is_unknown = cfg!(target_arch = "aarch64");
        if is_portable || is_slow || is_unknown { Self::F32 } else { Self::Bf16 }
    }

    /// The fastest numbers for a training on this machine whose errors were measured to be those
    /// of `f32` (`results/LOG.md`): `bf16` where there are fast instructions for it.
    pub fn for_training() -> Self {
        let is_fast = gemm::multiplies_bf16() && isa::bf16_is_fast();
        if is_fast { Self::Bf16 } else { Self::F32 }
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::F32 => "f32",
            Self::Bf16 => "bf16",
            Self::Int8 => "int8",
        })
    }
}
