//! Arm's 128-bit vectors: 6 rows of 4 vectors each, 24 of 32 registers.

mod pairs;
mod quads;
mod shorts;
mod single;
mod widened;

use super::{Kernel, Layout, Precision, Tile, sizes, store};
use crate::asm;
use std::arch::aarch64::{
    float32x4_t, vaddq_f32, vaddq_s32, vdupq_n_f32, vld1q_f32, vreinterpretq_f32_s32,
    vreinterpretq_s32_f32, vst1q_f32,
};

/// `f32`.
pub(in super::super) static F32: Kernel = Kernel {
    name: "neon f32",
    rows: 6,
    columns: 16,
    panels,
    precision: Precision::F32,
    layout: Layout::Single,
    run: single::run,
};

/// `bf16`, two products an instruction and element.
pub(in super::super) static BF16_PAIRS: Kernel = Kernel {
    name: "neon bf16",
    rows: 6,
    columns: 16,
    panels,
    precision: Precision::Bf16,
    layout: Layout::Pairs,
    run: pairs::run,
};

/// `bf16`, widened to `f32` in registers: saves memory traffic, not arithmetic.
pub(in super::super) static BF16_WIDENED: Kernel = Kernel {
    name: "neon bf16, widened",
    rows: 6,
    columns: 16,
    panels,
    precision: Precision::Bf16,
    layout: Layout::Widened,
    run: widened::run,
};

/// `int8`, four products an instruction and element.
pub(in super::super) static INT8_QUADS: Kernel = Kernel {
    name: "neon int8",
    rows: 6,
    columns: 16,
    panels,
    precision: Precision::Int8,
    layout: Layout::SignedQuads,
    run: quads::run,
};

/// `int8`, with products of 16 bits.
pub(in super::super) static INT8_WIDENED: Kernel = Kernel {
    name: "neon int8, widened",
    rows: 6,
    columns: 16,
    panels,
    precision: Precision::Int8,
    layout: Layout::SignedQuads,
    run: shorts::run,
};

const LANES: usize = 4;
/// Vectors of a panel.
const VECTORS: usize = 4;

fn panels(rows: usize) -> usize {
    match rows {
        1 => 4,
        2 => 2,
        _ => 1,
    }
}

/// Has the tile's place in memory fetched while its products are computed: `R` rows of `P` panels.
fn fetch<const R: usize, const P: usize>(t: Tile) {
    for r in 0..R {
        for at in (0..P * VECTORS * LANES).step_by(16) {
            asm::prefetch_to_write(t.c.wrapping_add(r * t.c_stride + at));
        }
    }
}

/// Sums of nothing, for `R` rows of `P` panels.
#[target_feature(enable = "neon")]
fn zeros<const R: usize, const P: usize>() -> [[[float32x4_t; VECTORS]; P]; R] {
    [[[vdupq_n_f32(0.0); VECTORS]; P]; R]
}

/// A panel's vectors of one step.
///
/// # Safety
/// There are as many.
#[expect(unsafe_code, reason = "operands are pointers")]
#[target_feature(enable = "neon")]
unsafe fn vectors(b: *const f32) -> [float32x4_t; VECTORS] {
    // SAFETY: the caller's promise.
    unsafe {
        [
            vld1q_f32(b),
            vld1q_f32(b.add(LANES)),
            vld1q_f32(b.add(2 * LANES)),
            vld1q_f32(b.add(3 * LANES)),
        ]
    }
}

/// Writes some of the tile's results, or adds them to those before, as `i32` if they are
/// `INTEGERS`.
///
/// # Safety
/// `c` has room for them.
#[expect(unsafe_code, reason = "operands are pointers")]
#[target_feature(enable = "neon")]
unsafe fn put<const INTEGERS: bool>(c: *mut f32, sum: float32x4_t, onto: bool) {
    // SAFETY: the caller's promise.
    unsafe {
        let sum = if !onto {
            sum
        } else if INTEGERS {
            let before = vreinterpretq_s32_f32(vld1q_f32(c));
            vreinterpretq_f32_s32(vaddq_s32(before, vreinterpretq_s32_f32(sum)))
        } else {
            vaddq_f32(vld1q_f32(c), sum)
        };
        vst1q_f32(c, sum);
    }
}
