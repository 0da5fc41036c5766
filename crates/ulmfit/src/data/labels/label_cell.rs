//! A label cell to a label.

use serde_json::Value;

use crate::data::error::DataError;
use crate::data::place::Place;
use crate::data::readers::{LabelUse, ReadOptions, Warnings};
use crate::data::record::RawLabel;

/// How label cells are understood in one file.
#[derive(Clone, Copy)]
pub(crate) struct LabelCell {
    wanted: LabelUse,
    delimiter: Option<char>,
}

impl LabelCell {
    pub(crate) fn new(options: &ReadOptions) -> Self {
        Self { wanted: options.labels, delimiter: options.label_delimiter }
    }

    /// A cell of text; blank means none, unless cells are lists.
    pub(crate) fn text(
        self,
        cell: &str,
        place: &Place,
        warnings: &mut Warnings,
    ) -> Result<Option<RawLabel>, DataError> {
        match self.delimiter {
            Some(delimiter) => {
                let names = items(cell, delimiter).into_iter().map(str::to_owned);
                Ok(Some(RawLabel::Many(names.collect())))
            }
            None if cell.trim().is_empty() => self.missing(place, warnings),
            None => Ok(Some(RawLabel::One(cell.trim().to_owned()))),
        }
    }

    /// A JSON value.
    pub(crate) fn value(
        self,
        value: Option<&Value>,
        place: &Place,
        warnings: &mut Warnings,
    ) -> Result<Option<RawLabel>, DataError> {
        match value {
            None | Some(Value::Null) => self.missing(place, warnings),
            Some(value) => match (raw(value, place), self.wanted) {
                (Ok(RawLabel::One(cell)), _) => self.text(&cell, place, warnings),
                (Ok(label), _) => Ok(Some(label)),
                // A guessed column that holds no labels must not stop a prediction.
                (Err(_), LabelUse::Optional | LabelUse::IfNamed) => self.missing(place, warnings),
                (Err(error), _) => Err(error),
            },
        }
    }

    /// No label at all.
    pub(crate) fn missing(
        self,
        place: &Place,
        warnings: &mut Warnings,
    ) -> Result<Option<RawLabel>, DataError> {
        match self.wanted {
            LabelUse::Required => Err(DataError::MissingLabel { place: place.clone() }),
            LabelUse::Optional => {
                warnings.unlabelled.add(place);
                Ok(None)
            }
            LabelUse::IfNamed | LabelUse::Ignored => Ok(None),
        }
    }
}

/// The names in a cell; a list as Python or JSON prints it loses its brackets and quotes.
fn items(cell: &str, delimiter: char) -> Vec<&str> {
    let cell = cell.trim();
    let list = cell.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let unquoted = |item: &'_ str| {
        let pairs = ['\'', '"'].into_iter().filter(|_| list.is_some());
        let mut bare = pairs.filter_map(|q| item.strip_prefix(q)?.strip_suffix(q)).map(str::len);
        bare.next().map_or(0..item.len(), |length| 1..1 + length)
    };
    let names = list.unwrap_or(cell).split(delimiter).map(str::trim);
    names.map(|item| &item[unquoted(item)]).filter(|name| !name.is_empty()).collect()
}

fn raw(value: &Value, place: &Place) -> Result<RawLabel, DataError> {
    match value {
        Value::Array(values) => {
            let names = values.iter().map(|value| scalar(value, place)).collect::<Result<_, _>>();
            names.map(RawLabel::Many)
        }
        Value::Object(flags) if !flags.is_empty() => match switched_on(flags) {
            Some(names) => Ok(RawLabel::Many(names)),
            None => Err(DataError::BadLabel { place: place.clone(), found: kind(value) }),
        },
        value => scalar(value, place).map(RawLabel::One),
    }
}

/// The labels that are on in an object such as `{"POS": 1.0, "NEG": 0.0}`, spaCy's `cats`.
fn switched_on(flags: &serde_json::Map<String, Value>) -> Option<Vec<String>> {
    let mut names = Vec::new();
    for (name, value) in flags {
        let share = match value {
            Value::Bool(on) => f64::from(u8::from(*on)),
            Value::Number(share) => share.as_f64().filter(|share| (0.0..=1.0).contains(share))?,
            _ => return None,
        };
        if share >= 0.5 {
            names.push(name.clone());
        }
    }
    Some(names)
}

fn scalar(value: &Value, place: &Place) -> Result<String, DataError> {
    match value {
        Value::String(name) => Ok(name.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(truth) => Ok(truth.to_string()),
        other => Err(DataError::BadLabel { place: place.clone(), found: kind(other) }),
    }
}

/// What a JSON value is, for messages.
pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::path::Path;
    use std::sync::Arc;

    #[test]
    fn cells_are_split_and_printed_lists_lose_their_quotes() {
        assert_eq!(items(" a, b,,c", ','), ["a", "b", "c"]);
        assert_eq!(items("['pos', \"it's\"]", ','), ["pos", "it's"]);
        assert_eq!(items("[1|2]", '|'), ["1", "2"]);
        assert_eq!(items("'a', [b", ','), ["'a'", "[b"], "not a list");
        assert_eq!(items("[]", ','), [""; 0]);
        assert_eq!(items("[']", ','), ["'"]);
    }

    #[test]
    fn an_object_of_switches_is_a_list() {
        let place = Place::new(&Arc::from(Path::new("f")), 1);
        let read = |value: Value| raw(&value, &place).ok();
        let many = |names: &[&str]| Some(RawLabel::from(names.to_vec()));
        assert_eq!(read(json!({"POS": 1.0, "NEG": 0.0, "X": 0.5})), many(&["POS", "X"]));
        assert_eq!(read(json!({"POS": false, "NEG": true})), many(&["NEG"]));
        assert_eq!(read(json!({"POS": 0})), many(&[]));
        for bad in [json!({}), json!({"id": 7}), json!({"name": "x"}), json!({"a": {"b": 1}})] {
            assert_eq!(read(bad.clone()), None, "{bad}");
        }
    }
}
