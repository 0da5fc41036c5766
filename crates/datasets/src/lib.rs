//! The data sets of the ULMFiT paper (Howard & Ruder 2018, table 1) and WikiText-103, from where
//! their authors or fastai publish them to CSV files that `ulmfit` reads.
//!
//! The only part of the program that uses a network, and only when it is asked to.
//!
//! - [`CATALOGUE`]: what there is, where, how large, under which terms;
//! - [`pull`]: downloads a set, continues where a broken download ended, compares sizes and hashes,
//!   counts rows, and leaves a whole folder or none.

mod catalogue;
mod check;
mod convert;
mod error;
mod fetch;
mod pull;

pub use catalogue::{CATALOGUE, Check, DataSet, Layout, RemoteFile, find};
pub use error::PullError;
pub use pull::{Origin, Pulled, pull};
