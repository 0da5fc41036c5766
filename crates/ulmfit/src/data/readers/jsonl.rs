//! One JSON object a line.

use std::collections::VecDeque;

use serde_json::Value;

use super::Rows;
use super::column_use::ColumnUse;
use super::decode::{Decoder, Ending};
use super::input::Input;
use super::json_columns::choose;
use super::json_object::Object;
use super::json_repair::{Pruner, replace_lone_surrogates};
use super::lines::Lines;
use super::options::{BadRows, Columns, LabelUse, ReadOptions};
use super::warnings::Warnings;
use crate::data::error::DataError;
use crate::data::labels::{LabelCell, kind};
use crate::data::place::Place;
use crate::data::record::Record;

/// Records of a JSON-lines file.
pub(crate) struct Jsonl {
    lines: Lines,
    decoder: Decoder,
    labels: LabelCell,
    columns: Columns,
    text: Vec<String>,
    label: Option<String>,
    /// Names of the first objects that are neither.
    unread: Vec<String>,
    bad_rows: Option<BadRows>,
    /// The first rows, which decide the columns.
    first: VecDeque<Result<(Object, Place), DataError>>,
    /// Repairs of these.
    early: Warnings,
}

/// Maximum number of rows that decide the columns.
const MOST_AHEAD: usize = 50;
/// Maximum size of these; one row is always read.
const MOST_BYTES_AHEAD: usize = 1 << 20;

impl Jsonl {
    pub(crate) fn open(input: Input, options: &ReadOptions) -> Result<Self, DataError> {
        input.refuse_utf16()?;
        let mut this = Self {
            lines: Lines::new(input),
            decoder: Decoder::new(options),
            labels: LabelCell::new(options),
            columns: options.columns,
            text: options.text.clone(),
            label: options.label.clone().filter(|_| options.labels != LabelUse::Ignored),
            unread: Vec::new(),
            bad_rows: options.bad_rows,
            first: VecDeque::new(),
            early: Warnings::default(),
        };
        let mut early = Warnings::default();
        let columns = this.look_ahead(options, &mut early)?;
        (this.text, this.label, this.unread) = (columns.text, columns.label, columns.unread);
        this.early = early;
        Ok(this)
    }

    /// Reads the first rows to decide the columns: a key may be missing, or its value null.
    ///
    /// Where labels are of no use no more rows are read than are needed: whoever sends one row may
    /// wait for its answer before the next.
    fn look_ahead(
        &mut self,
        options: &ReadOptions,
        warnings: &mut Warnings,
    ) -> Result<ColumnUse, DataError> {
        let (mut bytes, mut chosen) = (0, None);
        while self.first.len() < MOST_AHEAD && bytes < MOST_BYTES_AHEAD {
            match self.object(warnings) {
                Ok(None) => break,
                Ok(Some(row)) => {
                    bytes += self.lines.bytes().len();
                    self.first.push_back(Ok(row));
                }
                Err(error) => {
                    let goes_on = self.bad_rows.is_some() && error.bad_row().is_some();
                    self.first.push_back(Err(error));
                    if !goes_on {
                        break;
                    }
                    continue;
                }
            }
            if options.labels == LabelUse::Ignored {
                let found = choose(self.first.iter().flatten(), options);
                let done = found.is_ok();
                chosen = Some(found);
                if done {
                    break;
                }
            }
        }
        if self.first.iter().flatten().next().is_none() {
            return match self.first.pop_front() {
                Some(Err(error)) => Err(error),
                _ => Ok(ColumnUse::default()),
            };
        }
        chosen.unwrap_or_else(|| choose(self.first.iter().flatten(), options))
    }

    /// The next object; blank lines are passed over.
    fn object(&mut self, warnings: &mut Warnings) -> Result<Option<(Object, Place)>, DataError> {
        // Six bytes of JSON (`\u0041`) may stand for one byte of text.
        let string = self.decoder.keep().saturating_mul(6);
        let line = string.saturating_mul(2).max(1 << 16);
        loop {
            let Some(ending) = self.lines.advance(line)? else {
                return Ok(None);
            };
            let place = self.lines.place();
            refuse_other_values(self.lines.bytes(), &place)?;
            if ending == Ending::Cut {
                let mut pruner = Pruner::new(string, line);
                pruner.push(self.lines.bytes());
                self.lines.rest(|piece| pruner.push(piece))?;
                let pruned = pruner
                    .finish()
                    .ok_or(DataError::TooLong { place: place.clone(), limit: line })?;
                return Ok(Some((self.parse(&pruned, &place, warnings)?, place)));
            }
            if !self.lines.bytes().trim_ascii().is_empty() {
                return Ok(Some((self.parse(self.lines.bytes(), &place, warnings)?, place)));
            }
        }
    }

    fn parse(
        &self,
        line: &[u8],
        place: &Place,
        warnings: &mut Warnings,
    ) -> Result<Object, DataError> {
        let error = match Object::parse(line) {
            Ok(object) => return Ok(object),
            Err(error) => error,
        };
        if self.decoder.replaces() {
            let repaired =
                replace_lone_surrogates(&String::from_utf8_lossy(line).replace('\0', "\u{fffd}"));
            if let Ok(object) = Object::parse(repaired.as_bytes()) {
                warnings.replaced.add(place);
                return Ok(object);
            }
        }
        // Bad bytes are the better message where they are the cause.
        self.decoder.name(line, place).map(drop).or_else(|error| match error {
            DataError::NotUtf8 { .. } | DataError::Nul { .. } if !self.decoder.replaces() => {
                Err(error)
            }
            _ => Ok(()),
        })?;
        let message = error.to_string();
        let message =
            message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message);
        Err(DataError::Json {
            place: place.clone(),
            column: error.column(),
            message: message.to_owned(),
        })
    }

    fn record(
        &self,
        object: Object,
        place: Place,
        warnings: &mut Warnings,
    ) -> Result<Record, DataError> {
        let mut fields = Vec::with_capacity(self.text.len());
        for column in &self.text {
            let Some(value) = object.get(column, &place)? else {
                if matches!(self.bad_rows, Some(BadRows::Skip | BadRows::Fail)) {
                    return Err(DataError::UnknownColumn {
                        place,
                        name: column.clone(),
                        columns: object.0.into_iter().map(|(name, _)| name).collect(),
                    });
                }
                warnings.missing_text.add(&place);
                fields.push(String::new());
                continue;
            };
            fields.push(match value {
                Value::String(text) => {
                    self.decoder.text(text.as_bytes(), Ending::Whole, &place, warnings)?
                }
                Value::Number(number) => number.to_string(),
                Value::Null => {
                    warnings.null_text.add(&place);
                    String::new()
                }
                other => {
                    return Err(DataError::NotText {
                        place,
                        column: column.clone(),
                        found: kind(other),
                    });
                }
            });
        }
        let label = match &self.label {
            Some(column) => self.labels.value(object.get(column, &place)?, &place, warnings)?,
            None => None,
        };
        let columns = if self.columns == Columns::Keep { object.0 } else { Vec::new() };
        Ok(Record { fields, label, place, columns })
    }
}

impl Rows for Jsonl {
    fn next_record(&mut self, warnings: &mut Warnings) -> Result<Option<Record>, DataError> {
        warnings.add(std::mem::take(&mut self.early));
        let next = match self.first.pop_front() {
            Some(first) => Some(first?),
            None => self.object(warnings)?,
        };
        next.map(|(object, place)| self.record(object, place, warnings)).transpose()
    }

    fn end(&self) -> Place {
        self.lines.place()
    }

    fn columns(&self) -> ColumnUse {
        let (text, label, unread) = (self.text.clone(), self.label.clone(), self.unread.clone());
        ColumnUse { text, label, unread, ..ColumnUse::default() }
    }
}

/// Refuses a line that is a list, a text or a number.
fn refuse_other_values(line: &[u8], place: &Place) -> Result<(), DataError> {
    let found = match line.trim_ascii_start().first() {
        Some(b'[') => "a list",
        Some(b'"') => "text",
        Some(b'0'..=b'9' | b'-') => "a number",
        _ => return Ok(()),
    };
    Err(DataError::NotAnObject { place: place.clone(), found })
}
