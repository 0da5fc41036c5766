//! The time a command has taken, including its earlier processes that were killed.

use serde_json::Value;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Runs from the start of the process; every checkpoint stores the time.
#[derive(Debug)]
pub(crate) struct Clock {
    started: Instant,
    /// What earlier processes took, in milliseconds.
    earlier: AtomicU64,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self { started: Instant::now(), earlier: AtomicU64::new(0) }
    }

    /// Continues from the time of an earlier process. Two trainings side by side have checkpoints of
    /// the same time, so the latest counts, not the sum.
    pub(crate) fn count_earlier(&self, elapsed: Elapsed) {
        let millis = u64::try_from(elapsed.0.as_millis()).unwrap_or(u64::MAX);
        self.earlier.fetch_max(millis, Ordering::Relaxed);
    }

    /// What earlier processes took.
    pub(crate) fn earlier(&self) -> Duration {
        Duration::from_millis(self.earlier.load(Ordering::Relaxed))
    }

    /// What all of them took so far.
    pub(crate) fn elapsed(&self) -> Elapsed {
        Elapsed(self.earlier() + self.started.elapsed())
    }
}

/// Time as a checkpoint stores it, beside the position of the training.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Elapsed(Duration);

impl Elapsed {
    const KEY: &str = "seconds";

    /// The time in a checkpoint; zero where the file does not say or says nonsense: nothing but a
    /// number in a report depends on it.
    pub(crate) fn of(position: &Value) -> Self {
        let seconds = position[Self::KEY].as_f64().unwrap_or(0.0);
        Self(Duration::try_from_secs_f64(seconds).unwrap_or_default())
    }

    /// Adds it to a position.
    pub(crate) fn put(self, position: &mut Value) {
        position[Self::KEY] = self.0.as_secs_f64().into();
    }

    /// The position alone.
    pub(crate) fn without(position: &Value) -> Value {
        let mut position = position.clone();
        position.as_object_mut().map(|fields| fields.remove(Self::KEY));
        position
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn goes_on_where_the_latest_checkpoint_was() {
        let clock = Clock::start();
        for seconds in [20.0, 90.5, 40.0] {
            let mut position = json!({ "step": 3 });
            Elapsed(Duration::from_secs_f64(seconds)).put(&mut position);
            clock.count_earlier(Elapsed::of(&position));
            assert_eq!(Elapsed::without(&position), json!({ "step": 3 }));
        }
        assert_eq!(clock.earlier(), Duration::from_secs_f64(90.5));
        assert!(clock.elapsed().0 >= clock.earlier());
    }

    #[test]
    fn nonsense_counts_as_nothing() {
        for position in [json!({}), json!({ "seconds": -1 }), json!({ "seconds": 1e300 })] {
            assert_eq!(Elapsed::of(&position), Elapsed(Duration::ZERO));
        }
    }
}
