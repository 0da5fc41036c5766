//! The result of a training.

use crate::checkpoint::Overwrite;
use crate::models::ModelMetadata;
use crate::report::Report;
use crate::run::{claim, remove_run, run_folder};
use crate::stages::TrainedClassifier;
use crate::{Classifier, Error};
use std::path::{Path, PathBuf};

/// A classifier that was just trained, and its report.
pub struct Trained {
    classifier: Classifier,
    report: Report,
    metadata: ModelMetadata,
    output: Option<PathBuf>,
    overwrite: Overwrite,
}

impl Trained {
    pub(crate) fn new(
        outcome: TrainedClassifier,
        metadata: ModelMetadata,
        output: Option<PathBuf>,
        overwrite: Overwrite,
    ) -> Self {
        let TrainedClassifier { classifier, report, calibration, learned, .. } = outcome;
        let classifier = Classifier::trained(classifier, calibration, learned);
        Self { classifier, report, metadata, output, overwrite }
    }

    /// Scores with intervals, beside simple baselines. The report displays as text; the model folder
    /// also has it as JSON and HTML.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// The classifier.
    pub fn classifier(&self) -> &Classifier {
        &self.classifier
    }

    /// The classifier, for use without saving it.
    pub fn into_classifier(self) -> Classifier {
        self.classifier
    }

    /// Removes the run folder of [`Trainer::output`](crate::Trainer::output), for a classifier that
    /// is kept elsewhere.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] when it cannot be removed.
    pub fn discard_run(&self) -> Result<(), Error> {
        self.output.as_deref().map_or(Ok(()), |output| remove_run(&run_folder(output)))
    }

    /// Writes the model folder, report included. It appears complete or not at all, whenever the
    /// process is killed; the run folder of [`Trainer::output`](crate::Trainer::output) is removed
    /// when the model is safe.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] when something else is there, or when writing fails.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        let folder = claim(path, self.overwrite)?;
        self.classifier.bundle().save(folder, &self.metadata)?;
        if self.output.as_deref() == Some(path) {
            remove_run(&run_folder(path))?;
        }
        Ok(())
    }
}
