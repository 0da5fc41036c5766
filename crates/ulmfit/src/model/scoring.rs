//! Scores of a model on whole data sets.

use super::{LanguageModel, TextClassifier};
use crate::data::DataError;
use crate::data::batches::{LmBatchConfig, LmEpoch, Order, TokenSource, evaluation_batches};
use ulmfit_ops::Device;

/// Sums over a corpus.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LmScore {
    /// Negative log likelihood in nats.
    pub loss_sum: f64,
    /// Tokens whose prediction was right.
    pub correct: usize,
    /// Tokens predicted.
    pub tokens: usize,
}

impl LmScore {
    /// Nats a token.
    pub fn loss(&self) -> f64 {
        self.loss_sum / self.tokens as f64
    }

    /// Share of tokens predicted right.
    pub fn accuracy(&self) -> f64 {
        self.correct as f64 / self.tokens as f64
    }

    /// `exp(loss)`.
    pub fn perplexity(&self) -> f64 {
        self.loss().exp()
    }
}

/// Loss of a language model over a corpus in its own order, every token weighing the same.
///
/// Unlike fastai's metric, which weighs a short last batch like a full one. `each` hears of
/// batches done and in all.
///
/// # Errors
/// [`DataError::TooFewTokens`] when there is nothing to predict.
pub fn score_stream<D: Device, S: TokenSource>(
    model: &LanguageModel<D>,
    corpus: &S,
    batches: &LmBatchConfig,
    each: &mut dyn FnMut(usize, usize),
) -> Result<LmScore, DataError> {
    let score = score_stream_while(model, corpus, batches, &mut |done, all| {
        each(done, all);
        true
    })?;
    Ok(score.unwrap_or_else(|| unreachable!("never stopped")))
}

/// As [`score_stream`], but `None` when `go_on` says no after a batch.
pub(crate) fn score_stream_while<D: Device, S: TokenSource>(
    model: &LanguageModel<D>,
    corpus: &S,
    batches: &LmBatchConfig,
    go_on: &mut dyn FnMut(usize, usize) -> bool,
) -> Result<Option<LmScore>, DataError> {
    let epoch = LmEpoch::new(corpus, batches, Order::InFile)?;
    let mut state = model.zero_state(epoch.batch_size());
    let mut score = LmScore { loss_sum: 0.0, correct: 0, tokens: 0 };
    for step in 0..epoch.len() {
        let out = model.evaluate(&epoch.batch(step), &mut state);
        score.loss_sum += out.loss * out.tokens as f64;
        score.correct += out.correct;
        score.tokens += out.tokens;
        if !go_on(step + 1, epoch.len()) {
            return Ok(None);
        }
    }
    Ok(Some(score))
}

/// Place of the largest number of a row; the first if several are.
pub fn argmax<R: PartialOrd>(row: &[R]) -> usize {
    let better = |best: usize, n: usize| if row[n] > row[best] { n } else { best };
    (1..row.len()).fold(0, better)
}

/// Logits of every document, in their order; one row each.
///
/// A document's bits do not depend on the others, nor on `batch_size`. `each` hears of documents
/// done and in all.
pub fn score_documents<D: Device>(
    model: &TextClassifier<D>,
    documents: &[Vec<u32>],
    batch_size: usize,
    each: &mut dyn FnMut(usize, usize),
) -> Vec<Vec<f32>> {
    let logits = score_documents_while(model, documents, batch_size, &mut |done, all| {
        each(done, all);
        true
    });
    logits.unwrap_or_else(|| unreachable!("never stopped"))
}

/// As [`score_documents`], but `None` when `go_on` says no after a batch.
pub(crate) fn score_documents_while<D: Device>(
    model: &TextClassifier<D>,
    documents: &[Vec<u32>],
    batch_size: usize,
    go_on: &mut dyn FnMut(usize, usize) -> bool,
) -> Option<Vec<Vec<f32>>> {
    let lengths: Vec<usize> = documents.iter().map(Vec::len).collect();
    let classes = model.config().classes;
    let mut logits = vec![Vec::new(); documents.len()];
    let mut done = 0;
    for items in evaluation_batches(&lengths, batch_size) {
        let texts: Vec<&[u32]> = items.iter().map(|&item| documents[item].as_slice()).collect();
        let rows = model.logits(&texts).to_f32();
        for (&item, row) in items.iter().zip(rows.chunks_exact(classes)) {
            logits[item] = row.to_vec();
        }
        done += items.len();
        if !go_on(done, documents.len()) {
            return None;
        }
    }
    Some(logits)
}
