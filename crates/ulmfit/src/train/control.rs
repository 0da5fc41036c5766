//! Whether a training continues.

/// Whether a training continues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// Yes.
    Continue,
    /// No: save a snapshot and return.
    Stop,
}
