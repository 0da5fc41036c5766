//! The texts that wait for one thread.

use super::Job;
use super::batch::{Budget, group, take};
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A queue that one thread serves.
pub(super) struct Lane {
    budget: Budget,
    /// How long to wait for as many texts as in the last batch.
    wait: Duration,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Job>,
    /// Texts that were taken out of the queue to be sorted; they are predicted before it.
    sorted: VecDeque<Job>,
    closed: bool,
    /// How many texts in the queue end the thread's wait; 0 while it does not wait.
    wanted: usize,
    /// Tokens of the batch that is being computed.
    running: usize,
    /// When the last batch was done, and how many texts it had.
    last: Option<(Instant, usize)>,
    /// Tokens per second of recent batches; 0 before the first one.
    speed: f64,
}

impl State {
    fn begun(&mut self, batch: Vec<Job>) -> Vec<Job> {
        self.running = batch.iter().map(Job::cost).sum();
        batch
    }
}

/// Cost of a batch.
#[derive(Clone, Copy, Default)]
pub(super) struct Cost {
    pub(super) texts: usize,
    pub(super) tokens: usize,
    pub(super) took: Duration,
}

impl Lane {
    pub(super) fn new(budget: Budget, wait: Duration) -> Self {
        Self { budget, wait, state: Mutex::default(), changed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn push(&self, job: Job) {
        let mut state = self.lock();
        state.queue.push_back(job);
        // not for each text of a batch: waking a thread costs more than all else here
        if (1..=state.queue.len()).contains(&state.wanted) {
            state.wanted = 0;
            drop(state);
            self.changed.notify_one();
        }
    }

    /// No new texts; those that wait are still predicted.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_one();
    }

    /// How long the waiting texts will take at the recent speed.
    pub(super) fn expected_wait(&self) -> Duration {
        let state = self.lock();
        let waiting: usize = state.sorted.iter().chain(&state.queue).map(Job::cost).sum();
        if state.speed <= 0.0 {
            return Duration::ZERO;
        }
        Duration::try_from_secs_f64((waiting + state.running) as f64 / state.speed)
            .unwrap_or(Duration::MAX)
    }

    /// The next batch; `None` when the lane is closed.
    ///
    /// If the last batch has just ended and had several texts, their clients may be about to send the
    /// next ones: it waits for as many, but not for long. After a single text, or after a pause, it does
    /// not wait.
    pub(super) fn next(&self) -> Option<Vec<Job>> {
        let mut state = self.lock();
        loop {
            let State { queue, sorted, .. } = &mut *state;
            if sorted.is_empty() {
                *sorted = group(queue, self.budget.texts, Job::cost);
            }
            if !sorted.is_empty() {
                let batch = take(sorted, self.budget, Instant::now());
                if batch.is_empty() {
                    continue; // all of their clients have gone
                }
                return Some(state.begun(batch));
            }
            if state.queue.is_empty() {
                if state.closed {
                    return None;
                }
                state.wanted = 1;
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                state.wanted = 0;
                continue;
            }
            if let Some((ended, texts)) = state.last.filter(|_| !state.closed) {
                let left = self.wait.saturating_sub(ended.elapsed());
                if state.queue.len() < texts && !left.is_zero() {
                    state.wanted = texts;
                    let waited = self.changed.wait_timeout(state, left);
                    state = waited.unwrap_or_else(PoisonError::into_inner).0;
                    state.wanted = 0;
                    continue;
                }
            }
            let batch = take(&mut state.queue, self.budget, Instant::now());
            if !batch.is_empty() {
                return Some(state.begun(batch));
            }
        }
    }

    /// The batch is done.
    pub(super) fn done(&self, cost: Cost) {
        let mut state = self.lock();
        state.running = 0;
        state.last = Some((Instant::now(), cost.texts));
        let seconds = cost.took.as_secs_f64();
        if seconds > 0.0 {
            let speed = cost.tokens as f64 / seconds;
            state.speed = if state.speed > 0.0 { 0.8 * state.speed + 0.2 * speed } else { speed };
        }
    }
}
