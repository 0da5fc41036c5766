//! The only place that writes to standard error.

use std::fmt::Write as _;
use std::io::Write as _;
use ulmfit::printable::printable_lines;

/// Writes a line to standard error. Whether anybody reads it changes nothing: a reader that has
/// gone away or a full disk under a log must not end a training. What files hold, such as the name
/// of a column, cannot drive a terminal: control characters are written as `\u{1b}`.
pub(crate) fn say(line: &str) {
    _ = writeln!(std::io::stderr().lock(), "{}", printable_lines(line));
}

/// Writes a JSON document as one line of ASCII, which neither drives a terminal nor loses its meaning.
pub(crate) fn say_json(document: &serde_json::Value) {
    let mut line = String::new();
    for c in document.to_string().chars() {
        if c.is_ascii() {
            line.push(c);
        } else {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                _ = write!(line, "\\u{unit:04x}");
            }
        }
    }
    _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// Several lines as one.
pub(crate) fn one_line(text: &str) -> String {
    text.split('\n').map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("; ")
}
