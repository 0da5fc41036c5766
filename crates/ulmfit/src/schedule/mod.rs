//! Learning rates and momenta as pure functions of the step.
//!
//! A schedule has no state, so a run that was stopped continues with the same rates. Each
//! one is a file with a struct of its settings; [`ScheduleConfig`] is the choice that a recipe makes.
//!
//! ```
//! use ulmfit::schedule::{Schedule, ScheduleConfig};
//!
//! let schedule = ScheduleConfig::default(); // the paper's slanted triangle
//! assert_eq!(schedule.at(0, 1000).lr, 1.0 / 32.0);
//! assert_eq!(schedule.at(100, 1000).lr, 1.0);
//! ```

mod clr;
mod constant;
mod cosine;
mod error;
mod infinite;
mod linear;
mod lr_range;
mod one_cycle;
mod slanted;
mod suggestion;

pub use clr::Clr;
pub use constant::Constant;
pub use cosine::Cosine;
pub use error::ScheduleError;
pub use linear::Linear;
pub use lr_range::{LrRange, LrSweep, Sweep};
pub use one_cycle::OneCycle;
pub use slanted::Slanted;
pub use suggestion::Suggestions;

use serde::{Deserialize, Serialize};

/// Settings of the optimiser for one step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// Factor of every group's own peak rate, between 0 and 1.
    pub lr: f64,
    /// Momentum of this step; `None` leaves the optimizer's own.
    pub mom: Option<f64>,
}

impl Rate {
    fn of(lr: f64) -> Self {
        Self { lr, mom: None }
    }
}

/// A learning rate as a function of the step.
pub trait Schedule {
    /// Rate of step `step` of a run of `steps`; a step past the end has the last rate.
    ///
    /// Never negative and never NaN, however short the run.
    fn at(&self, step: usize, steps: usize) -> Rate;

    /// Whether the settings make sense.
    ///
    /// # Errors
    /// [`ScheduleError::Range`] names the first that does not.
    fn check(&self) -> Result<(), ScheduleError>;
}

/// The schedule of a recipe: `schedule = { kind = "one-cycle", div = 25 }`.
///
/// Settings left out have the defaults of their source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ScheduleConfig {
    /// The paper's slanted triangular learning rates.
    #[serde(alias = "stlr")]
    Slanted(Slanted),
    /// The triangle of the 2018 scripts, `use_clr`.
    Clr(Clr),
    /// fastai's `fit_one_cycle`.
    OneCycle(OneCycle),
    /// A straight line down.
    Linear(Linear),
    /// Half a cosine down.
    Cosine(Cosine),
    /// The peak, always.
    Constant(Constant),
}

impl ScheduleConfig {
    fn inner(&self) -> &dyn Schedule {
        match self {
            Self::Slanted(schedule) => schedule,
            Self::Clr(schedule) => schedule,
            Self::OneCycle(schedule) => schedule,
            Self::Linear(schedule) => schedule,
            Self::Cosine(schedule) => schedule,
            Self::Constant(schedule) => schedule,
        }
    }
}

/// [`Slanted`] with the paper's values.
impl Default for ScheduleConfig {
    fn default() -> Self {
        Self::Slanted(Slanted::default())
    }
}

impl Schedule for ScheduleConfig {
    fn at(&self, step: usize, steps: usize) -> Rate {
        self.inner().at(step, steps)
    }

    fn check(&self) -> Result<(), ScheduleError> {
        self.inner().check()
    }
}

/// `from` to `to` along half a cosine; `at` runs from 0 to 1.
fn cosine_between(from: f64, to: f64, at: f64) -> f64 {
    from + (1.0 + (std::f64::consts::PI * (1.0 - at)).cos()) * (to - from) / 2.0
}

/// A straight climb over the first `warmup` part of a run, then `fall` of how much of the rest is
/// over, 0 to 1.
///
/// The climb starts one stride above zero, so that no step is wasted.
fn warm_up_then(step: usize, steps: usize, warmup: f64, fall: impl Fn(f64) -> f64) -> Rate {
    let (step, climb) = (step.min(steps), whole(steps as f64 * warmup));
    Rate::of(if step < climb {
        (step + 1) as f64 / (climb + 1) as f64
    } else {
        fall((step - climb) as f64 / steps.saturating_sub(climb).max(1) as f64)
    })
}

/// Largest whole number not above `x`; a hair below a whole number counts as that number.
fn whole(x: f64) -> usize {
    (x + 1e-9).floor() as usize
}

#[cfg(test)]
mod tests;
