//! The only place that writes to standard error.

use std::io::Write;
use ulmfit::printable::printable_lines;

/// Writes a line to standard error. Whether anybody reads it changes nothing: a reader that has
/// gone away or a full disk under a log must not end a training. What files hold, such as the name
/// of a column, cannot drive a terminal: control characters are written as `\u{1b}`.
pub(crate) fn say(line: &str) {
    _ = writeln!(std::io::stderr().lock(), "{}", printable_lines(line));
}

/// Several lines as one.
pub(crate) fn one_line(text: &str) -> String {
    text.split('\n').map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("; ")
}
