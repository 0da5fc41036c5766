//! Why a recipe cannot be used.

use super::presets::PRESETS;
use crate::ErrorClass;
use crate::schedule::ScheduleError;
use std::io;
use std::path::PathBuf;

/// Why a recipe cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecipeError {
    /// The file cannot be read.
    #[error("cannot read the recipe {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is not a recipe.
    #[error("{}: not a valid recipe\n{message}", path.display())]
    Syntax {
        /// The file, or the preset's name.
        path: PathBuf,
        /// What the TOML reader says, with line and column; several lines.
        message: String,
    },
    /// A field cannot be set to this value.
    #[error("`{setting}`: {message}")]
    Setting {
        /// Field and value as they were given.
        setting: String,
        /// What is wrong.
        message: String,
    },
    /// `extends` leads back to where it began.
    #[error("{}: `extends` leads back to this recipe", path.display())]
    Circle {
        /// A file on the circle.
        path: PathBuf,
    },
    /// There is no preset of this name.
    #[error("there is no recipe `{name}`")]
    Unknown {
        /// The name.
        name: String,
    },
    /// A number is out of its range.
    #[error("`{field}` of the recipe is {value}, which is not {wanted}")]
    Range {
        /// Field of the recipe.
        field: &'static str,
        /// Its value.
        value: String,
        /// What it should be.
        wanted: &'static str,
    },
    /// A field of the other kind of training.
    #[error("`{field}` is for {kind} only")]
    OtherKind {
        /// Field of the recipe.
        field: &'static str,
        /// `classifiers` or `language models`.
        kind: &'static str,
    },
    /// A constant of a schedule is out of its range.
    #[error("schedule of the recipe: {0}")]
    Schedule(#[from] ScheduleError),
    /// The list of rates does not have one factor per group.
    #[error("`lr-groups` of the recipe has {found} factors, the network has {groups} groups")]
    Groups {
        /// Factors given.
        found: usize,
        /// Groups of the network.
        groups: usize,
    },
}

impl RecipeError {
    /// What to try next.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unknown { .. } => Some(known()),
            Self::Read { source, .. } if source.kind() == io::ErrorKind::NotFound => Some(known()),
            Self::Setting { .. } => Some(
                "give a field of a recipe and its value, such as train.dropout.weight=0.3".into(),
            ),
            Self::Groups { .. } => Some(
                "give one factor per group, the lowest layers first, or `lr-factor`, which fits \
                 any number of groups"
                    .into(),
            ),
            _ => None,
        }
    }

    /// What kind of failure it is.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Read { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                ErrorClass::MissingInput
            }
            Self::Read { .. } => ErrorClass::Io,
            _ => ErrorClass::Usage,
        }
    }
}

/// The recipes that exist.
fn known() -> String {
    let names = PRESETS.map(|(name, _)| name).join(", ");
    format!("known recipes: {names}; or give a .toml file")
}
