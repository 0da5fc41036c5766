//! The error over the number of labels, and whether more labels are worth the work.

use serde::Serialize;
use serde_json::Value;
use std::path::Path;

/// What the report of a training says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Score {
    /// What is measured: `error`, or `mae` of numbers.
    measure: &'static str,
    /// Its value.
    value: f64,
    /// Its 95 % interval.
    interval: Option<[f64; 2]>,
    /// Texts it was measured on.
    n: u64,
    /// The report's conclusion.
    verdict: Option<String>,
}

impl Score {
    /// Reads `report.json` of a model folder.
    pub(super) fn read(model: &Path) -> Option<Self> {
        let bytes = std::fs::read(model.join("report.json")).ok()?;
        let report: Value = serde_json::from_slice(&bytes).ok()?;
        let test = &report["test"];
        let n = test["n"].as_u64()?;
        let verdict = report["verdict"].as_str().map(str::to_owned);
        if let Some(value) = test["error"].as_f64() {
            let interval =
                match (test["accuracy_ci95"][0].as_f64(), test["accuracy_ci95"][1].as_f64()) {
                    (Some(low), Some(high)) => Some([1.0 - high, 1.0 - low]),
                    _ => None,
                };
            return Some(Self { measure: "error", value, interval, n, verdict });
        }
        let value = test["mae"].as_f64()?;
        Some(Self { measure: "mae", value, interval: None, n, verdict })
    }
}

/// A point of the curve.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Point {
    pub(super) round: usize,
    /// Labelled texts it was trained on.
    pub(super) labels: usize,
    #[serde(flatten)]
    pub(super) score: Score,
}

/// Trainings that are compared to say that more labels changed nothing.
const PLATEAU: usize = 3;

/// What to do next, in a sentence.
pub(super) fn advice(points: &[Point]) -> Option<String> {
    let with_interval: Vec<(&Point, [f64; 2])> = points
        .iter()
        .filter(|point| point.score.measure == "error")
        .filter_map(|point| Some((point, point.score.interval?)))
        .collect();
    let (last, [_, worst]) = *with_interval.last()?;
    if last.score.n < 30 {
        let n = last.score.n;
        return Some(format!(
            "The error is measured on {n} texts only, so its interval is wide. Label more before you judge."
        ));
    }
    if worst <= 0.05 {
        return Some(
            "The error is at most 5 % with 95 % confidence. You may well have enough labels."
                .into(),
        );
    }
    if with_interval.len() < PLATEAU {
        return Some("Label more and train again: the curve shows whether that helps.".into());
    }
    let recent = &with_interval[with_interval.len() - PLATEAU..];
    let best = recent.iter().map(|(point, _)| point.score.value).fold(f64::INFINITY, f64::min);
    let first = recent[0].0;
    let has_fallen = recent[0].1[0] > last.score.value || first.score.value - best > 0.02;
    let more = last.labels as f64 / first.labels.max(1) as f64;
    Some(if has_fallen {
        "The error is still falling: more labels help.".into()
    } else if more < 1.3 {
        "The last trainings had nearly the same labels. Label more before you judge.".into()
    } else {
        format!(
            "The last {PLATEAU} trainings do not differ by more than chance, from {} to {} labels. \
             Stopping here is reasonable; the report shows which labels are confused.",
            first.labels, last.labels
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(of: &[(usize, f64, [f64; 2], u64)]) -> Vec<Point> {
        let point =
            |(round, &(labels, value, interval, n)): (usize, &(usize, f64, [f64; 2], u64))| {
                let interval = Some(interval);
                let score = Score { measure: "error", value, interval, n, verdict: None };
                Point { round, labels, score }
            };
        (1..).zip(of).map(point).collect()
    }

    #[test]
    fn advice_follows_the_curve() {
        let told = |of: &[(usize, f64, [f64; 2], u64)]| advice(&points(of)).unwrap_or_default();
        assert!(told(&[(50, 0.3, [0.1, 0.6], 12)]).contains("12 texts only"));
        assert!(told(&[(50, 0.3, [0.2, 0.4], 80)]).contains("train again"));
        assert!(told(&[(50, 0.01, [0.0, 0.04], 200)]).contains("enough labels"));
        let falling =
            [(50, 0.4, [0.3, 0.5], 80), (80, 0.3, [0.2, 0.4], 80), (120, 0.2, [0.1, 0.3], 80)];
        assert!(told(&falling).contains("still falling"));
        let flat =
            [(50, 0.2, [0.1, 0.3], 80), (80, 0.21, [0.1, 0.3], 80), (120, 0.2, [0.1, 0.3], 80)];
        assert!(told(&flat).contains("Stopping here is reasonable"));
        let same =
            [(50, 0.2, [0.1, 0.3], 80), (51, 0.21, [0.1, 0.3], 80), (52, 0.2, [0.1, 0.3], 80)];
        assert!(told(&same).contains("nearly the same labels"));
        assert_eq!(advice(&[]), None);
    }
}
