//! What training a classifier comes to: the model and an honest report.

use super::baselines::BaselineScores;
use super::bundle::ClassifierBundle;
use super::evaluate::ClassifierEvaluation;
use super::language::DirectionScore;
use super::rows::RowCounts;
use serde::Serialize;
use std::fmt;

/// A classifier and how good it is.
pub struct Outcome {
    /// The classifier.
    pub classifier: ClassifierBundle,
    /// How good it is.
    pub report: Report,
    /// What it was made from.
    pub data: DataHashes,
}

/// Hashes of the rows a classifier was made from: texts and labels, in their order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DataHashes {
    /// Learned from.
    pub train: String,
    /// Chosen by.
    pub valid: String,
    /// Scored on.
    pub test: String,
}

/// How good a classifier is, beside what simpler tools reach.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// How many rows went where.
    pub rows: RowCounts,
    /// Texts without labels that the language model learned from.
    pub unlabeled: usize,
    /// The language model on held-out text.
    pub language_model: Vec<DirectionScore>,
    /// The score on rows kept for it; none if there were no such rows.
    pub test: Option<ClassifierEvaluation>,
    /// The score on rows that choices were made by: it flatters.
    pub valid: Option<ClassifierEvaluation>,
    /// What simpler tools reach on the test rows (else on the validation rows).
    pub baselines: Option<BaselineScores>,
    /// The classifier against TF-IDF, in words.
    pub verdict: Option<String>,
    /// Wall time of the whole command.
    pub seconds: f64,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RowCounts { train, valid, test, .. } = self.rows;
        writeln!(f, "rows: {train} to learn from, {valid} to choose by, {test} to score on")?;
        if self.unlabeled > 0 {
            writeln!(f, "texts without labels: {}", self.unlabeled)?;
        }
        for score in &self.language_model {
            writeln!(f, "language model, {}: perplexity {:.1}", score.direction, score.perplexity)?;
        }
        match (&self.test, &self.valid) {
            (Some(test), _) => writeln!(f, "\nscore on rows never seen before\n{test}")?,
            (None, Some(valid)) => {
                writeln!(
                    f,
                    "\nscore on the rows that choices were made by (it flatters)\n{valid}"
                )?;
            }
            (None, None) => writeln!(f, "\nno rows were left to score on")?,
        }
        if let Some(BaselineScores { majority_accuracy, tfidf_accuracy }) = &self.baselines {
            let [majority, tfidf] = [majority_accuracy, tfidf_accuracy].map(|a| 100.0 * a);
            writeln!(f, "always the most frequent label: {majority:.2} % right")?;
            writeln!(f, "TF-IDF with logistic regression: {tfidf:.2} % right")?;
        }
        if let Some(verdict) = &self.verdict {
            writeln!(f, "{verdict}")?;
        }
        writeln!(f, "took {:.0} s", self.seconds)
    }
}
