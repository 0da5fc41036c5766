//! The most that this machine's registers multiply and add: what a product's speed is compared with.
#![allow(clippy::wildcard_imports, reason = "loops share the names of the vectors")]

use super::kernel;
use crate::Precision;
#[cfg(target_arch = "x86_64")]
use std::hint::black_box;
use std::time::Instant;

/// Results in flight: enough to hide the latency of an instruction, few enough for the registers.
#[cfg(target_arch = "x86_64")]
const SUMS: usize = 20;
/// Rounds of all sums, some milliseconds.
const ROUNDS: usize = 400_000;

/// A loop of instructions on registers: the operations of one round.
type Loop = (usize, fn(usize));

/// Multiplications and additions a second, in billions, that all threads reach without touching
/// memory, with the instructions of this machine's kernel; the best of several runs. `None` where that
/// kernel has no loop here.
pub fn peak_gflops(precision: Precision) -> Option<f64> {
    let (operations, run) = loop_of(kernel::best(precision).name)?;
    let rate = || {
        let started = Instant::now();
        rayon::broadcast(|_| run(ROUNDS));
        let all = (operations * ROUNDS * rayon::current_num_threads()) as f64;
        all / started.elapsed().as_secs_f64() / 1e9
    };
    Some((0..8).map(|_| rate()).fold(0.0, f64::max))
}

#[cfg(not(target_arch = "x86_64"))]
fn loop_of(_: &str) -> Option<Loop> {
    None
}

#[cfg(target_arch = "x86_64")]
fn loop_of(kernel: &str) -> Option<Loop> {
    #![expect(unsafe_code, reason = "the compiler cannot see the detection")]
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

/// A loop over sums in registers.
#[cfg(target_arch = "x86_64")]
macro_rules! peak {
    ($name:ident, $features:literal, $sums:expr, $zero:expr, $factor:expr, $add:expr) => {
        #[target_feature(enable = $features)]
        fn $name(rounds: usize) {
            use std::arch::x86_64::*;
            let mut sums = [$zero; $sums];
            let (a, b) = (black_box($factor), black_box($factor));
            for _ in 0..rounds {
                for sum in &mut sums {
                    *sum = $add(*sum, a, b);
                }
            }
            black_box(sums);
        }
    };
}

#[cfg(target_arch = "x86_64")]
peak!(avx512_f32, "avx512f", SUMS, _mm512_setzero_ps(), _mm512_set1_ps(0.5), |c, a, b| {
    _mm512_fmadd_ps(a, b, c)
});
#[cfg(target_arch = "x86_64")]
peak!(
    avx512_bf16,
    "avx512f,avx512bf16",
    SUMS,
    _mm512_setzero_ps(),
    _mm512_cvtne2ps_pbh(_mm512_set1_ps(0.5), _mm512_set1_ps(0.5)),
    |c, a, b| _mm512_dpbf16_ps(c, a, b)
);
#[cfg(target_arch = "x86_64")]
peak!(
    avx512_int8,
    "avx512f,avx512vnni",
    SUMS,
    _mm512_setzero_si512(),
    _mm512_set1_epi8(1),
    |c, a, b| { _mm512_dpbusd_epi32(c, a, b) }
);
#[cfg(target_arch = "x86_64")]
peak!(avx2_f32, "avx2,fma", 12, _mm256_setzero_ps(), _mm256_set1_ps(0.5), |c, a, b| {
    _mm256_fmadd_ps(a, b, c)
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peak_is_positive_and_finite() {
        for precision in [Precision::F32, Precision::Bf16, Precision::Int8] {
            let peak = peak_gflops(precision);
            assert!(peak.is_none_or(|rate| rate > 0.1 && rate < 1e7), "{precision}: {peak:?}");
        }
    }
}
