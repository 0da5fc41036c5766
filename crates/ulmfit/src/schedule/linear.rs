//! A straight line, after an optional climb.

use super::{Rate, Schedule, ScheduleError, warm_up_then};
use serde::{Deserialize, Serialize};

/// Falls in a straight line from the peak to `end` of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Linear {
    /// Part of the run that climbs to the peak, from 0 to 1.
    pub warmup: f64,
    /// Final rate as a fraction of the peak, from 0 to 1.
    pub end: f64,
}

impl Default for Linear {
    fn default() -> Self {
        Self { warmup: 0.1, end: 0.0 }
    }
}

impl Schedule for Linear {
    fn at(&self, step: usize, steps: usize) -> Rate {
        warm_up_then(step, steps, self.warmup, |done| 1.0 - done * (1.0 - self.end))
    }

    fn check(&self) -> Result<(), ScheduleError> {
        let fits = |x: f64| (0.0..=1.0).contains(&x);
        ScheduleError::unless(fits(self.warmup), "warmup", self.warmup, "from 0 to 1")?;
        ScheduleError::unless(fits(self.end), "end", self.end, "from 0 to 1")
    }
}
