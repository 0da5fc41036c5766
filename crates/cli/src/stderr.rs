//! The only place that writes to standard error.

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::{Mutex, PoisonError};
use ulmfit::printable::printable_lines;

/// What becomes of lines, where several processes would all write the same.
enum Lines {
    Written,
    Dropped,
    /// Until it is known which process tells.
    #[cfg_attr(not(feature = "mpi"), expect(dead_code, reason = "there is one process"))]
    Held(Vec<String>),
}

static LINES: Mutex<Lines> = Mutex::new(Lines::Written);

/// From now on lines are dropped.
#[cfg(feature = "mpi")]
pub(crate) fn be_silent() {
    *lines() = Lines::Dropped;
}

/// From now on lines are held.
#[cfg(feature = "mpi")]
pub(crate) fn hold() {
    *lines() = Lines::Held(Vec::new());
}

/// From now on lines are written, if `tells`, those that were held first; else they are dropped.
pub(crate) fn release(tells: bool) {
    let before =
        std::mem::replace(&mut *lines(), if tells { Lines::Written } else { Lines::Dropped });
    if let Lines::Held(held) = before {
        held.iter().for_each(|line| write_line(line));
    }
}

fn lines() -> std::sync::MutexGuard<'static, Lines> {
    LINES.lock().unwrap_or_else(PoisonError::into_inner)
}

fn write_line(line: &str) {
    match &mut *lines() {
        Lines::Written => _ = writeln!(std::io::stderr().lock(), "{line}"),
        Lines::Dropped => {}
        Lines::Held(held) => held.push(line.to_owned()),
    }
}

/// Writes a line to standard error. Whether anybody reads it changes nothing: a reader that has
/// gone away or a full disk under a log must not end a training. What files hold, such as the name
/// of a column, cannot drive a terminal: control characters are written as `\u{1b}`.
pub(crate) fn say(line: &str) {
    write_line(&printable_lines(line));
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
    write_line(&line);
}

/// Several lines as one.
pub(crate) fn one_line(text: &str) -> String {
    text.split('\n').map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("; ")
}
