//! What can be wrong with a schedule's settings.

/// Why a schedule cannot be used.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ScheduleError {
    /// A setting outside its range.
    #[error("`{setting}` is {value}, but must be {range}")]
    Range {
        /// Name of the setting in a recipe.
        setting: &'static str,
        /// What it was set to.
        value: f64,
        /// What it may be, in words.
        range: &'static str,
    },
}

impl ScheduleError {
    /// `Ok` if `fits`, else a [`ScheduleError::Range`].
    pub(super) fn unless(
        fits: bool,
        setting: &'static str,
        value: f64,
        range: &'static str,
    ) -> Result<(), Self> {
        if fits { Ok(()) } else { Err(Self::Range { setting, value, range }) }
    }
}
