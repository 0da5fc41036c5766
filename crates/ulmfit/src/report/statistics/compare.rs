//! Is one classifier better than another, or was it luck?

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
}

/// What a comparison comes to, at the 5 % level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The first is better.
    First,
    /// The second is better.
    Second,
    /// These rows cannot tell.
    Tie,
}

impl Comparison {
    /// Compares row by row; `true` is a right guess.
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn new(first: &[bool], second: &[bool]) -> Self {
        assert_eq!(first.len(), second.len(), "both must have guessed every row");
        let only = |a: &[bool], b: &[bool]| a.iter().zip(b).filter(|(a, b)| **a && !**b).count();
        let (only_first, only_second) = (only(first, second) as u64, only(second, first) as u64);
        let n = first.len() as u64;
        Self {
            n,
            only_first,
            only_second,
            difference: (only_first as f64 - only_second as f64) / n.max(1) as f64,
            difference_ci95: paired_interval(only_first, only_second, n),
            p_value: mcnemar(only_first, only_second),
        }
    }

    /// Who is better, if these rows can tell.
    pub fn verdict(&self) -> Verdict {
        if self.p_value >= 0.05 {
            Verdict::Tie
        } else if self.only_first > self.only_second {
            Verdict::First
        } else {
            Verdict::Second
        }
    }

    /// The same seen from the second.
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
    /// let words = Comparison::new(&ours, &theirs).words("the model", "TF-IDF");
    /// assert!(words.starts_with("the model is not better than TF-IDF as far as 4 rows can tell"));
    /// ```
    pub fn words(&self, first: &str, second: &str) -> String {
        match self.verdict() {
            Verdict::First => format!("{first} is better than {second}: {self}"),
            Verdict::Second => format!("{second} is better than {first}: {}", self.reversed()),
            Verdict::Tie => {
                let n = self.n;
                format!("{first} is not better than {second} as far as {n} rows can tell: {self}")
            }
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [low, high] = self.difference_ci95.map(percent);
        let (difference, p) = (100.0 * self.difference, self.p_value);
        let p = if p < 0.001 { "p < 0.001".to_owned() } else { format!("p = {p:.3}") };
        write!(f, "{difference:+.2} points of accuracy (95 % interval {low} to {high}, {p})")
    }
}

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
    fn the_better_one_is_named_first_and_ahead() {
        let hits = |right: usize| (0..100).map(|row| row < right).collect::<Vec<_>>();
        let better = Comparison::new(&hits(90), &hits(70));
        let worse = Comparison::new(&hits(70), &hits(90));
        assert_eq!(worse.words("b", "a"), better.words("a", "b"));
        assert!(better.words("a", "b").starts_with("a is better than b: +20.00 points"));
        assert_eq!(better.reversed().reversed(), better);
        let little = Comparison::new(&hits(70), &hits(71)).words("a", "b");
        assert!(
            little.starts_with("a is not better than b as far as 100 rows can tell: -1.00 points"),
            "{little}"
        );
    }

    #[test]
    fn nothing_compared_is_a_tie() {
        let none = Comparison::new(&[], &[]);
        assert_eq!(none.verdict(), Verdict::Tie);
        assert!(none.difference.abs() < 1e-12);
    }
}
