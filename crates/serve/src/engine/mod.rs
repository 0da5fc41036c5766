//! Predicts waiting texts in batches, on its own threads.
//!
//! Texts of all requests wait in two lanes. Each lane has a thread, which takes the waiting texts as soon
//! as it is free (continuous batching), so no text waits for a full batch while the machine is idle. Long
//! texts have their own lane, so a short text waits for at most one batch of short ones. Both lanes share
//! the cores. A second thread for short texts was slower: it halves the batches, and small ones cost more than
//! what it gains while answers and new requests are under way.
//!
//! The library guarantees that the other texts of a batch do not change a bit of an answer.

mod batch;
mod lane;
mod score;

use crate::Limits;
use crate::api::Word;
use crate::hosted::Loaded;
use crate::metrics::Metrics;
use crate::problem::{Kind, Problem};
use batch::Budget;
use lane::Lane;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use ulmfit::decisions::Policy;
use ulmfit::text::Direction;
use ulmfit::{Decision, ExplainMethod, Prediction, PreparedText};

/// A text waiting for its prediction.
pub(crate) struct Job {
    /// The model that tokenized it.
    pub(crate) model: Arc<Loaded>,
    /// The only direction to use; `None` for all that the model has.
    pub(crate) direction: Option<Direction>,
    /// The rule that says when to answer.
    pub(crate) policy: Option<Arc<Policy>>,
    /// The text.
    pub(crate) text: PreparedText,
    /// Explain the answer, too.
    pub(crate) explain: Option<Explain>,
    /// When it entered the queue.
    pub(crate) queued: Instant,
    /// Deadline, after which the answer is not needed.
    pub(crate) deadline: Instant,
    /// Where the answer goes.
    pub(crate) reply: oneshot::Sender<Outcome>,
    /// Its place in the queue, released when its batch begins.
    pub(crate) place: OwnedSemaphorePermit,
}

/// How to explain an answer, and the text as the client sent it.
pub(crate) struct Explain {
    method: ExplainMethod,
    fields: Vec<String>,
    /// Passes over the text, about.
    passes: usize,
}

impl Explain {
    /// `gradient_passes` are those of integrated gradients.
    pub(crate) fn new(method: ExplainMethod, fields: Vec<String>, gradient_passes: usize) -> Self {
        let passes = match method {
            ExplainMethod::Fast => 1,
            ExplainMethod::Gradients => gradient_passes,
            ExplainMethod::Exact => 1 + fields.iter().map(|field| words(field)).sum::<usize>(),
        };
        Self { method, fields, passes }
    }

    /// Tokens that are computed for an answer to a text of `tokens` tokens and its explanation.
    pub(crate) fn cost(explain: Option<&Self>, tokens: usize) -> usize {
        tokens.saturating_mul(1 + explain.map_or(0, |explain| explain.passes))
    }
}

/// Words of a text, about: runs of letters and digits, and every other sign. Where words are not
/// separated, every sign is one.
fn words(text: &str) -> usize {
    let stands_alone = |c: char| !c.is_alphanumeric() || c >= '\u{2e80}';
    let mut count = 0;
    let mut in_run = false;
    for c in text.chars() {
        count += usize::from(!c.is_whitespace() && (stands_alone(c) || !in_run));
        in_run = !stands_alone(c);
    }
    count
}

impl Job {
    /// Tokens that are computed for it; of several passes, all of them.
    fn cost(&self) -> usize {
        Explain::cost(self.explain.as_ref(), self.text.tokens())
    }
}

/// Outcome for a text.
pub(crate) type Outcome = Result<Scored, Problem>;

/// A prediction and its timings.
pub(crate) struct Scored {
    pub(crate) prediction: Prediction,
    /// Decision of the policy, if there is one.
    pub(crate) decision: Option<Decision>,
    /// The words, if they were asked for.
    pub(crate) words: Option<Vec<Word>>,
    /// Time in the queue.
    pub(crate) waited: Duration,
    /// Time that its batch took.
    pub(crate) took: Duration,
    /// Number of texts in that batch.
    pub(crate) batch_texts: usize,
}

/// Predicts a batch and sends the answers.
type Compute = fn(Vec<Job>, &Metrics) -> lane::Cost;

/// The two lanes and the places in the queue.
pub(crate) struct Engine {
    short: Arc<Lane>,
    long: Arc<Lane>,
    places: Arc<Semaphore>,
    limits: Limits,
    metrics: Arc<Metrics>,
    /// Texts that came so far.
    texts: AtomicUsize,
}

impl Engine {
    /// Starts the threads.
    ///
    /// # Errors
    /// When the system cannot start a thread.
    pub(crate) fn start(limits: &Limits, metrics: &Arc<Metrics>) -> io::Result<Self> {
        let budget = Budget { tokens: limits.batch_tokens, texts: limits.batch_texts };
        let start = |name: &str, wait, compute: Compute| {
            let lane = Arc::new(Lane::new(budget, wait));
            let (worker, metrics) = (Arc::clone(&lane), Arc::clone(metrics));
            let work = move || {
                while let Some(batch) = worker.next() {
                    // the answers of a batch that panics are lost, and its clients told so; the lane goes on
                    let computed = catch_unwind(AssertUnwindSafe(|| compute(batch, &metrics)));
                    worker.done(computed.unwrap_or_default());
                }
            };
            thread::Builder::new().name(name.to_owned()).spawn(work)?;
            Ok::<_, io::Error>(lane)
        };
        Ok(Self {
            // On a thread of the pool: from outside, each operation would wake one up. Not so the long texts:
            // a thread of the pool that waits for a part of its batch takes up other work meanwhile, and a
            // short text would wait for all of theirs. Nor on the only thread: they would wait for each batch.
            short: start("short texts", limits.batch_wait, |batch, metrics| {
                match rayon::current_num_threads() {
                    1 => score::score(batch, metrics),
                    _ => rayon::scope(|_| score::score(batch, metrics)),
                }
            })?,
            long: start("long texts", Duration::ZERO, score::score)?,
            places: Arc::new(Semaphore::new(limits.queue_texts)),
            limits: limits.clone(),
            metrics: Arc::clone(metrics),
            texts: AtomicUsize::new(0),
        })
    }

    /// How many texts have come so far.
    pub(crate) fn texts(&self) -> usize {
        self.texts.load(Ordering::Relaxed)
    }

    /// Places in the queue for all texts of a request; an error if there are not enough.
    pub(crate) fn try_reserve(&self, texts: usize) -> Result<OwnedSemaphorePermit, Problem> {
        let count = u32::try_from(texts).unwrap_or(u32::MAX);
        Arc::clone(&self.places).try_acquire_many_owned(count).map_err(|_| {
            let detail = format!("the queue of {} texts is full", self.limits.queue_texts);
            self.too_many(detail, self.short.expected_wait())
        })
    }

    /// Waits for a place, which streams do instead of failing.
    pub(crate) async fn reserve(&self) -> Result<OwnedSemaphorePermit, Problem> {
        let place = Arc::clone(&self.places).acquire_owned().await;
        place.map_err(|_| Problem::stopping())
    }

    /// Whether a text that costs `tokens` tokens is likely to be predicted before the deadline.
    pub(crate) fn check_wait(&self, tokens: usize, deadline: Instant) -> Result<(), Problem> {
        let wait = self.lane(tokens).expected_wait();
        if wait <= deadline.saturating_duration_since(Instant::now()) {
            return Ok(());
        }
        let detail = format!(
            "the texts in the queue will take {} s, longer than the deadline of {} s",
            wait.as_secs(),
            self.limits.deadline.as_secs()
        );
        Err(self.too_many(detail, wait / 2))
    }

    /// Puts a text into the queue.
    pub(crate) fn submit(&self, job: Job) {
        self.texts.fetch_add(1, Ordering::Relaxed);
        self.lane(job.cost()).push(job);
        self.show_queue();
    }

    /// Updates the gauge of waiting texts.
    pub(crate) fn show_queue(&self) {
        let waiting = self.limits.queue_texts - self.places.available_permits();
        self.metrics.queue_texts.set(waiting as f64);
    }

    fn lane(&self, tokens: usize) -> &Lane {
        if tokens > self.limits.batch_tokens / 4 { &self.long } else { &self.short }
    }

    fn too_many(&self, detail: String, wait: Duration) -> Problem {
        let wait =
            wait.clamp(Duration::from_secs(1), self.limits.deadline.max(Duration::from_secs(1)));
        Problem::new(Kind::QueueFull, detail)
            .hint("try again after the time in `Retry-After`")
            .retry_after(wait)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.short.close();
        self.long.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exact_explanation_costs_a_pass_per_word() {
        for (text, count) in
            [("", 0), ("a lovely film!", 4), ("你好 world", 3), ("x2 \u{1f600}é", 3)]
        {
            assert_eq!(words(text), count, "{text}");
        }
        let explain = |method| Explain::new(method, vec!["a film".into(), "it's".into()], 2);
        assert_eq!(Explain::cost(None, 7), 7);
        assert_eq!(Explain::cost(Some(&explain(ExplainMethod::Fast)), 7), 14);
        assert_eq!(Explain::cost(Some(&explain(ExplainMethod::Gradients)), 7), 21);
        assert_eq!(Explain::cost(Some(&explain(ExplainMethod::Exact)), 7), 49);
    }
}
