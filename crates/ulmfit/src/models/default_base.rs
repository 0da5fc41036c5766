//! The language model that is used when none is named.

use super::bundle::LmBundle;
use super::embedded::english;
use crate::Error;

impl LmBundle {
    /// The small English language model inside the program, forward and backward.
    ///
    /// # Errors
    /// As [`english`].
    pub fn english() -> Result<Self, Error> {
        Self::from_folder(&english()?)
    }
}
