//! From a batch to answers.

use super::lane::Cost;
use super::{Explain, Job, Outcome, Scored};
use crate::api::Word;
use crate::metrics::Metrics;
use crate::problem::{Kind, Problem};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;
use ulmfit::{Prediction, PreparedText};

/// Predicts a batch and sends the answers.
pub(super) fn score(batch: Vec<Job>, metrics: &Metrics) -> Cost {
    let begun = Instant::now();
    let texts: Vec<&PreparedText> = batch.iter().map(|job| &job.text).collect();
    let count = texts.len();
    let tokens = batch.iter().map(Job::cost).sum();
    let found = match predict(&batch[0], &texts) {
        // a bad text must not fail the others
        Err(_) if count > 1 => batch
            .iter()
            .map(|job| predict(job, &[&job.text]).and_then(|mut found| found.pop().ok_or_else(bug)))
            .collect(),
        Ok(predictions) => predictions.into_iter().map(Ok).collect::<Vec<_>>(),
        Err(problem) => vec![Err(problem)],
    };
    let with_words = |(job, found): (&Job, Result<Prediction, Problem>)| {
        let found = found?;
        Ok::<_, Problem>((found, explain(job)?))
    };
    let found: Vec<_> = batch.iter().zip(found).map(with_words).collect();
    let took = begun.elapsed();
    metrics.batch(count, tokens, took);
    for (job, found) in batch.into_iter().zip(found) {
        let Job { model, policy, text, queued, reply, place, .. } = job;
        drop(place);
        let waited = begun.saturating_duration_since(queued);
        if let Ok((found, _)) = &found {
            metrics.text(&model.name, found, text.unknown(), text.tokens(), waited);
        }
        let outcome: Outcome = found.map(|(prediction, words)| {
            let decide = |policy| model.classifier.decision(&prediction, &text, policy);
            let decision = policy.as_deref().map(decide);
            if decision.as_ref().is_some_and(|decision| decision.abstained) {
                metrics.abstained(&model.name);
            }
            Scored { prediction, decision, words, waited, took, batch_texts: count }
        });
        _ = reply.send(outcome); // fails if the client has gone
    }
    Cost { texts: count, tokens, took }
}

fn bug() -> Problem {
    Problem::new(Kind::Internal, "the prediction failed; the server's log may have details")
}

fn predict(job: &Job, texts: &[&PreparedText]) -> Result<Vec<Prediction>, Problem> {
    let directions = job.direction.map(|direction| [direction]);
    let directions = directions.as_ref().map(<[_; 1]>::as_slice);
    let classifier = &job.model.classifier;
    let found = catch_unwind(AssertUnwindSafe(|| classifier.predict_prepared(texts, directions)));
    match found {
        Ok(Ok(predictions)) => Ok(predictions),
        Ok(Err(error)) => Err(Problem::new(Kind::Internal, error.to_string())),
        Err(_) => Err(bug()), // the panic hook has reported it
    }
}

/// The words of the answer to one text, if they were asked for and somebody still waits.
fn explain(job: &Job) -> Result<Option<Vec<Word>>, Problem> {
    let Some(Explain { method, fields, .. }) =
        job.explain.as_ref().filter(|_| !job.reply.is_closed())
    else {
        return Ok(None);
    };
    let classifier = &job.model.classifier;
    let found = catch_unwind(AssertUnwindSafe(|| classifier.explain([fields.as_slice()], *method)));
    match found {
        Ok(Ok(mut found)) => {
            let explanation = found.pop().ok_or_else(bug)?;
            Ok(Some(Word::all(fields, &explanation)))
        }
        Ok(Err(error)) => Err(Problem::new(Kind::Internal, error.to_string())),
        Err(_) => Err(bug()),
    }
}
