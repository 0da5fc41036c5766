//! Names of folders that a command writes.

use clap::builder::{OsStringValueParser, TypedValueParser};
use std::ffi::OsString;
use std::path::PathBuf;

/// Reads the name of a folder to write. `-` is refused: it means standard input or output everywhere else, and a folder of
/// that name would hide it.
pub(crate) fn folder_name() -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().try_map(|name: OsString| {
        if name == "-" {
            Err("a folder cannot be written to standard output; choose a name")
        } else {
            Ok(name.into())
        }
    })
}
