//! From a batch to answers.

use super::lane::Cost;
use super::{Explain, Job, Outcome, Scored};
use crate::api::Word;
use crate::metrics::Metrics;
use crate::problem::{Kind, Problem};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;
use ulmfit::{Decision, Error, Prediction, PreparedText};

/// What was found out about a text.
struct Found {
    prediction: Prediction,
    decision: Option<Decision>,
    words: Option<Vec<Word>>,
}

/// Predicts a batch and sends the answers.
pub(super) fn score(batch: Vec<Job>, metrics: &Metrics) -> Cost {
    let begun = Instant::now();
    let texts: Vec<&PreparedText> = batch.iter().map(|job| &job.text).collect();
    let count = texts.len();
    let tokens = batch.iter().map(Job::cost).sum();
    let predicted = match predict(&batch[0], &texts) {
        // a bad text must not fail the others
        Err(_) if count > 1 => batch
            .iter()
            .map(|job| predict(job, &[&job.text]).and_then(|mut found| found.pop().ok_or_else(bug)))
            .collect(),
        Ok(predictions) => predictions.into_iter().map(Ok).collect::<Vec<_>>(),
        Err(problem) => vec![Err(problem)],
    };
    let found = batch.iter().zip(predicted).map(|(job, predicted)| {
        let prediction = predicted?;
        guarded(|| {
            let decide = |policy| job.model.classifier.decision(&prediction, &job.text, policy);
            let decision = job.policy.as_deref().map(decide);
            Ok(Found { words: explain(job)?, decision, prediction })
        })
    });
    let found: Vec<Result<Found, Problem>> = found.collect();
    let took = begun.elapsed();
    metrics.batch(count, tokens, took);
    for (job, found) in batch.into_iter().zip(found) {
        let Job { model, text, queued, reply, place, .. } = job;
        drop(place);
        let waited = begun.saturating_duration_since(queued);
        let outcome: Outcome = found.map(|Found { prediction, decision, words }| {
            metrics.text(&model.name, &prediction, text.unknown(), text.tokens(), waited);
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

/// Does something with the model. A panic fails the text and not the thread, on which all others wait.
fn guarded<T>(work: impl FnOnce() -> Result<T, Problem>) -> Result<T, Problem> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(bug())) // the panic hook has reported it
}

fn failed(error: &Error) -> Problem {
    Problem::new(Kind::Internal, error.to_string())
}

fn predict(job: &Job, texts: &[&PreparedText]) -> Result<Vec<Prediction>, Problem> {
    let directions = job.direction.map(|direction| [direction]);
    let directions = directions.as_ref().map(<[_; 1]>::as_slice);
    let classifier = &job.model.classifier;
    guarded(|| classifier.predict_prepared(texts, directions).map_err(|error| failed(&error)))
}

/// The words of the answer to one text, if they were asked for and somebody still waits.
fn explain(job: &Job) -> Result<Option<Vec<Word>>, Problem> {
    let Some(Explain { method, fields, .. }) =
        job.explain.as_ref().filter(|_| !job.reply.is_closed())
    else {
        return Ok(None);
    };
    let found = job.model.classifier.explain([fields.as_slice()], *method);
    let explanation = found.map_err(|error| failed(&error))?.pop().ok_or_else(bug)?;
    Ok(Some(Word::all(fields, &explanation)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_answer() {
        let problem = guarded::<()>(|| panic!("a bug")).unwrap_err();
        assert!(problem.detail().starts_with("the prediction failed"));
        assert_eq!(guarded(|| Ok(1)).unwrap(), 1);
    }
}
