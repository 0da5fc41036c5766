//! What class of failure an error is.

/// What kind of thing went wrong; the command line turns it into an exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorClass {
    /// The work itself failed: 1.
    Failed,
    /// The request makes no sense: 2.
    Usage,
    /// What was read is not what it should be: 65.
    Data,
    /// What should be read is not there: 66.
    MissingInput,
    /// Reading or writing failed: 74.
    Io,
    /// Somebody else is at it: 75.
    Locked,
}
