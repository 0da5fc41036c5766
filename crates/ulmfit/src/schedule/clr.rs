//! The triangle of the scripts behind the paper's numbers.

use super::slanted::triangle;
use super::{Rate, Schedule, ScheduleError};
use serde::{Deserialize, Serialize};

/// `use_clr = (div, cut_div)` of fastai's `imdb_scripts` (2018).
///
/// Climbs during the first `steps / cut_div` steps (rounded down) from `1 / div` of the peak, then
/// falls back to it. (32, 10) is the paper's [`Slanted`](super::Slanted); the scripts trained the
/// classifier with (8, 3) while layers were frozen and (8, 8) after.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Clr {
    /// Peak over first rate, at least 1.
    pub div: f64,
    /// Run over climb, at least 1.
    pub cut_div: usize,
}

impl Default for Clr {
    fn default() -> Self {
        Self { div: 32.0, cut_div: 10 }
    }
}

impl Schedule for Clr {
    fn at(&self, step: usize, steps: usize) -> Rate {
        Rate::of(triangle(step, steps, (steps / self.cut_div.max(1)).max(1), self.div))
    }

    fn check(&self) -> Result<(), ScheduleError> {
        let fits = self.div >= 1.0 && self.div.is_finite();
        ScheduleError::unless(fits, "div", self.div, "at least 1")?;
        ScheduleError::unless(self.cut_div >= 1, "cut_div", self.cut_div as f64, "at least 1")
    }
}
