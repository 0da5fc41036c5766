//! The contents of a report on a trained classifier, as plain data.

use super::baseline::BaselineScores;
use super::time_budget::TimeBudget;
use super::{ClassifierEvaluation, QuotedRow, TrainingHistory};
use crate::decisions::Automation;
use crate::input::{LabelCounts, RowCounts};
use crate::report::statistics::Comparison;
use crate::report::statistics::Reliability;
use crate::text::Direction;
use serde::Serialize;
use serde_json::Value;

/// Scores of a classifier, beside those of simple baselines, and its provenance.
///
/// A run that was interrupted and continued has the same report, but for its [`Cost`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Number of rows in each split.
    pub rows: RowCounts,
    /// Number of unlabelled texts that the language model or the encoder was trained on, or that got pseudo-labels.
    pub unlabeled: usize,
    /// Self-training, if there was any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_training: Option<SelfTrainingReport>,
    /// The parts of a portfolio.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<PartReport>,
    /// The time that it was given, if it was given one, and what was left out to stay within it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_budget: Option<TimeBudget>,
    /// Rows of each label; empty where labels are numbers.
    pub labels: Vec<LabelCounts>,
    /// The language model on held-out text.
    pub language_model: Vec<DirectionScore>,
    /// The score on the test set, if there is one.
    pub test: Option<ClassifierEvaluation>,
    /// The score on the validation set.
    pub valid: Option<ClassifierEvaluation>,
    /// Whether training selected anything on the validation set.
    #[serde(rename = "chosen")]
    pub selected_on_valid: bool,
    /// Folds of the cross-validation that `test` is from, if it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folds: Option<usize>,
    /// Scores of simple baselines on the test set (else on the validation set).
    pub baselines: Option<BaselineScores>,
    /// The classifier against TF-IDF on the same rows (against the most frequent label if it is
    /// TF-IDF itself); `None` where labels are numbers.
    pub comparison: Option<Comparison>,
    /// The classifier compared with the best baseline, in words.
    pub verdict: Option<String>,
    /// How far its probabilities can be trusted, on the rows of the baselines; `None` for numbers.
    pub reliability: Option<Reliability>,
    /// Expected calibration error.
    pub calibration_error: Option<f64>,
    /// What can be left to it, by these rows; none if there are none.
    pub automation: Option<Automation>,
    /// The worst mistakes on these rows, the worst first.
    pub mistakes: Vec<QuotedRow>,
    /// The right answers on these rows that were closest, the least confident first; none for numbers.
    pub least_sure: Vec<QuotedRow>,
    /// The history of each training, in the order of the stages.
    pub training: Vec<TrainingHistory>,
    /// Provenance.
    pub made: Provenance,
    /// Time and memory.
    #[serde(flatten)]
    pub cost: Cost,
}

/// Self-training: what a classifier was trained on besides labels.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SelfTrainingReport {
    /// Unlabelled texts that the first classifier labelled.
    pub labelled: usize,
    /// The most confident of them, which the second one was trained on.
    pub learned: usize,
    /// Share of the rows that the first one has right, of those that the second one is scored on;
    /// none if there are none.
    pub first_accuracy: Option<f64>,
}

/// What a part of a portfolio does alone.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PartReport {
    /// Name of the part.
    pub name: String,
    /// Its weight; none if the portfolio does without it.
    pub weight: Option<f64>,
    /// Examples that it answered without having learned them, from which the weights come.
    pub out_of_fold_rows: usize,
    /// Share of them that it has right (all labels, where a text may have several); mean absolute
    /// error of numbers.
    pub out_of_fold: f64,
    /// The same on the rows that the portfolio is scored on; none if it is not used.
    pub alone: Option<f64>,
    /// The portfolio against it on these rows; none for numbers, and where it is not used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comparison: Option<Comparison>,
}

/// Score of a language model.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DirectionScore {
    /// Reading direction.
    pub direction: Direction,
    /// Tokens predicted.
    pub tokens: usize,
    /// Mean negative log likelihood in nats.
    pub loss: f64,
    /// `exp(loss)`.
    pub perplexity: f64,
    /// Perplexity before it was trained on these texts; `None` if it started from random weights.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub perplexity_before: Option<f64>,
    /// Share of tokens predicted correctly.
    pub accuracy: f64,
}

/// Hashes of the splits of a classifier: texts and labels, in their order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DataHashes {
    /// Training set.
    pub train: String,
    /// Validation set.
    pub valid: String,
    /// Test set.
    pub test: String,
}

/// Provenance of a classifier.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Provenance {
    /// Name and version of this program.
    pub program: String,
    /// Hash of its file, if the system says where it is.
    pub program_hash: Option<String>,
    /// Instruction set: others may round differently.
    pub isa: String,
    /// Number of threads, which changes no result.
    pub threads: usize,
    /// Root of all randomness.
    pub seed: u64,
    /// Reading directions.
    pub directions: Vec<Direction>,
    /// Tokens of the vocabulary.
    pub vocabulary: usize,
    /// Hash of the vocabulary.
    pub vocabulary_hash: String,
    /// Sizes of the network.
    pub network: Value,
    /// Weights of a direction.
    pub weights: usize,
    /// Hashes of training set, validation set and test set.
    pub data: DataHashes,
    /// Hyper-parameters of the language model; `None` if it was made before.
    pub language_model_recipe: Option<Value>,
    /// Hyper-parameters of the classifier.
    pub classifier_recipe: Value,
}

/// Time and memory of a run: the only part of a report that differs between runs without a time budget.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Cost {
    /// Wall time of the whole command, including earlier processes up to the checkpoints that this one
    /// continued from.
    pub seconds: f64,
    /// Wall time of its parts.
    pub stages: Vec<StageTime>,
    /// Peak memory of the process in MiB, where the system reports it.
    pub peak_rss_mb: Option<f64>,
    /// Whether it continued an interrupted run.
    pub continued: bool,
}

/// Wall time of one part of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StageTime {
    /// Name of the part.
    pub stage: String,
    /// Wall time in seconds.
    pub seconds: f64,
}

impl Report {
    /// The score to quote, and the split it is from: the test set if there is one.
    pub fn evaluated(&self) -> Option<(&ClassifierEvaluation, EvaluationSplit)> {
        match (&self.test, &self.valid) {
            (Some(test), _) if self.folds.is_some() => Some((test, EvaluationSplit::Folds)),
            (Some(test), _) => Some((test, EvaluationSplit::Test)),
            (None, Some(valid)) if self.selected_on_valid => {
                Some((valid, EvaluationSplit::Selection))
            }
            (None, Some(valid)) => Some((valid, EvaluationSplit::Validation)),
            (None, None) => None,
        }
    }

    /// `report.json`: everything.
    ///
    /// # Panics
    /// Never: plain data serialises.
    pub fn to_json(&self) -> Vec<u8> {
        #[derive(Serialize)]
        struct Document<'a> {
            schema: u32,
            #[serde(flatten)]
            report: &'a Report,
        }
        let document = Document { schema: 1, report: self };
        let mut bytes = serde_json::to_vec_pretty(&document).expect("plain data serialises");
        bytes.push(b'\n');
        bytes
    }
}

/// The split that a score is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvaluationSplit {
    /// The test set, used once.
    Test,
    /// All examples, each answered by a classifier that had not learned it.
    Folds,
    /// The validation set, on which nothing was selected.
    Validation,
    /// The validation set on which epochs were selected: an optimistic score.
    Selection,
}

/// Peak memory of this process in MiB, where the system reports it.
pub fn peak_rss_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<f64>().ok()? / 1024.0)
}
