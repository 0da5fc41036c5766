//! A JSON object as the file has it.

use crate::data::error::DataError;
use crate::data::place::Place;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::fmt;

/// A JSON object in the order of the file, with whatever it says twice.
///
/// An integer that 64 bits do not hold is text here, with all of its digits: as a number it would be rounded, and two
/// ids could become one.
pub(super) struct Object(pub(super) Vec<(String, Value)>);

impl Object {
    /// Reads a line.
    ///
    /// # Errors
    /// [`serde_json::Error`] for a line that is not an object.
    pub(super) fn parse(line: &[u8]) -> serde_json::Result<Self> {
        let Self(mut pairs) = serde_json::from_slice(line)?;
        if pairs.iter().any(|(_, value)| may_be_rounded(value)) {
            let RawValues(raw) = serde_json::from_slice(line)?;
            for ((_, value), raw) in pairs.iter_mut().zip(raw) {
                *value = exact(raw)?;
            }
        }
        Ok(Self(pairs))
    }

    /// The value of a name, which must not occur twice: readers disagree which one counts.
    pub(super) fn get(&self, name: &str, place: &Place) -> Result<Option<&Value>, DataError> {
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

/// Whether it has an integer, perhaps, that is too large for 64 bits.
fn may_be_rounded(value: &Value) -> bool {
    match value {
        Value::Number(number) => {
            number.is_f64() && number.as_f64().is_some_and(|value| value.abs() >= 2.0_f64.powi(63))
        }
        Value::Array(values) => values.iter().any(may_be_rounded),
        Value::Object(values) => values.values().any(may_be_rounded),
        Value::Null | Value::Bool(_) | Value::String(_) => false,
    }
}

/// A value, with integers that are too large as text.
fn exact(raw: &RawValue) -> serde_json::Result<Value> {
    let text = raw.get();
    Ok(match serde_json::from_str(text)? {
        Value::Array(_) => {
            let values: Vec<&RawValue> = serde_json::from_str(text)?;
            Value::Array(values.into_iter().map(exact).collect::<Result<_, _>>()?)
        }
        Value::Object(_) => {
            let values: BTreeMap<String, &RawValue> = serde_json::from_str(text)?;
            let pairs = values.into_iter().map(|(name, value)| Ok((name, exact(value)?)));
            Value::Object(pairs.collect::<serde_json::Result<_>>()?)
        }
        value if may_be_rounded(&value) && !text.contains(['.', 'e', 'E']) => {
            Value::String(text.to_owned())
        }
        value => value,
    })
}

/// The values of an object as they are written, in order.
struct RawValues<'a>(Vec<&'a RawValue>);

impl<'de> Deserialize<'de> for RawValues<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Values;

        impl<'de> Visitor<'de> for Values {
            type Value = RawValues<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawValues<'de>, A::Error> {
                let mut values = Vec::new();
                while let Some((IgnoredAny, value)) = map.next_entry()? {
                    values.push(value);
                }
                Ok(RawValues(values))
            }
        }

        deserializer.deserialize_map(Values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn integers_keep_their_digits() {
        let line = br#"{"id": 12345678901234567890123, "a": -9223372036854775809, "b": 18446744073709551615,
            "c": 1e300, "d": 0.1, "e": [12345678901234567890123, {"f": 99999999999999999999}]}"#;
        let Object(pairs) = Object::parse(line).unwrap();
        let values: Vec<Value> = pairs.into_iter().map(|(_, value)| value).collect();
        let wanted = [
            json!("12345678901234567890123"),
            json!("-9223372036854775809"),
            json!(u64::MAX),
            json!(1e300),
            json!(0.1),
            json!(["12345678901234567890123", { "f": "99999999999999999999" }]),
        ];
        assert_eq!(values, wanted);
    }
}
