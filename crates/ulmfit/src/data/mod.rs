//! Files to documents, documents to batches.
//!
//! [`readers`] stream records from files, [`labels`] turn labels into numbers, [`batches`] decide what a
//! batch holds, [`quality`] finds duplicates and faults.

pub(crate) mod amounts;
pub mod batches;
mod error;
mod error_class;
mod error_hints;
pub mod labels;
mod list;
mod place;
pub mod quality;
pub mod readers;
mod record;

pub use error::DataError;
pub(crate) use list::list_at_most;
pub use place::Place;
pub use record::{RawLabel, Record};
