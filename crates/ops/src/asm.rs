//! Instructions of Arm processors for which Rust has no stable functions yet.
//!
//! Each is one instruction on registers, which the compiler may move and repeat like any other.
#![expect(unsafe_code, reason = "assembly")]

use std::arch::aarch64::{float32x4_t, int32x4_t};
use std::arch::asm;

/// `sum` and, for each of its elements, the products of four `i8` of `b` with the four `i8` in the bits of `a`.
#[inline]
#[target_feature(enable = "neon,dotprod")]
pub(crate) fn sdot(sum: int32x4_t, a: f32, b: float32x4_t) -> int32x4_t {
    let mut result = sum;
    // SAFETY: reads and writes registers only; the processor has it, as the attribute says.
    unsafe {
        asm!("sdot {c:v}.4s, {b:v}.16b, {a:v}.4b[0]", c = inout(vreg) result, b = in(vreg) b,
            a = in(vreg) a, options(pure, nomem, nostack, preserves_flags));
    }
    result
}

/// `sum` and, for each of its elements, the products of two `bf16` of `b` with the two `bf16` in the bits of `a`.
///
/// The two are added before they are added to the sum, with rounding to odd: other bits than two
/// multiply-adds give.
#[inline]
#[target_feature(enable = "neon,bf16")]
pub(crate) fn bfdot(sum: float32x4_t, a: f32, b: float32x4_t) -> float32x4_t {
    let mut result = sum;
    // SAFETY: reads and writes registers only; the processor has it, as the attribute says.
    unsafe {
        asm!("bfdot {c:v}.4s, {b:v}.8h, {a:v}.2h[0]", c = inout(vreg) result, b = in(vreg) b,
            a = in(vreg) a, options(pure, nomem, nostack, preserves_flags));
    }
    result
}

/// Has a cache line fetched into the first cache, to be written.
#[inline]
pub(crate) fn prefetch_to_write(line: *const f32) {
    // SAFETY: a hint, which reads nothing and never faults.
    unsafe {
        asm!("prfm pstl1keep, [{line}]", line = in(reg) line,
            options(readonly, nostack, preserves_flags));
    }
}

/// Has a cache line fetched into the second cache.
#[inline]
pub(crate) fn prefetch_second(line: *const u32) {
    // SAFETY: a hint, which reads nothing and never faults.
    unsafe {
        asm!("prfm pldl2keep, [{line}]", line = in(reg) line,
            options(readonly, nostack, preserves_flags));
    }
}
