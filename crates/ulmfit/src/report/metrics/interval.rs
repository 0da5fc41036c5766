//! Confidence intervals of proportions and means.

/// 95 % quantile of the standard normal, two-sided.
pub(in crate::report) const Z: f64 = 1.959_963_984_540_054;

/// 95 % interval of a proportion: `hits` of `n` (Wilson 1927).
///
/// Unlike the usual `p ± 2σ` it stays within 0 and 1 and is meaningful at 0 and at `n`. For `n = 0` it
/// is `[0, 1]`.
pub fn wilson(hits: u64, n: u64) -> [f64; 2] {
    if n == 0 {
        return [0.0, 1.0];
    }
    let (p, n) = (hits as f64 / n as f64, n as f64);
    let scale = 1.0 + Z * Z / n;
    let middle = (p + Z * Z / (2.0 * n)) / scale;
    let half = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt() / scale;
    // The proportion itself is inside, also where it is an end and rounding says otherwise.
    [(middle - half).clamp(0.0, p), (middle + half).clamp(p, 1.0)]
}

/// Mean of some numbers and its 95 % interval (normal); for fewer than two numbers, a point.
pub fn mean_interval(values: &[f64]) -> (f64, [f64; 2]) {
    let n = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let half = Z * (squares / (n - 1.0).max(1.0) / n).sqrt();
    (mean, [mean - half, mean + half])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of `scipy.stats.binomtest(hits, n).proportion_ci(method="wilson")`.
    #[test]
    fn wilson_is_the_textbooks() {
        for (hits, n, low, high) in [
            (81, 263, 0.255_288_520, 0.366_209_577),
            (0, 20, 0.0, 0.161_125_158),
            (20, 20, 0.838_874_842, 1.0),
        ] {
            let [found_low, found_high] = wilson(hits, n);
            assert!((found_low - low).abs() < 1e-8, "{found_low} {low}");
            assert!((found_high - high).abs() < 1e-8, "{found_high} {high}");
        }
    }

    #[test]
    fn the_proportion_is_inside() {
        for n in 1..200 {
            for hits in 0..=n {
                let ([low, high], p) = (wilson(hits, n), hits as f64 / n as f64);
                assert!(0.0 <= low && low <= p && p <= high && high <= 1.0, "{hits} of {n}");
            }
            assert_eq!(wilson(n, n)[1].to_bits(), 1.0_f64.to_bits(), "{n}");
        }
    }

    /// Values of `statistics.mean` and `statistics.stdev`: 3 ± 1.96 · 1.5811 / √5.
    #[test]
    fn a_mean_has_the_interval_of_the_textbooks() {
        let (mean, [low, high]) = mean_interval(&[1.0, 2.0, 3.0, 4.0, 5.0]);
        assert!((mean - 3.0).abs() < 1e-12);
        assert!((low - 1.614_096).abs() < 1e-6 && (high - 4.385_904).abs() < 1e-6, "{low} {high}");
        assert_eq!(mean_interval(&[2.0]), (2.0, [2.0, 2.0]));
        assert_eq!(mean_interval(&[]), (0.0, [0.0, 0.0]));
    }

    #[test]
    fn more_rows_are_surer() {
        assert_eq!(wilson(0, 0).map(f64::to_bits), [0.0, 1.0].map(f64::to_bits));
        let width = |n: u64| wilson(n / 2, n)[1] - wilson(n / 2, n)[0];
        assert!(width(10) > width(100) && width(100) > width(1000));
    }
}
