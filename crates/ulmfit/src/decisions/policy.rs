//! The thresholds that a rule comes to for one model, and what they say about an answer.

use super::conformal::{half_width, least_probability, rows_needed};
use super::{Calibration, DecisionError, RiskCurve, Rule, Scores, Source};
use crate::data::labels::{LabelKind, PREDICTED};
use crate::data::list_at_most;
use crate::model::scoring::argmax;

/// The thresholds of a [`Rule`] for one model.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    limits: Limits,
    /// What it promises, in words, for a person.
    pub told: Option<String>,
    /// What it cannot promise.
    pub warnings: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
enum Limits {
    /// Lowest confidence of an answer.
    Confidence(f32),
    /// Least probability of a label of several, and of there being none.
    Several(f32),
    /// Least probability of each label of several; infinite where it is never given.
    Labels(Vec<f32>),
    /// Least probability of each label in a set; whether a set always has a label.
    Sets { least: Vec<f32>, never_empty: bool },
    /// Half the width of an interval.
    Interval(f32),
}

/// What a policy says about one answer; labels are numbered as in the model.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Whether a person should look at the text instead.
    pub abstained: bool,
    /// Labels that are given, where any number is possible and thresholds decide.
    pub labels: Option<Vec<usize>>,
    /// Labels that may be right, the most probable first, where a coverage was asked for.
    pub set: Option<Vec<usize>>,
    /// Interval around a number, where a coverage was asked for.
    pub interval: Option<[f32; 2]>,
}

/// Names of labels in a message.
const NAMED: usize = 5;

impl Policy {
    /// Thresholds for a model of this kind with these labels.
    ///
    /// # Errors
    /// [`DecisionError`] when the rule does not suit the model, or needs a calibration and there
    /// is none, or one of too few rows.
    pub fn new(
        rule: Rule,
        kind: LabelKind,
        labels: &[String],
        calibration: Option<&Calibration>,
    ) -> Result<Self, DecisionError> {
        let folds = calibration.is_some_and(|c| c.source == Source::OutOfFold);
        let found = Self::of(rule, kind, labels, calibration);
        found.map_err(|error| if folds { error.of_folds() } else { error })
    }

    fn of(
        rule: Rule,
        kind: LabelKind,
        labels: &[String],
        calibration: Option<&Calibration>,
    ) -> Result<Self, DecisionError> {
        rule.check()?;
        let silent = |limits| Self { limits, told: None, warnings: Vec::new() };
        match (rule, kind) {
            (Rule::Threshold(_) | Rule::MaxError(_), LabelKind::Regression) => {
                Err(DecisionError::NoProbability)
            }
            (Rule::Coverage { per_class: true, .. }, LabelKind::Multi | LabelKind::Regression) => {
                Err(DecisionError::NoClasses)
            }
            (Rule::Threshold(least), LabelKind::Single) => Ok(silent(Limits::Confidence(least))),
            (Rule::Threshold(least), LabelKind::Multi) => Ok(silent(Limits::Several(least))),
            (Rule::MaxError(most), _) => {
                Self::bounded(most, labels, calibration.ok_or(DecisionError::NotCalibrated)?)
            }
            (Rule::Coverage { share, per_class }, _) => {
                let calibration = calibration.ok_or(DecisionError::NotCalibrated)?;
                Self::covering(share, per_class, labels, calibration)
            }
        }
    }

    /// At most this share of the answers wrong.
    fn bounded(
        most: f64,
        labels: &[String],
        calibration: &Calibration,
    ) -> Result<Self, DecisionError> {
        let percent = 100.0 * most;
        let flags = match &calibration.scores {
            Scores::Single { right, wrong, .. } => {
                let curve = RiskCurve::new(right, wrong);
                let point = curve.with_error_at_most_or_told(most)?;
                let [low, high] = point.interval().map(|part| 100.0 * part);
                let told = format!(
                    "answers texts with a confidence of {} or more: {:.1} % of the {} \
                     calibration rows, with {:.1} % errors (95 % interval {low:.1} to {high:.1}). For \
                     texts like these rows, at most {percent} % of the answers are wrong, with 95 % \
                     confidence; texts of another kind are not covered",
                    curve.in_few_decimals(&point),
                    100.0 * point.share(),
                    point.rows,
                    100.0 * point.error(),
                );
                let limits = Limits::Confidence(point.threshold);
                return Ok(Self { limits, told: Some(told), warnings: Vec::new() });
            }
            Scores::Multi { labels } => labels,
            Scores::Regression { .. } => return Err(DecisionError::NoProbability),
        };
        // a label is given only where it is predicted: those rows count
        let predicted =
            |of: &[f32]| -> Vec<f32> { of.iter().copied().filter(|&p| p >= PREDICTED).collect() };
        let (mut least, mut never) = (Vec::new(), Vec::new());
        let mut failure: Option<(usize, DecisionError)> = None; // of the label that is predicted most
        for name in labels {
            let found = flags.iter().find(|label| label.label == *name);
            let curve = found
                .map(|label| RiskCurve::new(&predicted(&label.present), &predicted(&label.absent)));
            let found = curve
                .as_ref()
                .map_or(Err(DecisionError::OtherModel), |curve| curve.with_error_at_most(most));
            match found {
                Ok(point) => least.push(point.threshold.max(PREDICTED)),
                Err(error) => {
                    let rows = curve.map_or(0, |curve| curve.len());
                    if failure.as_ref().is_none_or(|(most, _)| rows > *most) {
                        failure = Some((rows, of_label(error, name)));
                    }
                    least.push(f32::INFINITY);
                    never.push(name.clone());
                }
            }
        }
        match failure {
            Some((_, error)) if never.len() == labels.len() => return Err(error),
            _ => {}
        }
        let told = format!(
            "for texts like the {} calibration rows each label that is given is wrong at most \
             {percent} % of the time, with 95 % confidence for each label",
            calibration.rows
        );
        let warning = (!never.is_empty()).then(|| {
            let never = list_at_most(&never, NAMED);
            format!("too few calibration rows, or too many errors, for these labels, which are never predicted: {never}")
        });
        let warnings = warning.into_iter().collect();
        Ok(Self { limits: Limits::Labels(least), told: Some(told), warnings })
    }

    /// A set or an interval that holds the right answer this often.
    fn covering(
        share: f64,
        per_class: bool,
        labels: &[String],
        calibration: &Calibration,
    ) -> Result<Self, DecisionError> {
        let rows = calibration.rows;
        let needed = rows_needed(share);
        let too_few = DecisionError::TooFew { rows, needed, folds: false };
        let percent = 100.0 * share;
        let promise = |what: &str| {
            format!("{what} in at least {percent} % of texts like the {rows} calibration rows")
        };
        match &calibration.scores {
            Scores::Single { labels: own, .. } => {
                if !per_class {
                    let all = own.iter().flat_map(|label| label.probabilities.iter().copied());
                    let all: Vec<f32> = all.collect();
                    let least = least_probability(&all, share).ok_or(too_few)?;
                    let told = promise("the set holds the right label");
                    let limits =
                        Limits::Sets { least: vec![least; labels.len()], never_empty: true };
                    return Ok(Self { limits, told: Some(told), warnings: Vec::new() });
                }
                let own = own.iter().map(|label| (&label.label, &label.probabilities[..]));
                let (least, warnings) = one_each(labels, &own.collect::<Vec<_>>(), share)?;
                let told = promise("for each class the set holds the right label");
                let limits = Limits::Sets { least, never_empty: true };
                Ok(Self { limits, told: Some(told), warnings })
            }
            Scores::Multi { labels: flags } => {
                let own = flags.iter().map(|label| (&label.label, &label.present[..]));
                let (least, warnings) = one_each(labels, &own.collect::<Vec<_>>(), share)?;
                let told = format!(
                    "for each label the set holds it in at least {percent} % of the texts that \
                     have it, if they are like the {rows} calibration rows"
                );
                let limits = Limits::Sets { least, never_empty: false };
                Ok(Self { limits, told: Some(told), warnings })
            }
            Scores::Regression { residuals } => {
                let half = half_width(residuals, share).ok_or(too_few)?;
                let told = promise("the interval holds the right number");
                let limits = Limits::Interval(half);
                Ok(Self { limits, told: Some(told), warnings: Vec::new() })
            }
        }
    }

    /// What it says about an answer: probabilities of all labels, or a number.
    pub fn answer(&self, row: &[f32]) -> Answer {
        let nothing = Answer { abstained: false, labels: None, set: None, interval: None };
        match &self.limits {
            Limits::Confidence(least) => Answer { abstained: row[argmax(row)] < *least, ..nothing },
            Limits::Several(least) => {
                let given: Vec<usize> = (0..row.len()).filter(|&n| row[n] >= *least).collect();
                let unsure = (0..row.len()).any(|n| row[n] >= PREDICTED && row[n] < *least);
                let maybe_one = given.is_empty() && 1.0 - row[argmax(row)] < *least;
                Answer { abstained: unsure || maybe_one, labels: Some(given), ..nothing }
            }
            Limits::Labels(least) => {
                let given = (0..row.len()).filter(|&n| row[n] >= least[n]).collect();
                let abstained = (0..row.len()).any(|n| row[n] >= PREDICTED && row[n] < least[n]);
                Answer { abstained, labels: Some(given), ..nothing }
            }
            Limits::Sets { least, never_empty } => {
                let mut set: Vec<usize> = (0..row.len()).filter(|&n| row[n] >= least[n]).collect();
                if set.is_empty() && *never_empty {
                    set.push(argmax(row));
                }
                set.sort_by(|&a, &b| row[b].total_cmp(&row[a]));
                Answer { set: Some(set), ..nothing }
            }
            Limits::Interval(half) => {
                Answer { interval: Some([row[0] - half, row[0] + half]), ..nothing }
            }
        }
    }

    /// What it says about a text that the model knows nothing of, with so many labels: whatever is
    /// possible, and that a person should look.
    pub fn silence(&self, labels: usize) -> Answer {
        let nothing = Answer { abstained: true, labels: None, set: None, interval: None };
        match &self.limits {
            Limits::Confidence(_) | Limits::Interval(_) => nothing,
            Limits::Several(_) | Limits::Labels(_) => {
                Answer { labels: Some(Vec::new()), ..nothing }
            }
            Limits::Sets { .. } => Answer { set: Some((0..labels).collect()), ..nothing },
        }
    }
}

/// What is said where no label has a threshold, this one is predicted most and failed so.
fn of_label(error: DecisionError, label: &str) -> DecisionError {
    match error {
        DecisionError::TooFew { rows, needed, .. } => {
            DecisionError::TooFewPredicted { most: label.to_owned(), rows, needed }
        }
        other => other,
    }
}

/// The least probability of each label in a set, by the rows that have it; one of which there are
/// too few is in every set.
fn one_each(
    labels: &[String],
    own: &[(&String, &[f32])],
    share: f64,
) -> Result<(Vec<f32>, Vec<String>), DecisionError> {
    let needed = rows_needed(share);
    let (mut least, mut few) = (Vec::new(), Vec::new());
    let mut most = ("", 0);
    for name in labels {
        let own = own.iter().find(|(label, _)| *label == name).map_or(&[][..], |(_, own)| own);
        if own.len() >= most.1 {
            most = (name, own.len());
        }
        least.push(least_probability(own, share).unwrap_or_else(|| {
            few.push(format!("{name} ({})", own.len()));
            0.0
        }));
    }
    if few.len() == labels.len() {
        let (most, rows) = (most.0.to_owned(), most.1);
        return Err(DecisionError::TooFewPerClass { most, rows, needed });
    }
    let warning = (!few.is_empty()).then(|| {
        format!(
            "a label needs {needed} calibration rows of its own; these have fewer and are in every \
             set: {}",
            list_at_most(&few, NAMED)
        )
    });
    Ok((least, warning.into_iter().collect()))
}

#[cfg(test)]
mod tests {
    use super::super::{LabelFlags, TrueProbabilities};
    use super::*;
    use crate::text::Direction;

    fn calibration(scores: Scores) -> Calibration {
        Calibration {
            schema: Calibration::SCHEMA,
            model: String::new(),
            precision: "f32".into(),
            directions: vec![Direction::Forward],
            source: Source::Given,
            rows: scores.rows(),
            trained_on: 0,
            scores,
        }
    }

    fn names() -> Vec<String> {
        ["a", "b"].map(str::to_owned).to_vec()
    }

    fn single(per_label: [usize; 2]) -> Calibration {
        let steps = |n: usize| (0..n).map(|i| 0.95 - 0.01 * i as f32).collect::<Vec<f32>>();
        let label = |n: usize| TrueProbabilities {
            label: names()[n].clone(),
            probabilities: steps(per_label[n]),
        };
        calibration(Scores::Single {
            right: steps(per_label[0] + per_label[1]),
            wrong: Vec::new(),
            labels: vec![label(0), label(1)],
            temperature: 1.0,
        })
    }

    fn policy(rule: Rule, calibration: &Calibration) -> Result<Policy, DecisionError> {
        Policy::new(rule, calibration.scores.kind(), &names(), Some(calibration))
    }

    #[test]
    fn a_threshold_needs_no_calibration() {
        let rule = Rule::Threshold(0.8);
        let policy = Policy::new(rule, LabelKind::Single, &names(), None).unwrap();
        assert!(!policy.answer(&[0.8, 0.2]).abstained);
        assert!(policy.answer(&[0.3, 0.7]).abstained && policy.silence(2).abstained);
        let policy = Policy::new(rule, LabelKind::Multi, &names(), None).unwrap();
        let answer = policy.answer(&[0.9, 0.7]);
        assert_eq!((answer.abstained, answer.labels), (true, Some(vec![0])));
        let answer = policy.answer(&[0.9, 0.4]);
        assert_eq!((answer.abstained, answer.labels), (false, Some(vec![0])));
        let answer = policy.answer(&[0.1, 0.3]); // a label may fit: 0.7 that none does
        assert_eq!((answer.abstained, answer.labels), (true, Some(vec![])));
        let answer = policy.answer(&[0.1, 0.1]);
        assert_eq!((answer.abstained, answer.labels), (false, Some(vec![])));
        let low = Policy::new(Rule::Threshold(0.3), LabelKind::Multi, &names(), None).unwrap();
        let answer = low.answer(&[0.2, 0.4]);
        assert_eq!((answer.abstained, answer.labels), (false, Some(vec![1])));
        let error = Policy::new(rule, LabelKind::Regression, &[], None).unwrap_err();
        assert_eq!(error, DecisionError::NoProbability);
        for rule in [Rule::MaxError(0.1), Rule::Coverage { share: 0.9, per_class: false }] {
            let error = Policy::new(rule, LabelKind::Single, &names(), None).unwrap_err();
            assert_eq!(error, DecisionError::NotCalibrated);
        }
        for rule in [Rule::Threshold(1.5), Rule::MaxError(0.0), Rule::MaxError(f64::NAN)] {
            let error = Policy::new(rule, LabelKind::Single, &names(), None).unwrap_err();
            assert!(matches!(error, DecisionError::Share { .. }), "{error}");
        }
    }

    #[test]
    fn sets_hold_what_reaches_the_rank() {
        let coverage = |per_class| Rule::Coverage { share: 0.9, per_class };
        let found = policy(coverage(false), &single([9, 0])).unwrap();
        // the ninth of nine: 0.87
        assert_eq!(found.answer(&[0.88, 0.9]).set, Some(vec![1, 0]));
        assert_eq!(found.answer(&[0.2, 0.8]).set, Some(vec![1]), "never empty");
        assert_eq!(found.silence(2).set, Some(vec![0, 1]));
        let error = policy(coverage(false), &single([8, 0])).unwrap_err();
        assert_eq!(error, DecisionError::TooFew { rows: 8, needed: 9, folds: false });
        let found = policy(coverage(true), &single([9, 5])).unwrap();
        assert_eq!(found.warnings.len(), 1);
        assert!(found.warnings[0].contains("`b (5)`"), "{:?}", found.warnings);
        let error = policy(coverage(true), &single([7, 7])).unwrap_err();
        let most = "b".to_owned();
        assert_eq!(error, DecisionError::TooFewPerClass { most, rows: 7, needed: 9 });
    }

    #[test]
    fn each_label_of_several_has_its_own() {
        let label = |n: usize, present: Vec<f32>, absent: Vec<f32>| LabelFlags {
            label: names()[n].clone(),
            present,
            absent,
        };
        let found = calibration(Scores::Multi {
            labels: vec![
                label(0, vec![0.9; 60], vec![0.1; 60]),
                label(1, vec![0.9; 60], [vec![0.8; 40], vec![0.1; 20]].concat()),
            ],
        });
        let bounded = policy(Rule::MaxError(0.05), &found).unwrap();
        assert_eq!(bounded.answer(&[0.95, 0.1]).labels, Some(vec![0]));
        let below = bounded.answer(&[0.6, 0.1]); // all its rows were surer
        assert_eq!((below.labels, below.abstained), (Some(vec![]), true));
        let covering = policy(Rule::Coverage { share: 0.9, per_class: false }, &found).unwrap();
        assert_eq!(covering.answer(&[0.95, 0.85]).set, Some(vec![0]));
        assert_eq!(covering.answer(&[0.1, 0.1]).set, Some(vec![]));
        let few = calibration(Scores::Multi {
            labels: vec![label(0, vec![0.9; 60], vec![]), label(1, vec![0.9; 6], vec![0.1; 54])],
        });
        let bounded = policy(Rule::MaxError(0.05), &few).unwrap();
        let answer = bounded.answer(&[0.9, 0.9]);
        assert_eq!((answer.labels, answer.abstained), (Some(vec![0]), true));
        let error = policy(Rule::MaxError(0.01), &few).unwrap_err();
        let most = "a".to_owned();
        assert_eq!(error, DecisionError::TooFewPredicted { most, rows: 60, needed: 300 });
        assert!(bounded.warnings[0].contains("never predicted: `b`"), "{:?}", bounded.warnings);
    }

    #[test]
    fn numbers_have_intervals() {
        let residuals = (1..=19_u8).map(f32::from).collect();
        let found = calibration(Scores::Regression { residuals });
        let covering = policy(Rule::Coverage { share: 0.95, per_class: false }, &found).unwrap();
        assert_eq!(covering.answer(&[100.0]).interval, Some([81.0, 119.0]));
        assert_eq!(policy(Rule::MaxError(0.1), &found), Err(DecisionError::NoProbability));
    }
}
