//! Exponential, logistic function and hyperbolic tangent that the compiler can vectorise.
//!
//! Polynomials instead of the system's mathematics library: several times faster in a loop, and
//! the same bits on every machine. Coefficients: Moshier's Cephes library (`expf`, `tanhf`).
//! Not a number stays not a number, so that a diverging run is noticed.
#![expect(
    clippy::inline_always,
    reason = "loops around these vectorise only when they are inlined"
)]

/// `eˣ`, within 2 units in the last place; 0 and infinity where `f32` ends.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    // Adding 1.5·2²³ rounds to an integer, which is then in the low bits.
    const ROUND: f32 = 12_582_912.0;
    // ln 2 in two parts: multiples of the first one are exact.
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;

    // Comparisons, because `clamp` and `min` would be slower or swallow NaN.
    let x = if x > 89.0 { 89.0 } else { x };
    let x = if x < -104.0 { -104.0 } else { x };
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = x - n * LN2_HIGH - n * LN2_LOW;
    let mut p = 1.987_569_2e-4;
    p = p * r + 1.398_2e-3;
    p = p * r + 8.333_452e-3;
    p = p * r + 4.166_579_6e-2;
    p = p * r + 1.666_666_5e-1;
    p = p * r + 0.5;
    p = p * r * r + r + 1.0;
    // In two factors, for results below the smallest normal number and above 2¹²⁷.
    let n = shifted.to_bits().wrapping_sub(ROUND.to_bits()).cast_signed();
    let half = n >> 1;
    p * power_of_two(half) * power_of_two(n.wrapping_sub(half))
}

/// `2ⁿ` for `-127 < n < 128`.
#[inline(always)]
fn power_of_two(n: i32) -> f32 {
    f32::from_bits((n.wrapping_add(127) << 23).cast_unsigned())
}

/// `1/(1 + e⁻ˣ)`
#[inline(always)]
pub(crate) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// Hyperbolic tangent.
#[inline(always)]
pub(crate) fn tanh(x: f32) -> f32 {
    let size = x.abs();
    let z = x * x;
    let mut p = -5.704_988_7e-3;
    p = p * z + 2.063_909e-2;
    p = p * z - 5.373_971_6e-2;
    p = p * z + 1.333_144_2e-1;
    p = p * z - 3.333_328e-1;
    let near = p * z * x + x;
    let far = (1.0 - 2.0 / (exp(2.0 * size) + 1.0)).copysign(x);
    if size < 0.625 { near } else { far }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::float_cmp, reason = "the ends are exact")]

    use super::*;

    /// Largest error in units in the last place of the true value, over 2 million arguments.
    fn worst(from: f32, to: f32, ours: fn(f32) -> f32, exact: fn(f64) -> f64) -> f64 {
        let n = 2_000_000;
        (0..=n)
            .map(|i| {
                let x = from + (to - from) * (i as f32 / n as f32);
                let exact = exact(f64::from(x));
                let size = exact.abs() as f32;
                let unit = f64::from(size.next_up()) - f64::from(size);
                (f64::from(ours(x)) - exact).abs() / unit
            })
            .fold(0.0, f64::max)
    }

    #[test]
    fn errors_are_a_few_units_in_the_last_place() {
        let sigmoid_f64 = |x: f64| 1.0 / (1.0 + (-x).exp());
        for (name, error, bound) in [
            ("exp", worst(-87.0, 88.7, exp, f64::exp), 2.0),
            ("exp near 0", worst(-1.0, 1.0, exp, f64::exp), 2.0),
            ("sigmoid", worst(-87.0, 20.0, sigmoid, sigmoid_f64), 3.0),
            ("sigmoid near 0", worst(-2.0, 2.0, sigmoid, sigmoid_f64), 3.0),
            ("tanh", worst(-10.0, 10.0, tanh, f64::tanh), 2.0),
            ("tanh near 0", worst(-0.7, 0.7, tanh, f64::tanh), 2.0),
        ] {
            eprintln!("{name}: {error:.2} units");
            assert!(error < bound, "{name}: {error} units");
        }
    }

    #[test]
    fn ends_and_strangers() {
        assert_eq!([exp(0.0), exp(100.0), exp(f32::INFINITY)], [1.0, f32::INFINITY, f32::INFINITY]);
        assert_eq!([exp(-200.0), exp(f32::NEG_INFINITY)], [0.0, 0.0]);
        assert!(exp(-100.0) > 0.0, "not a normal number, but not zero");
        assert_eq!([sigmoid(0.0), sigmoid(1e9), sigmoid(-1e9)], [0.5, 1.0, 0.0]);
        assert_eq!([tanh(0.0), tanh(1e9), tanh(-1e9)], [0.0, 1.0, -1.0]);
        for function in [exp, sigmoid, tanh] {
            assert!(function(f32::NAN).is_nan());
        }
    }
}
