//! Wall time of the parts of a command.

use crate::report::StageTime;
use std::time::{Duration, Instant};

/// Wall time of each part of a command.
pub(crate) struct Timings {
    started: Instant,
    last: Instant,
    parts: Vec<StageTime>,
}

impl Timings {
    pub(crate) fn start() -> Self {
        let now = Instant::now();
        Self { started: now, last: now, parts: Vec::new() }
    }

    /// The time since the start.
    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Ends a part, which is called `stage`.
    pub(crate) fn lap(&mut self, stage: &str) {
        let now = Instant::now();
        let seconds = now.duration_since(self.last).as_secs_f64();
        self.parts.push(StageTime { stage: stage.to_owned(), seconds });
        self.last = now;
    }

    /// The total and its parts; the first part is the time of `earlier` processes, if there were any.
    pub(crate) fn stop(self, earlier: Duration) -> (Duration, Vec<StageTime>) {
        let mut parts = self.parts;
        if !earlier.is_zero() {
            let stage = "before it was continued".to_owned();
            parts.insert(0, StageTime { stage, seconds: earlier.as_secs_f64() });
        }
        (earlier + self.started.elapsed(), parts)
    }
}
