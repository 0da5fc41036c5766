//! What kind of failure an error of data is.

use super::error::DataError;
use super::place::Place;
use crate::ErrorClass;

impl DataError {
    /// Where the row is, if only that row is bad and the next one can be read.
    pub(crate) fn bad_row(&self) -> Option<&Place> {
        match self {
            Self::NotUtf8 { place, .. }
            | Self::Nul { place }
            | Self::Ragged { place, .. }
            | Self::UnknownColumn { place, .. }
            | Self::DuplicateColumn { place, .. }
            | Self::Json { place, .. }
            | Self::NotAnObject { place, .. }
            | Self::NotText { place, .. }
            | Self::BadLabel { place, .. }
            | Self::MissingLabel { place } => Some(place),
            _ => None,
        }
    }

    /// What kind of failure it is.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Missing { .. } => ErrorClass::MissingInput,
            Self::Read { .. } | Self::TooMuchDisk { .. } => ErrorClass::Io,
            Self::NotBuiltIn { .. } | Self::WrongKind { .. } => ErrorClass::Usage,
            _ => ErrorClass::Data,
        }
    }
}
