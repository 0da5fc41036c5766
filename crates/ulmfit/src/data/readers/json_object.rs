//! A JSON object as the file has it.

use crate::data::error::DataError;
use crate::data::place::Place;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use std::fmt;

/// A JSON object in the order of the file, with whatever it says twice.
pub(super) struct Object(pub(super) Vec<(String, Value)>);

impl Object {
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
