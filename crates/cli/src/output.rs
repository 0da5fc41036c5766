//! The only place that prints results.

use crate::options::Common;
use serde::Serialize;
use serde_json::{Map, Value};
use std::io::Write;

/// Standard output: text for people, or one JSON document.
pub(crate) struct Output {
    json: bool,
    out: std::io::BufWriter<std::io::Stdout>,
}

impl Output {
    pub(crate) fn new(common: &Common) -> Self {
        Self { json: common.json, out: std::io::BufWriter::new(std::io::stdout()) }
    }

    /// Prints a result: `text` for people, or `document` with `"schema": 1` under `--json`.
    pub(crate) fn result(&mut self, document: &impl Serialize, text: &str) -> anyhow::Result<()> {
        if self.json {
            let mut object = Map::from_iter([("schema".to_owned(), Value::from(1))]);
            match serde_json::to_value(document)? {
                Value::Object(fields) => object.extend(fields),
                other => _ = object.insert("result".to_owned(), other),
            }
            serde_json::to_writer_pretty(&mut self.out, &object)?;
            writeln!(self.out)?;
        } else if !text.is_empty() {
            writeln!(self.out, "{}", text.trim_end())?;
        }
        Ok(self.out.flush()?)
    }

    /// Prints one line of a stream.
    pub(crate) fn line(&mut self, line: &str) -> std::io::Result<()> {
        writeln!(self.out, "{line}")
    }

    /// Hands the stream's lines so far to whoever reads them.
    pub(crate) fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}
