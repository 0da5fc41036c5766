//! Scores of a model on labelled rows, or on running text.

use crate::Error;
use crate::data::batches::{Bptt, LmBatchConfig};
use crate::data::labels::{LabelKind, PREDICTED, Target};
use crate::data::{DataError, Record};
use crate::input::{Document, LearnedTexts, encode, texts};
use crate::model::scoring::{argmax, score_stream};
use crate::models::{ClassifierBundle, LmBundle};
use crate::report::metrics::{MultiLabelScores, RegressionScores};
use crate::report::{ClassificationScores, ClassifierEvaluation, QuotedRow, mistakes};
use crate::run::Progress;
use crate::text::special::UNK_ID;
use serde::Serialize;
use std::fmt;
use ulmfit_ops::Device;

/// Lower limit of probabilities in a cross entropy: a rounded zero would make it infinite.
const LEAST: f64 = 1e-12;

/// Compares rows of probabilities with the labels of their records; a label that the model does
/// not know is an error of the model.
///
/// # Errors
/// [`Error::Data`] when a record has no label, or one that does not suit the task.
pub(crate) fn score<D: Device>(
    model: &ClassifierBundle<D>,
    records: &[Record],
    rows: &[Vec<f32>],
) -> Result<ClassifierEvaluation, Error> {
    let labels = model.labels.with_unseen(records);
    let targets = records.iter().map(|record| labels.target(record));
    let targets = targets.collect::<Result<Vec<_>, DataError>>()?;
    Ok(match model.task() {
        LabelKind::Single => {
            let classes: Vec<u32> = targets.iter().map(class).collect();
            let guesses: Vec<u32> = rows.iter().map(|row| argmax(row) as u32).collect();
            let surprise = |(row, &class): (&Vec<f32>, &u32)| {
                let probability = row.get(class as usize).copied().unwrap_or(0.0);
                -f64::from(probability).max(LEAST).ln()
            };
            // a sum of negative zeros would be one, too
            let loss =
                0.0 + rows.iter().zip(&classes).map(surprise).sum::<f64>() / rows.len() as f64;
            let names = labels.names();
            ClassifierEvaluation::SingleLabel(ClassificationScores::new(
                names, &classes, &guesses, loss,
            ))
        }
        LabelKind::Multi => {
            let outputs = labels.outputs();
            let chosen = |row: &Vec<f32>| -> Vec<bool> {
                (0..outputs).map(|n| row.get(n).is_some_and(|&p| p >= PREDICTED)).collect()
            };
            let wanted =
                targets.iter().flat_map(|target| flags(target, outputs)).collect::<Vec<_>>();
            let guesses: Vec<bool> = rows.iter().flat_map(chosen).collect();
            ClassifierEvaluation::MultiLabel(MultiLabelScores::new(
                labels.names(),
                &wanted,
                &guesses,
            ))
        }
        LabelKind::Regression => {
            let wanted: Vec<f64> = targets.iter().map(value).collect();
            let guesses: Vec<f64> = rows.iter().map(|row| f64::from(row[0])).collect();
            ClassifierEvaluation::Regression(RegressionScores::new(&wanted, &guesses))
        }
    })
}

fn class(target: &Target) -> u32 {
    match target {
        Target::Class(class) => *class,
        _ => unreachable!("a single-label set gives classes"),
    }
}

fn value(target: &Target) -> f64 {
    match target {
        Target::Value(value) => *value,
        _ => unreachable!("a regression set gives values"),
    }
}

fn flags(target: &Target, outputs: usize) -> Vec<bool> {
    match target {
        Target::Classes(classes) => (0..outputs as u32).map(|n| classes.contains(&n)).collect(),
        _ => unreachable!("a multi-label set gives lists of classes"),
    }
}

/// Predicts the records' documents and scores the predictions. Labels that the model does not know
/// count as errors, with a warning; another one counts the records that it has `learned`.
///
/// # Errors
/// [`Error::Data`] when a record has no label, or one that does not suit the task, or when the
/// model knows none of the labels; [`Error::NotFinite`] when a prediction is not finite.
pub fn evaluate_classifier<D: Device>(
    model: &ClassifierBundle<D>,
    learned: Option<&LearnedTexts>,
    records: &[Record],
    batch_size: usize,
    progress: &mut dyn Progress,
) -> Result<Evaluated, Error> {
    model.labels.told_of_unseen(records)?.iter().for_each(|told| progress.warn(told));
    let known =
        learned.and_then(|learned| learned.warning(records, "the scores are too optimistic"));
    known.iter().for_each(|told| progress.warn(told));
    let labels = model.labels.with_unseen(records);
    for record in records {
        labels.target(record)?; // before hours of work
    }
    let documents = model.encode_all(&texts(records));
    let mut tick = |done, total| progress.tick("documents", done, Some(total));
    let rows = model.probabilities_of(&documents, batch_size, &mut tick)?;
    Ok(Evaluated {
        scores: score(model, records, &rows)?,
        mistakes: mistakes(&labels, records, &rows)?,
        learned: learned.map(|learned| learned.count(records)),
    })
}

/// Scores of a classifier on some records.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluated {
    /// The scores.
    pub scores: ClassifierEvaluation,
    /// Every record that was predicted wrong, with its position; the most confident mistakes (for
    /// numbers, the largest) first.
    pub mistakes: Vec<(usize, QuotedRow)>,
    /// Records that the classifier was trained on, if that is known.
    pub learned: Option<usize>,
}

/// Scores of a language model.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LmReport {
    /// Tokens predicted.
    pub tokens: usize,
    /// Mean negative log likelihood in nats.
    pub loss: f64,
    /// `exp(loss)`.
    pub perplexity: f64,
    /// Share of tokens predicted correctly.
    pub accuracy: f64,
    /// Share of tokens that are not in the vocabulary.
    pub oov_rate: f64,
    /// The loss of each direction; `loss` is their mean.
    pub directions: Vec<(String, f64)>,
}

impl fmt::Display for LmReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "perplexity  {:.2}", self.perplexity)?;
        writeln!(f, "loss        {:.4} nats per token", self.loss)?;
        writeln!(f, "accuracy    {:.2} %", 100.0 * self.accuracy)?;
        writeln!(f, "unknown     {:.2} % of tokens", 100.0 * self.oov_rate)?;
        writeln!(f, "tokens      {}", self.tokens)?;
        for (direction, loss) in self.directions.iter().filter(|_| self.directions.len() > 1) {
            writeln!(f, "{direction:<11} {:.2}", loss.exp())?;
        }
        Ok(())
    }
}

/// Loss and perplexity of a language model on documents.
///
/// # Errors
/// [`Error::Data`] when there are fewer than two tokens, [`Error::NotFinite`] when the perplexity
/// is NaN or infinite.
pub fn evaluate_language_model<D: Device>(
    model: &LmBundle<D>,
    documents: &[Document],
    batch_size: usize,
    progress: &mut dyn Progress,
) -> Result<LmReport, Error> {
    let corpus = encode(&model.text, documents, progress);
    let unknown = corpus.tokens.iter().filter(|&&id| id == UNK_ID).count();
    let (mut correct, mut tokens, mut directions) = (0, 0, Vec::new());
    for (direction, network) in &model.networks {
        let config =
            LmBatchConfig { batch_size, seq_len: 72, bptt: Bptt::Fixed, direction: *direction };
        let mut tick = |done, total| progress.tick("batches", done, Some(total));
        let score = score_stream(network, &corpus, &config, &mut tick)?;
        // a loss that is finite may still be too large for a perplexity
        if !score.perplexity().is_finite() {
            return Err(Error::NotFinite { what: "a perplexity", direction: *direction });
        }
        correct += score.correct;
        tokens += score.tokens;
        directions.push((direction.to_string(), score.loss()));
    }
    let loss = directions.iter().map(|(_, loss)| loss).sum::<f64>() / directions.len() as f64;
    Ok(LmReport {
        tokens,
        loss,
        perplexity: loss.exp(),
        accuracy: correct as f64 / tokens as f64,
        oov_rate: unknown as f64 / corpus.tokens.len() as f64,
        directions,
    })
}
