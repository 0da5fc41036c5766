//! How long a job will take: from updates that are measured on this machine, and the size of the data.

mod classifier;
mod encoder;
mod encoder_texts;
mod language;
mod ngrams;
mod speed;
mod ulmfit;

pub(crate) use classifier::{ClassifierEstimate, ClassifierSettings, EstimatedExamples};
pub(crate) use encoder::EncoderEstimate;
pub(crate) use encoder_texts::{dropout_pairs_time, masked_words_time};
pub(crate) use language::EstimatedTexts;
pub(crate) use ngrams::NgramEstimate;
pub(crate) use ulmfit::UlmfitEstimate;

use crate::progress::{Work, WorkPhase};

/// The expected time of a method, alone or as a part of a portfolio.
pub(crate) trait Estimate {
    /// Trainings on so many of the examples, without this fold if one is held out.
    fn trainings(&self, rows: usize, fold: Option<usize>) -> Vec<WorkPhase>;

    /// Seconds to answer so many documents.
    fn scoring(&self, documents: usize) -> f64;
}

/// What is done with a method.
#[derive(Clone, Copy)]
pub(crate) struct PartEstimate<'a> {
    /// Its expected time.
    pub(crate) estimate: &'a dyn Estimate,
    /// Whether it is trained on all examples, after those without the folds.
    pub(crate) is_trained_on_all: bool,
}

/// The examples of a job, and what is done with them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Job {
    /// Training examples.
    pub(crate) train: usize,
    /// Examples of the validation set and the test set.
    pub(crate) scored: usize,
    /// Folds of the training examples; 0 for none.
    pub(crate) folds: usize,
    /// Those of them that are held out in turn.
    pub(crate) held_out: usize,
    /// Whether their answers are the score.
    pub(crate) is_scored_by_folds: bool,
}

impl Job {
    /// The training of one method, and its cross-validation if there is one.
    pub(crate) fn new(train: usize, scored: usize, folds: Option<usize>) -> Self {
        let (count, is_scored_by_folds) = (folds.unwrap_or(0), folds.is_some());
        Self { train, scored, folds: count, held_out: count, is_scored_by_folds }
    }

    /// All of it: a language model if there is one to train, each part without the folds and on all
    /// examples, and the report, which compares them with `baseline`.
    pub(crate) fn work(
        &self,
        language: Option<&WorkPhase>,
        parts: &[PartEstimate<'_>],
        baseline: Option<&NgramEstimate>,
    ) -> Work {
        let mut phases: Vec<WorkPhase> = language.into_iter().cloned().collect();
        let held_out = self.train.checked_div(self.folds).unwrap_or(0);
        for part in parts {
            for fold in 0..self.held_out {
                phases.extend(part.estimate.trainings(self.train - held_out, Some(fold)));
                phases.push(score(part.estimate.scoring(held_out)));
            }
        }
        let on_all = parts.iter().filter(|part| part.is_trained_on_all);
        phases.extend(on_all.flat_map(|part| part.estimate.trainings(self.train, None)));
        let answers: f64 = parts.iter().map(|part| part.estimate.scoring(self.scored)).sum();
        let trainings = if self.is_scored_by_folds {
            vec![self.train - held_out; self.folds]
        } else {
            vec![self.train]
        };
        let compared = baseline.map_or(0.0, |baseline| {
            trainings.iter().map(|&rows| baseline.training(rows)).sum::<f64>()
                + baseline.scoring(self.scored)
        });
        phases.push(score(answers + compared));
        Work { phases }
    }
}

/// Work without updates.
fn score(seconds: f64) -> WorkPhase {
    WorkPhase { title: "score".into(), tasks: Vec::new(), seconds }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A method that takes a second per example, and a tenth of it for an answer.
    struct Plain;

    impl Estimate for Plain {
        fn trainings(&self, rows: usize, fold: Option<usize>) -> Vec<WorkPhase> {
            let title = format!("{fold:?}");
            vec![WorkPhase { title, tasks: Vec::new(), seconds: rows as f64 }]
        }

        fn scoring(&self, documents: usize) -> f64 {
            documents as f64 / 10.0
        }
    }

    #[test]
    fn folds_come_before_the_training_on_all() {
        let part = PartEstimate { estimate: &Plain, is_trained_on_all: true };
        let seconds = |job: Job, part| -> Vec<f64> {
            job.work(None, &[part], None).phases.iter().map(|phase| phase.seconds).collect()
        };
        assert_eq!(seconds(Job::new(90, 20, None), part), [90.0, 2.0]);
        assert_eq!(seconds(Job::new(90, 0, Some(3)), part)[..3], [60.0, 3.0, 60.0]);
        let once = Job { folds: 3, held_out: 1, ..Job::new(90, 20, None) };
        assert_eq!(seconds(once, part), [60.0, 3.0, 90.0, 2.0]);
        let kept = PartEstimate { is_trained_on_all: false, ..part };
        assert_eq!(seconds(once, kept), [60.0, 3.0, 2.0]);
    }
}
