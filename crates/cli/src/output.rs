//! The only place that prints results.

use crate::options::Common;
use serde::Serialize;
use serde_json::{Map, Value};
use std::fmt;
use std::io::{self, IsTerminal, Write};
use ulmfit::printable::{printable_json, printable_lines};

/// Standard output: text for people, or one JSON document.
///
/// Results as text are for people: they never contain control characters except line feeds. Streams
/// of rows are data: they are written unchanged to a file or a pipe, but on a terminal, where control
/// characters would act, hidden characters are escaped.
pub(crate) struct Output {
    json: bool,
    terminal: bool,
    out: io::BufWriter<Reader>,
}

/// Standard output, which knows when nobody reads it any more.
struct Reader(io::Stdout);

/// The reader of standard output, say `head`, has seen enough.
#[derive(Debug)]
pub(crate) struct ReaderGone;

impl fmt::Display for ReaderGone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nobody reads standard output any more")
    }
}

impl std::error::Error for ReaderGone {}

impl Write for Reader {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes).map_err(gone)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush().map_err(gone)
    }
}

/// Distinguishes this broken pipe from others, say that of a server that has died.
fn gone(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::BrokenPipe => io::Error::new(io::ErrorKind::BrokenPipe, ReaderGone),
        _ => error,
    }
}

impl Output {
    pub(crate) fn new(common: &Common) -> Self {
        let out = io::stdout();
        let terminal = out.is_terminal();
        Self { json: common.json, terminal, out: io::BufWriter::new(Reader(out)) }
    }

    /// Prints a result: `text` for people, or `document` with `"schema": 1` under `--json`.
    pub(crate) fn result(&mut self, document: &impl Serialize, text: &str) -> anyhow::Result<()> {
        if self.json {
            let mut object = Map::from_iter([("schema".to_owned(), Value::from(1))]);
            match serde_json::to_value(document)? {
                Value::Object(fields) => object.extend(fields),
                other => _ = object.insert("result".to_owned(), other),
            }
            let document = serde_json::to_string_pretty(&object)?;
            writeln!(self.out, "{}", printable_json(&document))?;
        } else if !text.is_empty() {
            writeln!(self.out, "{}", printable_lines(text.trim_end()))?;
        }
        Ok(self.out.flush()?)
    }

    /// Prints one JSON value of a stream.
    pub(crate) fn json_line(&mut self, line: &str) -> io::Result<()> {
        if self.terminal {
            return writeln!(self.out, "{}", printable_json(line));
        }
        writeln!(self.out, "{line}")
    }

    /// Prints one row of a stream.
    pub(crate) fn line(&mut self, line: &str) -> io::Result<()> {
        if self.terminal {
            return writeln!(self.out, "{}", printable_lines(line));
        }
        writeln!(self.out, "{line}")
    }

    /// Flushes the lines of the stream.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
