//! No schedule at all.

use super::{Rate, Schedule, ScheduleError};
use serde::{Deserialize, Serialize};

/// The peak at every step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Constant {}

impl Schedule for Constant {
    fn at(&self, _step: usize, _steps: usize) -> Rate {
        Rate::of(1.0)
    }

    fn check(&self) -> Result<(), ScheduleError> {
        Ok(())
    }
}
