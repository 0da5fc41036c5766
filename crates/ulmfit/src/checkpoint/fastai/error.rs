//! What can be wrong with a fastai file.

/// Why a fastai file could not be imported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FastaiError {}

impl FastaiError {
    /// What to try next, in one line.
    pub fn hint(&self) -> Option<&'static str> {
        None
    }
}
