//! A trained classifier: texts in, predictions out.

use crate::data::labels::LabelKind;
use crate::models::{ClassifierBundle, Prediction};
use crate::text::Direction;
use crate::{Error, Fields, Precision};
use std::path::Path;

/// Texts that are tokenised and held in memory at a time.
const CHUNK: usize = 512;
/// Documents of a batch. It changes the speed and no bit of an answer.
const BATCH: usize = 64;

/// A trained classifier: texts in, predictions out.
///
/// ```no_run
/// let model = ulmfit::Classifier::load("tickets")?;
/// for prediction in model.predict(["Where is my parcel?", "I want a refund."])? {
///     println!("{} {:.2}", prediction.label(), prediction.confidence());
/// }
/// # Ok::<(), ulmfit::Error>(())
/// ```
///
/// Prediction takes `&self`: threads can share a model. The answer to a text has the same bits
/// alone and among others, and for any number of threads.
pub struct Classifier {
    bundle: ClassifierBundle,
}

impl Classifier {
    /// Loads a model folder that `fit` or `train` has written.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] when the folder is missing or damaged, [`Error::WrongModel`] when it
    /// holds a language model, [`Error::Config`] and [`Error::Weights`] when its parts do not fit.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, Error> {
        Ok(Self { bundle: ClassifierBundle::load(path.as_ref())? })
    }

    /// The prediction for each text, in order.
    ///
    /// # Errors
    /// [`Error::NotFinite`] when the weights give a probability that is NaN or infinite.
    pub fn predict<T: Fields>(
        &self,
        texts: impl IntoIterator<Item = T>,
    ) -> Result<Vec<Prediction>, Error> {
        let mut texts = texts.into_iter();
        let mut predictions = Vec::new();
        loop {
            let chunk: Vec<T> = texts.by_ref().take(CHUNK).collect();
            if chunk.is_empty() {
                return Ok(predictions);
            }
            let documents: Vec<Vec<&str>> = chunk.iter().map(Fields::fields).collect();
            let rows = self.bundle.probabilities(&documents, BATCH)?;
            predictions.extend(rows.iter().map(|row| self.bundle.prediction(row)));
        }
    }

    /// The prediction for one text.
    ///
    /// # Errors
    /// As [`predict`](Self::predict).
    pub fn predict_one(&self, text: impl Fields) -> Result<Prediction, Error> {
        let mut rows = self.bundle.probabilities(&[text.fields()], 1)?;
        let row = rows.pop().unwrap_or_default();
        Ok(self.bundle.prediction(&row))
    }

    /// Names of the labels, in the order of their numbers; empty if the model predicts a number.
    pub fn labels(&self) -> &[String] {
        self.bundle.labels.names()
    }

    /// Whether it predicts one label, several labels or a number.
    pub fn task(&self) -> LabelKind {
        self.bundle.task()
    }

    /// Names of the text columns it learned from; empty if they had no names.
    pub fn text_columns(&self) -> &[String] {
        &self.bundle.text_columns
    }

    /// Uses this precision in matrix products from now on; [`Precision::F32`] unless it is set.
    #[must_use]
    pub fn with_precision(mut self, precision: Precision) -> Self {
        self.bundle.set_precision(precision);
        self
    }

    /// Uses only these reading directions from now on.
    ///
    /// # Errors
    /// [`Error::Usage`] when the model lacks one of them, or none is given.
    pub fn with_directions(mut self, directions: &[Direction]) -> Result<Self, Error> {
        self.bundle.keep(directions)?;
        Ok(self)
    }

    /// The parts it is made of: text pipeline, labels, one network per direction.
    pub fn bundle(&self) -> &ClassifierBundle {
        &self.bundle
    }
}

impl From<ClassifierBundle> for Classifier {
    fn from(bundle: ClassifierBundle) -> Self {
        Self { bundle }
    }
}
