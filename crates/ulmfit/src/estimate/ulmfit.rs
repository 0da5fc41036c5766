//! The expected time of ULMFiT's stages.

use super::{ClassifierEstimate, Job, NgramEstimate, PartEstimate};
use crate::input::LabelledSplits;
use crate::progress::{Work, WorkPhase};
use crate::recipe::TfIdfRecipe;

/// The expected time of ULMFiT's stages.
pub(crate) struct UlmfitEstimate {
    /// Stages 1 and 2; `None` where the language model stays as it is.
    pub(crate) language: Option<WorkPhase>,
    /// Stage 3.
    pub(crate) classifier: ClassifierEstimate,
}

impl UlmfitEstimate {
    /// All of them, with a report.
    pub(crate) fn work(&self, rows: &LabelledSplits, folds: Option<usize>) -> Work {
        let baseline = NgramEstimate::measure(&rows.train, &rows.labels, &TfIdfRecipe::default());
        let part = PartEstimate { estimate: &self.classifier, is_trained_on_all: true };
        let job = Job::new(rows.train.len(), rows.scored(), folds);
        job.work(self.language.as_ref(), &[part], Some(&baseline))
    }
}
