//! Whether a probability of 0.9 is right nine times in ten.

use crate::data::labels::{LabelKind, LabelSet, Target};
use crate::data::{DataError, Record};
use crate::model::scoring::argmax;
use serde::{Deserialize, Serialize};

/// Rows whose confidence lies in one interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// Rows.
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

    /// Rows in all bins.
    pub fn rows(&self) -> u64 {
        self.bins.iter().map(|bin| bin.count).sum()
    }

    /// Expected calibration error: mean distance of accuracy from confidence, weighted by rows.
    ///
    /// Guo et al. 2017, equation 5: <https://arxiv.org/abs/1706.04599>. 0 of no rows.
    pub fn expected_error(&self) -> f64 {
        let n = self.rows();
        let gap = |bin: &Bin| (bin.accuracy - bin.confidence).abs() * bin.count as f64;
        self.bins.iter().map(gap).sum::<f64>() / n.max(1) as f64
    }
}

/// How far probabilities can be trusted: those of the guesses where a text has one label, those of
/// every label where it may have several; `None` for numbers and without rows.
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
                confidences.extend(row.iter().map(|&p| f64::from(p)));
                hits.extend((0..row.len() as u32).map(|n| classes.contains(&n)));
            }
            Target::Value(_) => {}
        }
    }
    Ok(Some(Reliability::new(&confidences, &hits)))
}

#[cfg(test)]
mod tests {
    use super::*;

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
