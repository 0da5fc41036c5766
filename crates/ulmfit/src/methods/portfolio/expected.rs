//! The expected time of a portfolio.

use super::plan::PortfolioPlan;
use super::pseudo_labels::MOST_TOKENS;
use crate::estimate::{
    EncoderEstimate, Estimate, Job, NgramEstimate, PartEstimate, UlmfitEstimate,
};
use crate::progress::{Work, WorkPhase};

/// The expected time of n-grams that learn an encoder's labels of so many texts.
struct PseudoLabelEstimate<'a> {
    encoder: &'a EncoderEstimate,
    ngrams: &'a NgramEstimate,
    texts: usize,
}

impl Estimate for PseudoLabelEstimate<'_> {
    fn trainings(&self, rows: usize, fold: Option<usize>) -> Vec<WorkPhase> {
        let phase = |title: &str, seconds| {
            let title = title.to_owned();
            WorkPhase { title, tasks: Vec::new(), seconds }
        };
        let again = self.encoder.fine_tuning_again(rows, self.texts, fold);
        let rounds = if again.is_some() { 2.0 } else { 1.0 };
        // those of the first round are trained for the encoder's second fine-tuning, too
        let trainings = if again.is_some() { 3.0 } else { 1.0 };
        let learned = self.ngrams.training(rows + self.texts);
        let labelled = [
            phase(
                "pseudo-label other texts",
                rounds * self.encoder.reading_time(self.texts, MOST_TOKENS),
            ),
            phase("train TF-IDF on pseudo-labels", trainings * learned),
        ];
        again.into_iter().chain(labelled).collect()
    }

    fn scoring(&self, documents: usize) -> f64 {
        self.ngrams.scoring(documents)
    }
}

/// The expected times of what can be a part.
pub(crate) struct Expected {
    /// Of n-grams.
    pub(crate) ngrams: NgramEstimate,
    /// Of the encoder, with the fine-tuning of the longest plan.
    pub(crate) encoder: Option<EncoderEstimate>,
    /// Of ULMFiT.
    pub(crate) ulmfit: Option<UlmfitEstimate>,
    /// Training examples.
    pub(crate) train: usize,
    /// Examples of the validation set and the test set.
    pub(crate) scored: usize,
}

impl Expected {
    /// All that a plan does, if all of its parts are used in the end.
    pub(crate) fn work(&self, plan: &PortfolioPlan) -> Work {
        let job = Job {
            train: self.train,
            scored: self.scored,
            folds: plan.folds,
            held_out: plan.scored,
            is_scored_by_folds: plan.is_scored_by_folds,
        };
        let encoder = plan.encoder.as_ref().zip(self.encoder.as_ref());
        let encoder = encoder.map(|(recipe, estimate)| estimate.with_recipe(recipe.clone()));
        let ulmfit = self.ulmfit.as_ref().filter(|_| plan.ulmfit);
        let mut parts = vec![PartEstimate { estimate: &self.ngrams, is_trained_on_all: true }];
        parts.extend(
            encoder.iter().map(|estimate| PartEstimate { estimate, is_trained_on_all: true }),
        );
        let taught = encoder.as_ref().filter(|_| plan.pseudo_labels > 0).map(|encoder| {
            PseudoLabelEstimate { encoder, ngrams: &self.ngrams, texts: plan.pseudo_labels }
        });
        parts.extend(
            taught.iter().map(|estimate| PartEstimate { estimate, is_trained_on_all: true }),
        );
        parts.extend(ulmfit.map(|ulmfit| PartEstimate {
            estimate: &ulmfit.classifier,
            is_trained_on_all: plan.retrains,
        }));
        let language = ulmfit.and_then(|ulmfit| ulmfit.language.as_ref());
        job.work(language, &parts, Some(&self.ngrams))
    }
}
