//! What is wrong with a data set: duplicates, conflicting labels, typing errors.

mod check;
mod markup;
mod near_duplicates;
mod similar;

pub use check::{
    CheckOptions, DataReport, Finding, FindingKind, Severity, SplitCounts, check_data,
};
pub use markup::markup;
pub(crate) use near_duplicates::words_hash;
pub use near_duplicates::{Duplicates, find_duplicates};
pub(crate) use similar::{closest, distance};
