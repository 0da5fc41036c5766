//! The binomial distribution: how many errors are likely, and which error rates are.

/// Probability of at most `k` hits in `n` draws that each hit with probability `p`.
///
/// Summed outwards from the largest term, so that nothing underflows.
///
/// # Panics
/// If there are more hits than draws.
pub fn at_most(k: u64, n: u64, p: f64) -> f64 {
    assert!(k <= n, "more hits than draws");
    if k == n || p <= 0.0 {
        return 1.0;
    }
    if p >= 1.0 {
        return 0.0;
    }
    let odds = p / (1.0 - p);
    let mode = (((n + 1) as f64 * p).floor() as u64).min(k);
    let log_choose: f64 = (1..=mode).map(|i| ((n - mode + i) as f64 / i as f64).ln()).sum();
    let log_term = log_choose + mode as f64 * p.ln() + (n - mode) as f64 * (-p).ln_1p();
    let mut sum = 1.0;
    let mut term = 1.0;
    for i in (1..=mode).rev() {
        term *= i as f64 / ((n - i + 1) as f64 * odds);
        sum += term;
        if term < sum * NEGLIGIBLE {
            break;
        }
    }
    term = 1.0;
    for i in mode..k {
        term *= (n - i) as f64 * odds / (i + 1) as f64;
        sum += term;
        if term < sum * NEGLIGIBLE {
            break;
        }
    }
    (log_term.exp() * sum).clamp(0.0, 1.0)
}

/// Terms below this part of the sum do not change it.
const NEGLIGIBLE: f64 = 1e-18;

/// Exact two-sided interval of a proportion at `level`: `k` of `n` (Clopper & Pearson 1934).
///
/// Without draws it is 0 to 1.
///
/// # Panics
/// If there are more hits than draws.
pub fn clopper_pearson(k: u64, n: u64, level: f64) -> [f64; 2] {
    let tail = (1.0 - level) / 2.0;
    if n == 0 {
        return [0.0, 1.0];
    }
    let low = if k == 0 { 0.0 } else { root(|p| 1.0 - at_most(k - 1, n, p) >= tail) };
    let high = if k == n { 1.0 } else { root(|p| at_most(k, n, p) <= tail) };
    [low, high]
}

/// The lowest probability at which a monotonic condition holds.
fn root(holds: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if holds(middle) { high = middle } else { low = middle }
    }
    high
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of `scipy.stats.binom.cdf`.
    #[test]
    fn the_tail_is_the_textbooks() {
        for (k, n, p, wanted) in [
            (0, 59, 0.05, 0.048_494_525_249),
            (3, 200, 0.05, 0.009_048_376_396),
            (150, 160, 0.9, 0.964_095_340_159),
            (1_100, 25_000, 0.05, 4.929_200_353_495e-6),
            (20, 20, 0.5, 1.0),
            (9, 20, 0.5, 0.411_901_473_999),
        ] {
            let found = at_most(k, n, p);
            assert!((found - wanted).abs() < 1e-9 * wanted + 1e-12, "{k} {n} {p}: {found}");
        }
    }

    /// Values of `scipy.stats.binomtest(k, n).proportion_ci(method="exact")`.
    #[test]
    fn the_interval_is_the_textbooks() {
        for (k, n, low, high) in [
            (0, 20, 0.0, 0.168_433_470_983),
            (3, 200, 0.003_104_107_622, 0.043_208_281_918),
            (20, 20, 0.831_566_529_017, 1.0),
        ] {
            let found = clopper_pearson(k, n, 0.95);
            assert!((found[0] - low).abs() < 1e-10 && (found[1] - high).abs() < 1e-10, "{found:?}");
        }
        assert_eq!(clopper_pearson(0, 0, 0.95).map(f64::to_bits), [0.0, 1.0].map(f64::to_bits));
    }
}
