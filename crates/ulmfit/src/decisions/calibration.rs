//! `calibration.json`: what a classifier said about labelled rows that it had not learned.

use super::{DecisionError, RiskCurve, Scores};
use crate::text::Direction;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The predictions of a classifier on labelled rows that it was not trained on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Calibration {
    /// Version of the format.
    pub schema: u32,
    /// Hash of the classifier: weights of its directions, labels, words.
    pub model: String,
    /// Number format of its matrix products, such as `f32`.
    pub precision: String,
    /// Its reading directions.
    pub directions: Vec<Direction>,
    /// Where the rows come from.
    pub source: Source,
    /// How many there are.
    pub rows: usize,
    /// How many of them the classifier was trained on, as far as it is known.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub trained_on: usize,
    /// The scores.
    pub scores: Scores,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// Where calibration rows come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// The test set of the training.
    Test,
    /// The validation set, on which nothing was selected.
    Validation,
    /// The validation set, on which the best epoch was selected: a little optimistic.
    Selected,
    /// All examples, each answered by a classifier that had not learned it.
    OutOfFold,
    /// Rows that a user gave for it.
    Given,
}

/// After "rows of".
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Test => "the test set",
            Self::Validation | Self::Selected => "the validation set",
            Self::OutOfFold => "a cross-validation",
            Self::Given => "an earlier calibration",
        })
    }
}

/// Why the text of a `calibration.json` cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CalibrationFault {
    /// It is not the JSON of a calibration.
    #[error("not a valid calibration: {0}")]
    Json(#[from] serde_json::Error),
    /// It was written by a newer program.
    #[error(
        "the calibration has version {found}; this program reads version {}",
        Calibration::SCHEMA
    )]
    Schema {
        /// The version found.
        found: u32,
    },
    /// Its numbers contradict each other.
    #[error("the scores are not sorted, not finite, or not as many as stated")]
    Unsound,
}

impl Calibration {
    /// Name of the file in a model folder.
    pub const FILE: &str = "calibration.json";
    /// Version of the format.
    pub const SCHEMA: u32 = 1;

    /// The text of the file.
    ///
    /// # Panics
    /// Never: plain data serialises.
    pub fn to_json(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec(self).expect("plain data serialises");
        bytes.push(b'\n');
        bytes
    }

    /// Reads the text of the file.
    ///
    /// # Errors
    /// [`CalibrationFault`] when this program cannot have written it.
    pub fn from_json(bytes: &[u8]) -> Result<Self, CalibrationFault> {
        #[derive(Deserialize)]
        struct Version {
            schema: u32,
        }
        // the version first: a newer file may have fields that this program does not know
        let Version { schema: found } = serde_json::from_slice(bytes)?;
        if found != Self::SCHEMA {
            return Err(CalibrationFault::Schema { found });
        }
        let found: Self = serde_json::from_slice(bytes)?;
        if found.scores.is_sound() && found.rows == found.scores.rows() {
            Ok(found)
        } else {
            Err(CalibrationFault::Unsound)
        }
    }

    /// Whether it was made for this classifier; gives what weakens its promises: another precision,
    /// rows that selected the epoch, or that other classifiers have answered.
    ///
    /// # Errors
    /// [`DecisionError::OtherDirections`] or [`DecisionError::OtherModel`].
    pub fn check(
        &self,
        model: &str,
        precision: &str,
        directions: &[Direction],
    ) -> Result<Vec<String>, DecisionError> {
        if self.directions != directions {
            let (made, used) = (self.directions.clone(), directions.to_vec());
            return Err(DecisionError::OtherDirections { made, used });
        }
        if self.model != model {
            return Err(DecisionError::OtherModel);
        }
        let mut warnings = Vec::new();
        if self.trained_on > 0 {
            warnings.push(format!(
                "the model was trained on {} of the {} rows that it was calibrated on: what the calibration \
                 promises is too optimistic",
                self.trained_on, self.rows
            ));
        }
        if self.precision != precision {
            warnings.push(format!(
                "the calibration was made in {}, but the model runs in {precision}: what it promises \
                 holds only approximately",
                self.precision
            ));
        }
        let of_rows = match self.source {
            Source::OutOfFold => Some("were predicted by the classifiers of a cross-validation"),
            Source::Selected => Some("also selected the epoch"),
            Source::Test | Source::Validation | Source::Given => None,
        };
        warnings.extend(
            of_rows.map(|what| {
                format!("the calibration rows {what}: the guarantee is only approximate")
            }),
        );
        Ok(warnings)
    }

    /// Errors over confidence; `None` where a text does not have exactly one label.
    pub fn risk(&self) -> Option<RiskCurve> {
        match &self.scores {
            Scores::Single { right, wrong, .. } => Some(RiskCurve::new(right, wrong)),
            Scores::Multi { .. } | Scores::Regression { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::labels::{LabelKind, LabelSet, Target};

    fn calibration() -> Calibration {
        let labels =
            LabelSet::from_names(LabelKind::Single, vec!["a".into(), "b".into(), "new".into()]);
        let targets = [Target::Class(0), Target::Class(1), Target::Class(0), Target::Class(2)];
        let rows = [vec![0.7, 0.3], vec![0.6, 0.4], vec![0.9, 0.1], vec![0.123_456_79, 0.8]];
        let scores = Scores::new(&labels, &targets, &rows);
        Calibration {
            schema: Calibration::SCHEMA,
            model: "1234".into(),
            precision: "f32".into(),
            directions: vec![Direction::Forward],
            source: Source::Test,
            rows: scores.rows(),
            trained_on: 0,
            scores,
        }
    }

    #[test]
    fn the_file_gives_back_what_was_written() {
        let found = calibration();
        let Scores::Single { right, wrong, labels, .. } = &found.scores else { panic!() };
        assert_eq!((&right[..], &wrong[..]), (&[0.9, 0.7][..], &[0.8, 0.6][..]));
        assert_eq!(labels[2].probabilities, [0.0], "a label that the model does not know");
        assert_eq!(Calibration::from_json(&found.to_json()).unwrap(), found);
    }

    #[test]
    fn what_was_changed_is_refused() {
        let text = String::from_utf8(calibration().to_json()).unwrap();
        for (from, to) in [
            ("\"rows\":4", "\"rows\":5"),
            ("[0.9,0.7]", "[0.7,0.9]"),
            ("[0.9,0.7]", "[1e9,0.7]"),
            ("\"schema\":1", "\"schema\":2"),
            ("\"schema\":1", "\"schema\":1,\"more\":1"),
            ("\"temperature\":", "\"temperature\":-"),
            ("\"source\":\"test\"", "\"source\":\"nowhere\""),
        ] {
            let changed = text.replace(from, to);
            assert_ne!(changed, text, "{from}");
            assert!(Calibration::from_json(changed.as_bytes()).is_err(), "{from} {to}");
        }
    }

    #[test]
    fn it_belongs_to_one_model() {
        let (found, forward) = (calibration(), [Direction::Forward]);
        assert_eq!(found.check("1234", "f32", &forward), Ok(Vec::new()));
        let told = found.check("1234", "int8", &forward).unwrap();
        assert!(told.len() == 1 && told[0].contains("int8"), "{told:?}");
        let learned = Calibration { trained_on: 1, ..found.clone() };
        let again = Calibration::from_json(&learned.to_json()).unwrap();
        let warnings =
            again.check(&learned.model, &learned.precision, &learned.directions).unwrap();
        assert!(warnings[0].contains("was trained on 1 of the"), "{warnings:?}");
        let of_folds = Calibration { source: Source::OutOfFold, ..found.clone() };
        let told = of_folds.check("1234", "f32", &forward).unwrap();
        assert!(told.len() == 1 && told[0].contains("cross-validation"), "{told:?}");
        assert_eq!(found.check("other", "f32", &forward), Err(DecisionError::OtherModel));
        let both = [Direction::Forward, Direction::Backward];
        let error = found.check("1234", "f32", &both).unwrap_err().to_string();
        assert!(error.ends_with("forward, but the model is used with forward and backward"));
    }
}
