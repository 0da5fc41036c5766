//! fastai's one-cycle policy.

use super::{Rate, Schedule, ScheduleError, cosine_between};
use serde::{Deserialize, Serialize};

/// Half a cosine up, half a cosine down, momentum the other way round.
///
/// fastai 2's `fit_one_cycle` (after Smith 2018, <https://arxiv.org/abs/1803.09820>), with the
/// momenta of its `TextLearner`. A step is at `step / steps`, so the end is never reached.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct OneCycle {
    /// Peak over first rate.
    pub div: f64,
    /// Peak over the rate it falls towards.
    pub div_final: f64,
    /// Part of the run that climbs, from 0 to 1.
    pub pct_start: f64,
    /// Momentum at the start, at the peak and at the end; three equal ones keep it constant.
    pub moms: [f64; 3],
}

impl Default for OneCycle {
    fn default() -> Self {
        Self { div: 25.0, div_final: 1e5, pct_start: 0.25, moms: [0.8, 0.7, 0.8] }
    }
}

impl Schedule for OneCycle {
    fn at(&self, step: usize, steps: usize) -> Rate {
        let place = step.min(steps) as f64 / steps.max(1) as f64;
        let [first, middle, last] = self.moms;
        if place < self.pct_start {
            let at = place / self.pct_start;
            let lr = cosine_between(1.0 / self.div, 1.0, at);
            return Rate { lr, mom: Some(cosine_between(first, middle, at)) };
        }
        let left = 1.0 - self.pct_start;
        let at = if left > 0.0 { (place - self.pct_start) / left } else { 1.0 };
        let lr = cosine_between(1.0, 1.0 / self.div_final, at);
        Rate { lr, mom: Some(cosine_between(middle, last, at)) }
    }

    fn check(&self) -> Result<(), ScheduleError> {
        let at_least_one = |x: f64| x >= 1.0 && x.is_finite();
        ScheduleError::unless(at_least_one(self.div), "div", self.div, "at least 1")?;
        let fits = at_least_one(self.div_final);
        ScheduleError::unless(fits, "div_final", self.div_final, "at least 1")?;
        let fits = (0.0..=1.0).contains(&self.pct_start);
        ScheduleError::unless(fits, "pct_start", self.pct_start, "from 0 to 1")?;
        self.moms.iter().try_for_each(|&mom| {
            ScheduleError::unless((0.0..1.0).contains(&mom), "moms", mom, "from 0 to below 1")
        })
    }
}
