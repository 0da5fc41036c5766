//! Malformed inputs: each ends in one clear line with a hint, or in a documented repair that is
//! counted. Nothing panics.
#![cfg(all(feature = "compression", feature = "parquet"))]
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

#[path = "../data_support/mod.rs"]
mod data_support;

mod containers;
mod delimiters;
mod encodings;
mod harness;
mod json;
mod quoting;
mod repairs;
mod rows;
