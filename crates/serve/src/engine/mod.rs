//! Predicts waiting texts in batches, on threads of its own.
//!
//! Texts of all requests wait in two lanes. Each lane has a thread, which takes what is there as soon
//! as it is free (continuous batching): nobody waits for a batch to fill up while the machine is
//! idle. Long texts have a lane of their own, so that a short one waits for at most a batch of short
//! ones; both lanes share the cores.
//!
//! Which texts meet in a batch changes no bit of an answer, which is a law of the library.

mod batch;
mod lane;
mod score;

use crate::Limits;
use crate::hosted::Loaded;
use crate::metrics::Metrics;
use crate::problem::{Kind, Problem};
use batch::Budget;
use lane::Lane;
use std::io;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use ulmfit::decisions::Policy;
use ulmfit::text::Direction;
use ulmfit::{Decision, Prediction, PreparedText};

/// A text that waits for its prediction.
pub(crate) struct Job {
    /// The model that tokenized it.
    pub(crate) model: Arc<Loaded>,
    /// The only direction to use, or all that the model has.
    pub(crate) direction: Option<Direction>,
    /// The rule that says when to answer.
    pub(crate) policy: Option<Arc<Policy>>,
    /// The text.
    pub(crate) text: PreparedText,
    /// When it began to wait.
    pub(crate) queued: Instant,
    /// When nobody wants the answer any more.
    pub(crate) deadline: Instant,
    /// Who wants the answer.
    pub(crate) reply: oneshot::Sender<Outcome>,
    /// Its place in the queue, free again when its batch begins.
    pub(crate) place: OwnedSemaphorePermit,
}

/// What became of a text.
pub(crate) type Outcome = Result<Scored, Problem>;

/// A prediction, and how it came about.
pub(crate) struct Scored {
    pub(crate) prediction: Prediction,
    /// What the policy says about it, if there is one.
    pub(crate) decision: Option<Decision>,
    /// From the queue to its batch.
    pub(crate) waited: Duration,
    /// From the beginning of its batch to the end.
    pub(crate) took: Duration,
    /// Texts of that batch.
    pub(crate) batch_texts: usize,
}

/// The two lanes and the places in the queue.
pub(crate) struct Engine {
    short: Arc<Lane>,
    long: Arc<Lane>,
    places: Arc<Semaphore>,
    limits: Limits,
    metrics: Arc<Metrics>,
}

impl Engine {
    /// Starts the threads.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(crate) fn start(limits: &Limits, metrics: &Arc<Metrics>) -> io::Result<Self> {
        let budget = Budget { tokens: limits.batch_tokens, texts: limits.batch_texts };
        let start = |name: &str, wait| {
            let lane = Arc::new(Lane::new(budget, wait));
            let (worker, metrics) = (Arc::clone(&lane), Arc::clone(metrics));
            let work = move || {
                while let Some(batch) = worker.next() {
                    worker.done(score::score(batch, &metrics));
                }
            };
            thread::Builder::new().name(name.to_owned()).spawn(work)?;
            Ok::<_, io::Error>(lane)
        };
        Ok(Self {
            short: start("short texts", limits.batch_wait)?,
            long: start("long texts", Duration::ZERO)?,
            places: Arc::new(Semaphore::new(limits.queue_texts)),
            limits: limits.clone(),
            metrics: Arc::clone(metrics),
        })
    }

    /// Places in the queue for all texts of a request, or none.
    pub(crate) fn try_reserve(&self, texts: usize) -> Result<OwnedSemaphorePermit, Problem> {
        let count = u32::try_from(texts).unwrap_or(u32::MAX);
        Arc::clone(&self.places).try_acquire_many_owned(count).map_err(|_| {
            let detail = format!("the queue of {} texts is full", self.limits.queue_texts);
            self.too_many(detail, self.short.expected_wait())
        })
    }

    /// Waits for a place: what a stream does instead of failing.
    pub(crate) async fn reserve(&self) -> Result<OwnedSemaphorePermit, Problem> {
        let place = Arc::clone(&self.places).acquire_owned().await;
        place.map_err(|_| Problem::stopping())
    }

    /// Whether a text with so many tokens can be expected to be predicted in time.
    pub(crate) fn check_wait(&self, tokens: usize, deadline: Instant) -> Result<(), Problem> {
        let wait = self.lane(tokens).expected_wait();
        if wait <= deadline.saturating_duration_since(Instant::now()) {
            return Ok(());
        }
        let detail = format!(
            "waiting texts will take {} s, longer than the deadline of {} s",
            wait.as_secs(),
            self.limits.deadline.as_secs()
        );
        Err(self.too_many(detail, wait / 2))
    }

    /// Puts a text into the queue.
    pub(crate) fn submit(&self, job: Job) {
        self.lane(job.text.tokens()).push(job);
        self.show_queue();
    }

    /// Updates the gauge of texts that wait.
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
