//! The most that this machine's registers multiply and add: what a product's speed is compared with.

/// A loop over sums in registers.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
macro_rules! peak {
    ($name:ident, $features:literal, $sums:expr, $zero:expr, $factor:expr, $add:expr) => {
        #[target_feature(enable = $features)]
        fn $name(rounds: usize) {
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

#[cfg(target_arch = "aarch64")]
#[path = "neon.rs"]
mod arch;
#[cfg(target_arch = "x86_64")]
#[path = "x86.rs"]
mod arch;
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
mod arch {
    pub(super) fn loop_of(_: &str) -> Option<super::Loop> {
        None
    }
}

use super::kernel;
use crate::Precision;
use std::time::Instant;

/// Rounds of all sums, some milliseconds.
const ROUNDS: usize = 400_000;

/// A loop of instructions on registers: the operations of one round.
type Loop = (usize, fn(usize));

/// Multiplications and additions a second, in billions, that all threads reach without touching
/// memory, with the instructions of this machine's kernel; the best of several runs. `None` where that
/// kernel has no loop here.
pub fn peak_gflops(precision: Precision) -> Option<f64> {
    let (operations, run) = arch::loop_of(kernel::best(precision).name)?;
    let rate = || {
        let started = Instant::now();
        rayon::broadcast(|_| run(ROUNDS));
        let all = (operations * ROUNDS * rayon::current_num_threads()) as f64;
        all / started.elapsed().as_secs_f64() / 1e9
    };
    Some((0..8).map(|_| rate()).fold(0.0, f64::max))
}

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
