//! Whether a probability of 0.9 is right nine times in ten.

use crate::data::labels::{LabelKind, LabelSet, Target, predicted_labels};
use crate::data::{DataError, Record};
use crate::model::scoring::argmax;
use serde::{Deserialize, Serialize};

/// Of fewer answers the calibration error is mostly chance: 50 rows of a classifier that was off by 3.7 points said 8.8
/// in the median, and 12.5 in one draw of ten.
const FEW: u64 = 200;

/// Answers whose confidence lies in one interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// Answers.
    pub count: u64,
    /// Their mean confidence.
    pub confidence: f64,
    /// Share of them that is predicted correctly.
    pub accuracy: f64,
}

/// Accuracy over confidence, in bins of equal width between 0 and 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reliability {
    /// Lowest confidence first; empty bins are kept.
    pub bins: Vec<Bin>,
}

impl Reliability {
    /// Bins of the usual reliability diagram (Guo et al. 2017).
    pub const BINS: usize = 15;

    /// Bins rows by the probability of their prediction; `hits` says which predictions are correct.
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn new(confidences: &[f64], hits: &[bool]) -> Self {
        assert_eq!(confidences.len(), hits.len(), "one confidence per hit");
        let mut bins = vec![Bin::default(); Self::BINS];
        for (&confidence, &hit) in confidences.iter().zip(hits) {
            // a bin holds its upper edge, not its lower one
            let index = ((confidence * Self::BINS as f64).ceil() as usize).clamp(1, Self::BINS) - 1;
            let bin = &mut bins[index];
            bin.count += 1;
            bin.confidence += confidence;
            bin.accuracy += f64::from(u8::from(hit));
        }
        for bin in bins.iter_mut().filter(|bin| bin.count > 0) {
            bin.confidence /= bin.count as f64;
            bin.accuracy /= bin.count as f64;
        }
        Self { bins }
    }

    /// Answers in all bins.
    pub fn answers(&self) -> u64 {
        self.bins.iter().map(|bin| bin.count).sum()
    }

    /// Whether these are enough answers for the error to be more than chance.
    pub fn is_telling(&self) -> bool {
        self.answers() >= FEW
    }

    /// Expected calibration error: mean distance of accuracy from confidence, weighted by answers.
    ///
    /// Guo et al. 2017, equation 5: <https://arxiv.org/abs/1706.04599>. 0 of no answers.
    pub fn expected_error(&self) -> f64 {
        let n = self.answers();
        let gap = |bin: &Bin| (bin.accuracy - bin.confidence).abs() * bin.count as f64;
        self.bins.iter().map(gap).sum::<f64>() / n.max(1) as f64
    }
}

/// How far the probabilities of predicted labels can be trusted: one per text, or all that are predicted where it may
/// have several. (The many labels that are rightly near 0 would hide that the predicted ones are overconfident.)
/// `None` for numbers and without answers.
///
/// # Errors
/// [`DataError`] when a record has no label, or one that is not in `labels`.
pub fn reliability(
    labels: &LabelSet,
    records: &[Record],
    rows: &[Vec<f32>],
) -> Result<Option<Reliability>, DataError> {
    if labels.kind() == LabelKind::Regression || records.is_empty() {
        return Ok(None);
    }
    let (mut confidences, mut hits) = (Vec::new(), Vec::new());
    for (record, row) in records.iter().zip(rows) {
        match labels.target(record)? {
            Target::Class(class) => {
                let guess = argmax(row);
                confidences.push(f64::from(row[guess]));
                hits.push(guess == class as usize);
            }
            Target::Classes(classes) => {
                let predicted = predicted_labels(row);
                confidences.extend(predicted.iter().map(|&n| f64::from(row[n as usize])));
                hits.extend(predicted.iter().map(|n| classes.contains(n)));
            }
            Target::Value(_) => {}
        }
    }
    Ok((!hits.is_empty()).then(|| Reliability::new(&confidences, &hits)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Place, RawLabel};
    use std::path::Path;
    use std::sync::Arc;

    /// Of 90 labels one is predicted for each text, with 95 %, and right half the time.
    #[test]
    fn labels_that_are_rightly_absent_do_not_hide_that_the_predicted_ones_are_overconfident() {
        let names: Vec<String> = (0..90).map(|n| format!("label{n}")).collect();
        let labels = LabelSet::from_names(LabelKind::Multi, names);
        let record = |label: usize| Record {
            fields: vec!["text".to_owned()],
            label: Some(RawLabel::Many(vec![format!("label{label}")])),
            place: Place::new(&Arc::from(Path::new("f")), 1 + label as u64),
            columns: Vec::new(),
        };
        let records: Vec<Record> = (0..200).map(|n| record(n % 2)).collect();
        let mut row = vec![0.001; 90];
        row[0] = 0.95;
        let found = reliability(&labels, &records, &vec![row.clone(); 200]).unwrap().unwrap();
        assert!((found.expected_error() - 0.45).abs() < 1e-6, "{found:?}");
        row[0] = 0.4;
        assert_eq!(reliability(&labels, &records, &vec![row; 200]).unwrap(), None);
    }

    #[test]
    fn honest_confidence_has_no_error() {
        let confidences = [0.75; 8];
        let hits = [true, true, true, true, true, true, false, false];
        assert!(Reliability::new(&confidences, &hits).expected_error() < 1e-12);
        let boaster = Reliability::new(&[1.0; 4], &[true, false, false, true]);
        assert!((boaster.expected_error() - 0.5).abs() < 1e-12);
        assert_eq!(boaster.bins[14].count, 4);
        assert_eq!(Reliability::new(&[0.0, 1.0 / 15.0], &[true; 2]).bins[0].count, 2);
    }
}
