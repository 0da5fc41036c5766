//! One JSON object a line.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::Rows;
use super::column_use::ColumnUse;
use super::decode::{Decoder, Ending};
use super::input::Input;
use super::json_repair::{Pruner, replace_lone_surrogates};
use super::lines::Lines;
use super::options::{Columns, LabelUse, ReadOptions};
use super::warnings::Warnings;
use crate::data::error::DataError;
use crate::data::labels::{LabelCell, kind};
use crate::data::place::Place;
use crate::data::readers::columns;
use crate::data::record::Record;

/// Records of a JSON-lines file.
pub(crate) struct Jsonl {
    lines: Lines,
    decoder: Decoder,
    labels: LabelCell,
    columns: Columns,
    text: Vec<String>,
    label: Option<String>,
    /// Names of the first object that are neither.
    unread: Vec<String>,
    /// The first object, read to learn the columns.
    first: Option<(Object, Place)>,
    /// Repairs of that first line.
    early: Warnings,
}

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
            first: None,
            early: Warnings::default(),
        };
        let mut early = Warnings::default();
        let first = this.object(&mut early)?;
        if let Some((object, place)) = &first {
            let names: Vec<String> = object.0.iter().map(|(name, _)| name.clone()).collect();
            let textual = |index: usize| object.0[index].1.is_string();
            let selection = columns::select(&names, textual, options, place)?;
            let ColumnUse { text, label, unread, .. } = ColumnUse::new(&names, &selection);
            (this.text, this.label, this.unread) = (text, label, unread);
        }
        (this.first, this.early) = (first, early);
        Ok(this)
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
        let found = match line.trim_ascii_start().first() {
            Some(b'[') => Some("a list"),
            Some(b'"') => Some("text"),
            Some(b'0'..=b'9' | b'-') => Some("a number"),
            _ => None,
        };
        if let Some(found) = found {
            return Err(DataError::NotAnObject { place: place.clone(), found });
        }
        let error = match serde_json::from_slice(line) {
            Ok(object) => return Ok(object),
            Err(error) => error,
        };
        if self.decoder.replaces() {
            let repaired =
                replace_lone_surrogates(&String::from_utf8_lossy(line).replace('\0', "\u{fffd}"));
            if let Ok(object) = serde_json::from_str(&repaired) {
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
            let value = object.get(column, &place)?.ok_or_else(|| DataError::UnknownColumn {
                place: place.clone(),
                name: column.clone(),
                columns: object.0.iter().map(|(name, _)| name.clone()).collect(),
            })?;
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
        let next = match self.first.take() {
            Some(first) => {
                *warnings = std::mem::take(&mut self.early);
                Some(first)
            }
            None => self.object(warnings)?,
        };
        next.map(|(object, place)| self.record(object, place, warnings)).transpose()
    }

    fn end(&self) -> Place {
        self.lines.place()
    }

    fn columns(&self) -> ColumnUse {
        let (text, label, unread) = (self.text.clone(), self.label.clone(), self.unread.clone());
        ColumnUse { text, label, unread, delimiter: None }
    }
}

/// A JSON object in the order of the file, with whatever it says twice.
struct Object(Vec<(String, Value)>);

impl Object {
    /// The value of a name, which must not stand there twice: readers disagree which one counts.
    fn get(&self, name: &str, place: &Place) -> Result<Option<&Value>, DataError> {
        let mut values = self.0.iter().filter(|(other, _)| other == name);
        let value = values.next();
        if values.next().is_some() {
            return Err(DataError::DuplicateColumn { place: place.clone(), name: name.to_owned() });
        }
        Ok(value.map(|(_, value)| value))
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;

        impl<'de> Visitor<'de> for Pairs {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Object(pairs))
            }
        }

        deserializer.deserialize_map(Pairs)
    }
}
