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

/// 95 % quantile of Student's t, two-sided, for so many degrees of freedom; infinite for none.
///
/// To within 0.0003 from five on, by the expansion of Cornish and Fisher (Abramowitz & Stegun 1964, 26.7.5).
pub(crate) fn student_t(freedom: usize) -> f64 {
    match freedom {
        0 => f64::INFINITY,
        1 => 12.706_204_736,
        2 => 4.302_652_730,
        3 => 3.182_446_305,
        4 => 2.776_445_105,
        more => {
            let (n, z) = (more as f64, Z);
            let first = (z.powi(3) + z) / 4.0;
            let second = (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / 96.0;
            let third = (3.0 * z.powi(7) + 19.0 * z.powi(5) + 17.0 * z.powi(3) - 15.0 * z) / 384.0;
            let fourth = (79.0 * z.powi(9) + 776.0 * z.powi(7) + 1482.0 * z.powi(5)
                - 1920.0 * z.powi(3)
                - 945.0 * z)
                / 92_160.0;
            z + first / n + second / n.powi(2) + third / n.powi(3) + fourth / n.powi(4)
        }
    }
}

/// Mean of some numbers and its 95 % interval (Student's t). Fewer than two numbers say nothing about their spread:
/// the interval is infinite.
pub fn mean_interval(values: &[f64]) -> (f64, [f64; 2]) {
    let n = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / n;
    if values.len() < 2 {
        return (mean, [f64::NEG_INFINITY, f64::INFINITY]);
    }
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let half = student_t(values.len() - 1) * (squares / (n - 1.0) / n).sqrt();
    (mean, [mean - half, mean + half])
}

/// An interval of a mean in words; of one row there is none.
pub(crate) fn in_words([low, high]: [f64; 2]) -> String {
    if low.is_finite() {
        format!("95 % interval {low:.4} to {high:.4}")
    } else {
        "one row has no interval".to_owned()
    }
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

    /// Values of `scipy.stats.t.ppf(0.975, n)`.
    #[test]
    fn quantiles_of_students_t_are_the_tables() {
        let table = [
            (1, 12.7062),
            (2, 4.3027),
            (3, 3.1824),
            (4, 2.7764),
            (5, 2.5706),
            (10, 2.2281),
            (30, 2.0423),
            (1000, 1.9623),
        ];
        for (freedom, wanted) in table {
            let found = student_t(freedom);
            assert!((found - wanted).abs() < 4e-4, "{freedom}: {found} {wanted}");
        }
    }

    /// Values of `scipy.stats.t.interval(0.95, 4, loc=3, scale=statistics.stdev / 5 ** 0.5)`.
    #[test]
    fn a_mean_has_the_interval_of_the_textbooks() {
        let (mean, [low, high]) = mean_interval(&[1.0, 2.0, 3.0, 4.0, 5.0]);
        assert!((mean - 3.0).abs() < 1e-12);
        assert!((low - 1.036_757).abs() < 1e-3 && (high - 4.963_243).abs() < 1e-3, "{low} {high}");
        let everything = [f64::NEG_INFINITY, f64::INFINITY];
        assert_eq!(mean_interval(&[2.0]), (2.0, everything));
        assert_eq!(mean_interval(&[]), (0.0, everything));
    }

    #[test]
    fn more_rows_are_surer() {
        assert_eq!(wilson(0, 0).map(f64::to_bits), [0.0, 1.0].map(f64::to_bits));
        let width = |n: u64| wilson(n / 2, n)[1] - wilson(n / 2, n)[0];
        assert!(width(10) > width(100) && width(100) > width(1000));
    }
}
