//! Half a cosine, after an optional climb.

use super::{Rate, Schedule, ScheduleError, cosine_between, warm_up_then};
use serde::{Deserialize, Serialize};

/// Falls along half a cosine from the peak to `end` of it (Loshchilov & Hutter 2017, one cycle).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Cosine {
    /// Part of the run that climbs to the peak, from 0 to 1.
    pub warmup: f64,
    /// Final rate as a fraction of the peak, from 0 to 1.
    pub end: f64,
}

impl Default for Cosine {
    fn default() -> Self {
        Self { warmup: 0.1, end: 0.0 }
    }
}

impl Schedule for Cosine {
    fn at(&self, step: usize, steps: usize) -> Rate {
        warm_up_then(step, steps, self.warmup, |done| cosine_between(1.0, self.end, done))
    }

    fn check(&self) -> Result<(), ScheduleError> {
        let fits = |x: f64| (0.0..=1.0).contains(&x);
        ScheduleError::unless(fits(self.warmup), "warmup", self.warmup, "from 0 to 1")?;
        ScheduleError::unless(fits(self.end), "end", self.end, "from 0 to 1")
    }
}
