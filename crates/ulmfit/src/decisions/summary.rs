//! What a calibration comes to, for a person: what can be left to the classifier.

use super::conformal::{half_width, rank};
use super::{Calibration, DecisionError, RiskCurve, RiskPoint, Scores, Source};
use crate::data::labels::PREDICTED;
use serde::Serialize;
use std::fmt;

/// What can be left to a classifier.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Automation {
    /// In one sentence.
    pub sentence: String,
    /// How many rows smaller error rates would need, if these are too few for some.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stricter: Option<String>,
    /// Rows it rests on.
    pub rows: usize,
    /// Thresholds for some error rates, as far as these rows are enough, from the smallest that they show.
    pub choices: Vec<Choice>,
    /// The choice of the sentence, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chosen: Option<Choice>,
    /// Errors over the share of texts answered.
    pub curve: Vec<CurvePoint>,
}

/// A threshold whose errors are bounded.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Choice {
    /// At most this share of the answers is wrong, with 95 % confidence.
    pub max_error: f64,
    /// Least confidence of an answer, in few decimals.
    pub threshold: f64,
    /// Share of the rows that is answered.
    pub answered: f64,
    /// Share of these answers that is wrong.
    pub error: f64,
    /// Its exact 95 % interval.
    pub error_ci95: [f64; 2],
}

/// One point of the risk-coverage curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CurvePoint {
    /// Least confidence of an answer.
    pub threshold: f64,
    /// Share of the rows that is answered.
    pub answered: f64,
    /// Share of these answers that is wrong.
    pub error: f64,
    /// Its exact 95 % interval.
    pub error_ci95: [f64; 2],
}

/// Error rates that people ask for.
const TARGETS: [f64; 5] = [0.01, 0.02, 0.05, 0.1, 0.2];
/// A threshold that answers less than this does not help, if another one answers more.
const HELPFUL: f64 = 0.5;
/// Points of a curve at most.
const POINTS: usize = 50;
/// Coverage of the sets and intervals in a sentence.
const COVERAGE: f64 = 0.9;

impl Choice {
    fn new(max_error: f64, point: RiskPoint, risk: &RiskCurve) -> Self {
        Self {
            max_error,
            threshold: risk.in_few_decimals(&point),
            answered: point.share(),
            error: point.error(),
            error_ci95: point.interval(),
        }
    }

    /// The error rate in per cent; all that are asked for are whole.
    pub fn percent(&self) -> f64 {
        (100.0 * self.max_error).round()
    }

    /// The threshold, with two decimals at least.
    pub fn shown_threshold(&self) -> String {
        let (two, all) = (format!("{:.2}", self.threshold), self.threshold.to_string());
        if two.len() < all.len() { all } else { two }
    }
}

impl Automation {
    /// Sums up a calibration; `None` if it has no rows.
    pub fn new(calibration: &Calibration) -> Option<Self> {
        if calibration.rows == 0 {
            return None;
        }
        let plain = |sentence: String| {
            let (rows, choices, curve) = (calibration.rows, Vec::new(), Vec::new());
            Some(Self { sentence, stricter: None, rows, choices, chosen: None, curve })
        };
        match &calibration.scores {
            Scores::Single { right, wrong, .. } => {
                Some(Self::of_risk(&RiskCurve::new(right, wrong), calibration.source))
            }
            Scores::Regression { residuals } => plain(match half_width(residuals, COVERAGE) {
                Some(half) => format!(
                    "Expect the right number to be within ±{half:.4} of the prediction in 90 % of texts like \
                     these."
                ),
                None => format!(
                    "{} rows are too few for an interval around the predictions; 9 are needed.",
                    calibration.rows
                ),
            }),
            Scores::Multi { labels } => {
                let shown = labels.iter().filter(|label| {
                    let predicted = |of: &[f32]| -> Vec<f32> {
                        of.iter().copied().filter(|&p| p >= PREDICTED).collect()
                    };
                    let (right, wrong) = (predicted(&label.present), predicted(&label.absent));
                    RiskCurve::new(&right, &wrong).with_error_at_most(0.1).is_ok()
                });
                let (shown, all) = (shown.count(), labels.len());
                let covered = labels.iter().filter(|label| {
                    let n = label.present.len();
                    rank(n, COVERAGE) <= n
                });
                let count = |labels: usize| match labels {
                    0 => "none".to_owned(),
                    _ if labels == all => "all".to_owned(),
                    some => some.to_string(),
                };
                plain(format!(
                    "Of {all} labels, {} can be predicted with at most 10 % errors (each with 95 % confidence, above \
                     a threshold of its own); {} have enough rows for a coverage of 90 %.",
                    count(shown),
                    count(covered.count())
                ))
            }
        }
    }

    /// How the threshold has changed since an earlier summary: the choice then and the one now for the
    /// smallest error rate for which both have one, or for which one of them has.
    pub fn change_since(&self, earlier: &Self) -> Option<(Option<Choice>, Option<Choice>)> {
        let at = |choices: &[Choice], most: f64| {
            choices.iter().find(|choice| choice.max_error.total_cmp(&most).is_eq()).copied()
        };
        let both = self.choices.iter().find_map(|now| {
            at(&earlier.choices, now.max_error).map(|then| (Some(then), Some(*now)))
        });
        both.or_else(|| self.chosen.map(|now| (None, Some(now))))
            .or_else(|| earlier.chosen.map(|then| (Some(then), None)))
    }

    pub(crate) fn of_risk(risk: &RiskCurve, source: Source) -> Self {
        let mut needed = Vec::new();
        let mut choices = Vec::new();
        for target in TARGETS {
            match risk.with_error_at_most(target) {
                Ok(point) => choices.push(Choice::new(target, point, risk)),
                Err(DecisionError::TooFew { needed: rows, .. }) => needed.push((target, rows)),
                Err(_) => {}
            }
        }
        let smallest = risk.smallest_limit().map(|percent| f64::from(percent) / 100.0);
        let loosest = choices.first().map_or(TARGETS[TARGETS.len() - 1], |choice| choice.max_error);
        let smallest = smallest.filter(|limit| *limit < loosest);
        if let Some((limit, Ok(point))) =
            smallest.map(|limit| (limit, risk.with_error_at_most(limit)))
        {
            choices.insert(0, Choice::new(limit, point, risk));
        }
        let most = |a: &&Choice, b: &&Choice| a.answered.total_cmp(&b.answered);
        let chosen = choices.iter().find(|choice| choice.answered >= HELPFUL);
        let chosen = chosen.or_else(|| choices.iter().max_by(most)).copied();
        let rows = risk.len();
        let sentence = match (chosen, needed.last()) {
            (Some(choice), _) => choice.to_string(),
            (None, Some(&(target, needed))) if target >= 0.2 => {
                let rows = if rows == 1 { "1 row is".into() } else { format!("{rows} rows are") };
                format!(
                    "{rows} too few to say which predictions can be relied on; {needed} may be enough."
                )
            }
            (None, _) => {
                let limit = risk
                    .smallest_limit()
                    .map(|limit| format!("; the smallest limit that they show is {limit} %"));
                format!(
                    "{rows} rows do not show, with 95 % confidence, a threshold above which at most 20 % of \
                     the answers are wrong{}. More rows may.",
                    limit.unwrap_or_default()
                )
            }
        };
        let each = |(target, rows): &(f64, usize)| format!("{} % needs {rows}", 100.0 * target);
        // of folds all count already
        let more = match source {
            Source::OutOfFold => "",
            _ => "; with cross-validation, all labelled rows count",
        };
        let stricter = (!needed.is_empty() && !choices.is_empty()).then(|| {
            format!(
                "{rows} rows are too few for stricter limits: {}, and more if some answers are \
                 wrong{more}.",
                needed.iter().rev().map(each).collect::<Vec<_>>().join(", ")
            )
        });
        Self { sentence, stricter, rows, choices, chosen, curve: curve(risk) }
    }
}

/// As one sentence.
impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [low, high] = self.error_ci95.map(|part| 100.0 * part);
        let (answered, error) = (100.0 * self.answered, 100.0 * self.error);
        write!(
            f,
            "Answer only above {}: {answered:.0} % of texts, {error:.1} % errors (95 % interval {low:.1} to \
             {high:.1}; at most {} % with 95 % confidence).",
            self.shown_threshold(),
            self.percent()
        )
    }
}

/// The curve at evenly spaced shares of the rows.
fn curve(risk: &RiskCurve) -> Vec<CurvePoint> {
    let steps = risk.len().min(POINTS);
    let mut points: Vec<CurvePoint> = Vec::new();
    for step in 1..=steps {
        let Some(threshold) = risk.confidence((risk.len() * step).div_ceil(steps)) else {
            continue;
        };
        let point = risk.at(threshold);
        if points.last().is_none_or(|last| last.answered < point.share()) {
            points.push(CurvePoint {
                threshold: f64::from(threshold),
                answered: point.share(),
                error: point.error(),
                error_ci95: point.interval(),
            });
        }
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_says_what_can_be_automated() {
        let right: Vec<f32> = (0..480_u16).map(|n| 0.6 + f32::from(n) / 1_300.0).collect();
        let found = Automation::of_risk(&RiskCurve::new(&right, &[0.55; 120]), Source::Test);
        let chosen = found.chosen.unwrap();
        assert_eq!(chosen.max_error.to_bits(), 0.01_f64.to_bits(), "{found:?}");
        assert_eq!(
            found.sentence,
            "Answer only above 0.56: 80 % of texts, 0.0 % errors (95 % interval 0.0 to 0.8; at \
             most 1 % with 95 % confidence)."
        );
        assert_eq!(found.choices.len(), 5);
        let last = found.curve.last().unwrap();
        assert!((last.answered - 1.0).abs() < 1e-12 && (last.error - 0.2).abs() < 1e-12);
        assert!(found.curve.is_sorted_by(|a, b| a.answered < b.answered), "{:?}", found.curve);
    }

    #[test]
    fn two_calibrations_are_compared_at_one_error_rate() {
        let wide = Automation::of_risk(&RiskCurve::new(&[0.9; 900], &[0.5; 100]), Source::Test);
        let few = Automation::of_risk(&RiskCurve::new(&[0.9; 5], &[]), Source::Test);
        let (then, now) = wide.change_since(&few).unwrap();
        let now = now.unwrap();
        assert!(then.is_none() && (0.5..0.91).contains(&now.threshold), "{now:?}");
        assert_eq!(now.max_error.to_bits(), 0.01_f64.to_bits());
        assert_eq!(few.change_since(&wide), Some((Some(now), None)));
        assert_eq!(few.change_since(&few), None);
        let fewer = Automation::of_risk(&RiskCurve::new(&[0.9; 70], &[]), Source::Test);
        let (then, now) = wide.change_since(&fewer).unwrap();
        let limits = [then, now].map(|choice| choice.unwrap().max_error);
        assert_eq!(limits[0].to_bits(), limits[1].to_bits());
    }

    #[test]
    fn it_says_what_it_cannot_say() {
        let few = Automation::of_risk(&RiskCurve::new(&[0.9; 5], &[]), Source::Test);
        assert!(few.sentence.starts_with("5 rows are too few"), "{}", few.sentence);
        let poor = Automation::of_risk(&RiskCurve::new(&[0.9; 50], &[0.9; 50]), Source::Test);
        assert!(
            poor.sentence.starts_with("100 rows do not show, with 95 % confidence"),
            "{}",
            poor.sentence
        );
        let perfect = Automation::of_risk(&RiskCurve::new(&[0.9; 500], &[]), Source::Test);
        assert!(
            perfect.sentence.starts_with("Answer only above 0.90: 100 % of texts, 0.0 % errors")
        );
        assert!(perfect.stricter.is_none());
        let some = Automation::of_risk(&RiskCurve::new(&[0.9; 70], &[]), Source::Test);
        assert_eq!(
            some.stricter.unwrap(),
            "70 rows are too few for stricter limits: 2 % needs 150, 1 % needs 300, and more if some \
             answers are wrong; with cross-validation, all labelled rows count."
        );
        let folds = Automation::of_risk(&RiskCurve::new(&[0.9; 70], &[]), Source::OutOfFold);
        assert!(folds.stricter.unwrap().ends_with("and more if some answers are wrong."));
    }
}
