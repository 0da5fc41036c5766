//! Is one classifier better than another, or was it luck?

use crate::data::amounts::rows;
use crate::report::metrics::Z;
use crate::report::table::percent;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Two classifiers on the same rows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Rows.
    pub n: u64,
    /// Rows that only the first got right.
    pub only_first: u64,
    /// Rows that only the second got right.
    pub only_second: u64,
    /// Accuracy of the first minus accuracy of the second.
    pub difference: f64,
    /// 95 % interval of the difference (Bonett & Price 2012).
    pub difference_ci95: [f64; 2],
    /// Chance of a split at least this uneven between equals (McNemar's exact test, two-sided).
    pub p_value: f64,
    /// About how many rows would show a difference of this size; `None` if these rows do, or if
    /// there is no difference to show.
    #[serde(default)]
    pub rows_needed: Option<u64>,
}

/// A difference with a smaller p-value counts as shown.
const LEVEL: f64 = 0.05;
/// Above this p-value even the sign of a difference is uncertain: about one standard error.
const LIKELY: f64 = 0.3;

/// Result of a comparison, at the 5 % level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The first is better.
    First,
    /// The second is better.
    Second,
    /// These rows cannot show a difference; that does not mean there is none.
    Tie,
}

impl Comparison {
    /// Compares row by row; `true` is a correct prediction.
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn new(first: &[bool], second: &[bool]) -> Self {
        assert_eq!(first.len(), second.len(), "both must have predicted every row");
        let only = |a: &[bool], b: &[bool]| a.iter().zip(b).filter(|(a, b)| **a && !**b).count();
        let (only_first, only_second) = (only(first, second) as u64, only(second, first) as u64);
        let n = first.len() as u64;
        let p_value = mcnemar(only_first, only_second);
        let is_open = p_value >= LEVEL && only_first != only_second;
        Self {
            n,
            only_first,
            only_second,
            difference: (only_first as f64 - only_second as f64) / n.max(1) as f64,
            difference_ci95: paired_interval(only_first, only_second, n),
            p_value,
            rows_needed: is_open.then(|| rows_needed(only_first, only_second, n).max(n + 1)),
        }
    }

    /// Which one is better, if these rows show it.
    pub fn verdict(&self) -> Verdict {
        if self.p_value >= LEVEL {
            Verdict::Tie
        } else if self.only_first > self.only_second {
            Verdict::First
        } else {
            Verdict::Second
        }
    }

    /// Which one is probably better if these rows cannot show it; `None` if they can, or if the
    /// difference is within about one standard error.
    pub fn leaning(&self) -> Option<Verdict> {
        match self.verdict() {
            Verdict::Tie if self.p_value < LIKELY && self.difference > 0.0 => Some(Verdict::First),
            Verdict::Tie if self.p_value < LIKELY => Some(Verdict::Second),
            _ => None,
        }
    }

    /// The comparison with both sides exchanged.
    #[must_use]
    pub fn reversed(&self) -> Self {
        let [low, high] = self.difference_ci95;
        Self {
            only_first: self.only_second,
            only_second: self.only_first,
            difference: -self.difference,
            difference_ci95: [-high, -low],
            ..*self
        }
    }

    /// The verdict as a sentence.
    ///
    /// ```
    /// use ulmfit::report::statistics::Comparison;
    /// let (ours, theirs) = ([true, true, false, true], [true, false, true, true]);
    /// let words = Comparison::new(&ours, &theirs).words("The model", "TF-IDF");
    /// assert!(words.starts_with("No significant difference from TF-IDF on 4 rows"));
    /// ```
    pub fn words(&self, first: &str, second: &str) -> String {
        match self.verdict() {
            Verdict::First => format!("{first} is better than {second}: {self}"),
            Verdict::Second => format!("{first} is worse than {second}: {self}"),
            Verdict::Tie => {
                let n = self.n;
                let [low, high] = self.difference_ci95;
                let stricter =
                    if low * high > 0.0 { "; the test is stricter than the interval" } else { "" };
                let likely = match self.leaning() {
                    Some(Verdict::First) => "better",
                    Some(_) => "worse",
                    None => {
                        return format!(
                            "No significant difference from {second} on {}: {self}{stricter}",
                            rows(n as usize)
                        );
                    }
                };
                let more = match self.rows_needed {
                    Some(rows) => format!(
                        "; if the true difference is that large, about {} test rows would show it in four cases out of five",
                        rounded(rows)
                    ),
                    None => String::new(),
                };
                format!(
                    "{first} is probably {likely} than {second}, but {n} rows are too few to be sure: {self}{stricter}{more}"
                )
            }
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [low, high] = self.difference_ci95.map(percent);
        let (difference, p) = (100.0 * self.difference, self.p_value);
        let p = if p < 0.001 { "p < 0.001".to_owned() } else { format!("p = {p:.3}") };
        write!(f, "{difference:+.1} points of accuracy (95 % interval {low} to {high}, {p})")
    }
}

/// Rows at which a difference of this size has a chance of 80 % to be significant at the 5 % level.
///
/// The sample size of McNemar's test, `((z₁ √ψ + z₂ √(ψ − δ²)) / δ)²` for a difference `δ` and a
/// share `ψ` of discordant rows, both as estimated here (Connor 1987, Biometrics 43, 207-211).
fn rows_needed(only_first: u64, only_second: u64, n: u64) -> u64 {
    let part = |count: u64| count as f64 / n as f64;
    let (difference, discordant) =
        (part(only_first.abs_diff(only_second)), part(only_first + only_second));
    let spread = (discordant - difference * difference).max(0.0);
    let root = (Z * discordant.sqrt() + Z_POWER * spread.sqrt()) / difference;
    (root * root).ceil() as u64
}

/// An estimated count, rounded to two significant digits.
pub fn rounded(count: u64) -> u64 {
    let unit = 10_u64.pow(count.checked_ilog10().unwrap_or(0).saturating_sub(1));
    count.div_ceil(unit).saturating_mul(unit)
}

/// 80 % quantile of the standard normal.
pub(super) const Z_POWER: f64 = 0.841_621_233_572_914;

/// 95 % interval of the difference of two proportions seen on the same `n` rows.
///
/// Wald's with one row added to either side of the discordant ones (Bonett & Price 2012).
fn paired_interval(only_first: u64, only_second: u64, n: u64) -> [f64; 2] {
    let n = n as f64 + 2.0;
    let (a, b) = ((only_first as f64 + 1.0) / n, (only_second as f64 + 1.0) / n);
    let (difference, spread) = (a - b, a + b);
    let half = Z * ((spread - difference * difference) / n).sqrt();
    [(difference - half).max(-1.0), (difference + half).min(1.0)]
}

/// Twice the smaller tail of `a` heads and `b` tails of a fair coin, at most 1.
fn mcnemar(a: u64, b: u64) -> f64 {
    let (tosses, few) = (a + b, a.min(b));
    let mut log_term = tosses as f64 * 0.5_f64.ln(); // of `heads` heads; a sum of logs cannot underflow
    let mut tail = log_term.exp();
    for heads in 1..=few {
        log_term += ((tosses - heads + 1) as f64 / heads as f64).ln();
        tail += log_term.exp();
    }
    (2.0 * tail).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of `scipy.stats.binomtest(min(a, b), a + b).pvalue`.
    #[test]
    fn mcnemar_is_the_binomial_test() {
        for (a, b, wanted) in [
            (0, 0, 1.0),
            (5, 5, 1.0),
            (1, 9, 0.021_484_375),
            (40, 20, 0.013_489_293),
            (3000, 2800, 0.008_969_436),
        ] {
            assert!((mcnemar(a, b) - wanted).abs() < 1e-8, "{a} {b} {}", mcnemar(a, b));
            assert!((mcnemar(a, b) - mcnemar(b, a)).abs() < 1e-12);
        }
    }

    #[test]
    fn verdict_needs_evidence() {
        let hits = |right: usize| (0..100).map(|row| row < right).collect::<Vec<_>>();
        let compare = |first: usize, second: usize| Comparison::new(&hits(first), &hits(second));
        assert_eq!(compare(90, 70).verdict(), Verdict::First);
        assert_eq!(compare(70, 90).verdict(), Verdict::Second);
        assert_eq!(compare(83, 80).verdict(), Verdict::Tie);
        let found = compare(90, 70);
        assert!((found.difference - 0.2).abs() < 1e-12);
        let [low, high] = found.difference_ci95;
        assert!(0.11 < low && low < 0.2 && 0.2 < high && high < 0.29, "{low} {high}");
    }

    #[test]
    fn better_worse_and_undecided_are_told_apart() {
        let hits = |right: usize| (0..100).map(|row| row < right).collect::<Vec<_>>();
        let better = Comparison::new(&hits(90), &hits(70));
        let worse = Comparison::new(&hits(70), &hits(90));
        assert!(worse.words("a", "b").starts_with("a is worse than b: -20.0 points"));
        assert!(better.words("a", "b").starts_with("a is better than b: +20.0 points"));
        assert_eq!(better.reversed().reversed(), better);
        let little = Comparison::new(&hits(70), &hits(71)).words("A", "b");
        assert!(
            little.starts_with("No significant difference from b on 100 rows: -1.0 points"),
            "{little}"
        );
        assert!(!little.contains("probably"), "one row says nothing: {little}");
    }

    /// `a` rows that only the first has right, `b` that only the second has, of `n`.
    fn discordant(a: usize, b: usize, n: usize) -> Comparison {
        let first: Vec<bool> = (0..n).map(|row| !(a..a + b).contains(&row)).collect();
        let second: Vec<bool> = (0..n).map(|row| row >= a).collect();
        Comparison::new(&first, &second)
    }

    #[test]
    fn what_is_not_shown_leans_and_says_how_many_rows_would_show_it() {
        let open = discordant(10, 3, 160);
        assert_eq!((open.verdict(), open.leaning()), (Verdict::Tie, Some(Verdict::First)));
        let words = open.words("The classifier", "TF-IDF");
        let wanted =
            "The classifier is probably better than TF-IDF, but 160 rows are too few to be sure: +";
        assert!(words.starts_with(wanted), "{words}");
        assert!(
            words.ends_with("about 340 test rows would show it in four cases out of five"),
            "{words}"
        );
        let words = open.reversed().words("The classifier", "TF-IDF");
        assert!(words.starts_with("The classifier is probably worse than TF-IDF, but"), "{words}");
        assert_eq!(discordant(60, 20, 160).rows_needed, None, "it is shown");
        assert_eq!(discordant(5, 5, 160).rows_needed, None, "there is nothing to show");
    }

    /// By hand: d = 7/160, ψ = 13/160, (1.95996 √ψ + 0.84162 √(ψ − d²))² / d² = 330.4; and with so
    /// many rows about four in five simulated tests are significant.
    #[test]
    fn so_many_rows_would_show_it() {
        let rows = rows_needed(10, 3, 160);
        assert_eq!(rows, 331);
        let mut state = 1_u64;
        let mut below = |n: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) % n
        };
        let significant = (0..2000).filter(|_| {
            let draws: Vec<u64> = (0..rows).map(|_| below(160)).collect();
            let a = draws.iter().filter(|&&draw| draw < 10).count() as u64;
            let b = draws.iter().filter(|&&draw| (10..13).contains(&draw)).count() as u64;
            mcnemar(a, b) < LEVEL
        });
        let power = significant.count() as f64 / 2000.0;
        assert!((0.70..0.88).contains(&power), "{power}"); // the exact test is a little stricter
    }

    #[test]
    fn counts_are_rounded_up_to_two_digits() {
        assert_eq!([0, 7, 42, 331, 1234].map(rounded), [0, 7, 42, 340, 1300]);
    }

    #[test]
    fn nothing_compared_is_a_tie() {
        let none = Comparison::new(&[], &[]);
        assert_eq!(none.verdict(), Verdict::Tie);
        assert!(none.difference.abs() < 1e-12);
    }
}
