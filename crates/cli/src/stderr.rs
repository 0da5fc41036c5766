//! The only place that writes to standard error.

use std::io::Write;

/// Writes a line to standard error. Whether anybody reads it changes nothing: a reader that has
/// gone away or a full disk under a log must not end a training.
pub(crate) fn say(line: &str) {
    _ = writeln!(std::io::stderr().lock(), "{line}");
}
