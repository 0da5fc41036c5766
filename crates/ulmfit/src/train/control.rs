//! Whether a training goes on.

/// Whether a run goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// Yes.
    Continue,
    /// No: save a snapshot and return.
    Stop,
}
