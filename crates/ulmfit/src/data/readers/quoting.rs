//! What a double quote means.

/// What a double quote means, once that is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quoting {
    Enclose,
    Backslash,
    Literal,
}
