//! Loops on the registers of x86-64.
#![expect(unsafe_code, reason = "the compiler cannot see the detection")]
#![allow(clippy::wildcard_imports, reason = "loops name many instructions")]

use super::Loop;
use std::arch::x86_64::*;
use std::hint::black_box;

/// Results in flight: enough to hide the latency of an instruction, few enough for the registers.
const SUMS: usize = 20;

pub(super) fn loop_of(kernel: &str) -> Option<Loop> {
    Some(match kernel {
        "avx512 f32" => (SUMS * 16 * 2, |rounds| {
            // SAFETY: a kernel of this name is only chosen where the processor has its instructions.
            unsafe { avx512_f32(rounds) }
        }),
        "avx512 bf16" => (SUMS * 32 * 2, |rounds| {
            // SAFETY: as above.
            unsafe { avx512_bf16(rounds) }
        }),
        "avx512 int8" => (SUMS * 64 * 2, |rounds| {
            // SAFETY: as above.
            unsafe { avx512_int8(rounds) }
        }),
        "avx2 f32" => (12 * 8 * 2, |rounds| {
            // SAFETY: as above.
            unsafe { avx2_f32(rounds) }
        }),
        _ => return None,
    })
}

peak!(avx512_f32, "avx512f", SUMS, _mm512_setzero_ps(), _mm512_set1_ps(0.5), |c, a, b| {
    _mm512_fmadd_ps(a, b, c)
});
peak!(
    avx512_bf16,
    "avx512f,avx512bf16",
    SUMS,
    _mm512_setzero_ps(),
    _mm512_cvtne2ps_pbh(_mm512_set1_ps(0.5), _mm512_set1_ps(0.5)),
    |c, a, b| _mm512_dpbf16_ps(c, a, b)
);
peak!(
    avx512_int8,
    "avx512f,avx512vnni",
    SUMS,
    _mm512_setzero_si512(),
    _mm512_set1_epi8(1),
    |c, a, b| { _mm512_dpbusd_epi32(c, a, b) }
);
peak!(avx2_f32, "avx2,fma", 12, _mm256_setzero_ps(), _mm256_set1_ps(0.5), |c, a, b| {
    _mm256_fmadd_ps(a, b, c)
});
