//! Slanted triangular learning rates, the paper's.

use super::{Rate, Schedule, ScheduleError, infinite, whole};
use serde::{Deserialize, Serialize};

/// Climbs in a straight line to the peak, then glides down to `1 / ratio` of it.
///
/// Howard & Ruder 2018, equation 3: <https://arxiv.org/abs/1801.06146>. Taken literally it ends
/// too low when `cut_frac` of the steps is not a whole number (15 steps: the last four rates are
/// negative) and divides by zero below `1 / cut_frac` steps. We divide the falling side by
/// `steps - cut` with `cut >= 1`: the same curve when it is whole, never under the floor else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Slanted {
    /// Part of the run that climbs, between 0 and 1.
    pub cut_frac: f64,
    /// Peak over first rate, at least 1. Infinite makes it start and end at zero.
    #[serde(with = "infinite")]
    pub ratio: f64,
}

impl Default for Slanted {
    fn default() -> Self {
        Self { cut_frac: 0.1, ratio: 32.0 }
    }
}

impl Schedule for Slanted {
    fn at(&self, step: usize, steps: usize) -> Rate {
        let cut = whole(steps as f64 * self.cut_frac).max(1);
        Rate::of(triangle(step, steps, cut, self.ratio))
    }

    fn check(&self) -> Result<(), ScheduleError> {
        let fits = self.cut_frac > 0.0 && self.cut_frac < 1.0;
        ScheduleError::unless(fits, "cut_frac", self.cut_frac, "between 0 and 1")?;
        ScheduleError::unless(self.ratio >= 1.0, "ratio", self.ratio, "at least 1, or inf")
    }
}

/// `1 / ratio` at step 0, 1 at step `cut`, and `1 / ratio` again at step `steps`.
pub(super) fn triangle(step: usize, steps: usize, cut: usize, ratio: f64) -> f64 {
    let step = step.min(steps);
    let height = if step < cut {
        step as f64 / cut as f64
    } else {
        1.0 - (step - cut) as f64 / steps.saturating_sub(cut).max(1) as f64
    };
    if ratio.is_infinite() { height } else { (1.0 + height * (ratio - 1.0)) / ratio }
}
