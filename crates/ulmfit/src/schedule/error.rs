//! What can be wrong with a schedule's settings.

/// Why a schedule or a rate specification cannot be used.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ScheduleError {
    /// A setting outside its range.
    #[error("`{setting}` is {value}, it must be {range}")]
    Range {
        /// Name of the setting in a recipe.
        setting: &'static str,
        /// What it was set to.
        value: f64,
        /// What it may be, in words.
        range: &'static str,
    },
    /// No schedule has this name.
    #[error("there is no schedule `{name}`")]
    UnknownName {
        /// What was asked for.
        name: String,
    },
    /// Text that is no learning rate.
    #[error("`{text}` is no learning rate")]
    NotARate {
        /// What was written.
        text: String,
    },
    /// A list of rates that does not fit the model.
    #[error("{found} learning rates for {groups} groups of layers")]
    GroupCount {
        /// Rates given.
        found: usize,
        /// Groups of the model.
        groups: usize,
    },
}

impl ScheduleError {
    /// What to try next, in one line.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::UnknownName { .. } => {
                Some("slanted (or stlr), clr, one-cycle, linear, cosine, constant")
            }
            Self::NotARate { .. } => {
                Some("`0.01`, `1e-5:1e-3` (lowest to highest), `0.01/2.6` or `1e-4,1e-3,1e-2`")
            }
            Self::GroupCount { .. } => Some("give one rate a group, the lowest layers first"),
            Self::Range { .. } => None,
        }
    }

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
