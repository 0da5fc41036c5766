//! Loops on the registers of Arm's processors.
#![expect(unsafe_code, reason = "the compiler cannot see the detection")]

use super::Loop;
use crate::asm;
use std::arch::aarch64::{vdupq_n_f32, vdupq_n_s32, vfmaq_f32};
use std::hint::black_box;

/// Results in flight: enough to hide the latency of an instruction, few enough for the registers.
const SUMS: usize = 24;

pub(super) fn loop_of(kernel: &str) -> Option<Loop> {
    Some(match kernel {
        "neon f32" => (SUMS * 4 * 2, |rounds| {
            // SAFETY: a kernel of this name is only chosen where the processor has its instructions.
            unsafe { neon_f32(rounds) }
        }),
        "neon bf16" => (SUMS * 8 * 2, |rounds| {
            // SAFETY: as above.
            unsafe { neon_bf16(rounds) }
        }),
        "neon int8" => (SUMS * 16 * 2, |rounds| {
            // SAFETY: as above.
            unsafe { neon_int8(rounds) }
        }),
        _ => return None,
    })
}

peak!(neon_f32, "neon", SUMS, vdupq_n_f32(0.0), vdupq_n_f32(0.5), |c, a, b| vfmaq_f32(c, a, b));
peak!(neon_bf16, "neon,bf16", SUMS, vdupq_n_f32(0.0), vdupq_n_f32(0.5), |c, _, b| {
    asm::bfdot(c, 0.5, b)
});
peak!(neon_int8, "neon,dotprod", SUMS, vdupq_n_s32(0), vdupq_n_f32(0.5), |c, _, b| {
    asm::sdot(c, 0.5, b)
});
