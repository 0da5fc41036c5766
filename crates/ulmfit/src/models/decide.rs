//! Predictions with what a policy says about them.

use super::classifier_bundle::ClassifierBundle;
use super::predict::Prediction;
use crate::Error;
use crate::data::labels::LabelSet;
use crate::data::{DataError, Record};
use crate::decisions::{Answer, Calibration, Policy, Scores, Source};
use crate::model::scoring::argmax;
use crate::text::Direction;
use ulmfit_ops::Device;

/// A prediction, and whether it can be left to the classifier.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// What the classifier says. Where several labels are possible and a rule has thresholds,
    /// `labels` are those that reach theirs, and `confidence` is of these.
    pub prediction: Prediction,
    /// Whether a person should look at the text instead.
    pub abstained: bool,
    /// Labels that may be right, the most probable first, where a coverage was asked for.
    pub set: Option<Vec<String>>,
    /// Interval around a number, where a coverage was asked for.
    pub interval: Option<[f32; 2]>,
    /// The text has no word that the classifier knows (it is empty, for instance): the prediction rests on
    /// nothing.
    pub no_known_word: bool,
}

impl<D: Device> ClassifierBundle<D> {
    /// The reading directions in use.
    pub fn directions(&self) -> Vec<Direction> {
        let reads = |direction: &Direction| {
            self.parts.iter().any(|(_, part)| part.directions().contains(direction))
        };
        match self.single() {
            Some(part) => part.directions(), // in their order
            None => [Direction::Forward, Direction::Backward].into_iter().filter(reads).collect(),
        }
    }

    /// Sums up what it said about labelled records: `rows` are its probabilities or values.
    ///
    /// # Errors
    /// [`Error::Data`] when a record has no label, or one that does not suit the task.
    pub fn calibration(
        &self,
        records: &[Record],
        rows: &[Vec<f32>],
        precision: &str,
        source: Source,
    ) -> Result<Calibration, Error> {
        let labels: LabelSet = self.labels.with_unseen(records);
        let targets = records.iter().map(|record| labels.target(record));
        let targets = targets.collect::<Result<Vec<_>, DataError>>()?;
        let scores = Scores::new(&labels, &targets, rows);
        Ok(Calibration {
            schema: Calibration::SCHEMA,
            model: self.identity(),
            precision: precision.to_owned(),
            directions: self.directions(),
            source,
            rows: scores.rows(),
            trained_on: 0,
            scores,
        })
    }

    /// A row of probabilities as a prediction with a decision; `knows_a_word` is
    /// [of its document](Self::knows_a_word). Without a policy every text is answered.
    pub fn decision(&self, row: &[f32], policy: Option<&Policy>, knows_a_word: bool) -> Decision {
        let names = self.labels.names();
        let no_known_word = !knows_a_word;
        let Some(policy) = policy else {
            let prediction = self.prediction(row);
            return Decision {
                prediction,
                abstained: false,
                set: None,
                interval: None,
                no_known_word,
            };
        };
        let Answer { abstained, labels, set, interval } =
            if knows_a_word { policy.answer(row) } else { policy.silence(names.len()) };
        let named = |numbers: Vec<usize>| numbers.into_iter().map(|n| names[n].clone()).collect();
        let mut prediction = self.prediction(row);
        if let (Prediction::Multi { labels, confidence, .. }, Some(given)) =
            (&mut prediction, labels)
        {
            let least = given.iter().map(|&label| row[label]).reduce(f32::min);
            *confidence = least.unwrap_or(1.0 - row[argmax(row)]);
            *labels = named(given);
        }
        Decision { prediction, abstained, set: set.map(named), interval, no_known_word }
    }
}
