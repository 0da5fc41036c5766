//! Fields of requests whose faults are told in plain words.

use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};
use std::fmt;
use std::marker::PhantomData;
use std::num::NonZeroU32;

/// What a field can be.
pub(super) trait Field: Sized {
    /// For a message: what the field must be.
    const EXPECTED: &str;

    /// What a whole number means.
    fn whole(_: u64) -> Option<Self> {
        None
    }

    /// What any other number means.
    fn number(_: f64) -> Option<Self> {
        None
    }

    /// What a word means.
    fn word(_: &str) -> Option<Self> {
        None
    }
}

/// Reads a field with the reader's method for its type.
struct Reads<T>(PhantomData<T>);

impl<T: Field> Visitor<'_> for Reads<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<T, E> {
        T::whole(number).ok_or_else(|| E::invalid_value(Unexpected::Unsigned(number), &self))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
        let found = T::number(number as f64);
        found.ok_or_else(|| E::invalid_value(Unexpected::Signed(number), &self))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<T, E> {
        T::number(number).ok_or_else(|| E::invalid_value(Unexpected::Float(number), &self))
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<T, E> {
        T::word(word).ok_or_else(|| E::invalid_value(Unexpected::Str(word), &self))
    }
}

/// A number; whether it is in its range is checked with the rule that it belongs to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Share(pub(super) f64);

impl Field for Share {
    const EXPECTED: &str = "a number between 0 and 1";

    fn whole(number: u64) -> Option<Self> {
        Some(Self(number as f64))
    }

    fn number(number: f64) -> Option<Self> {
        Some(Self(number))
    }
}

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_f64(Reads(PhantomData))
    }
}

/// A whole number that is not 0.
#[derive(Clone, Copy, Debug)]
pub(super) struct FromOne(pub(super) NonZeroU32);

impl Field for FromOne {
    const EXPECTED: &str = "a whole number from 1 on";

    fn whole(number: u64) -> Option<Self> {
        u32::try_from(number).ok().and_then(NonZeroU32::new).map(Self)
    }
}

impl<'de> Deserialize<'de> for FromOne {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_u32(Reads(PhantomData))
    }
}

/// Reads one of a few words.
pub(super) fn word<'de, T: Field, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_str(Reads(PhantomData))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_taken_as_they_are_meant_and_others_told_in_words() {
        let doubled = |text: &str| serde_json::from_str(text).map(|Share(of)| (2.0 * of) as i32);
        let numbers = ["1", "-1", "0.5"].map(|text| doubled(text).unwrap());
        assert_eq!(numbers, [2, -2, 1]);
        let top = |text: &str| serde_json::from_str(text).map(|FromOne(number)| number.get());
        assert_eq!(top("3").unwrap(), 3);
        for wrong in ["0", "-1", "1.5", "4294967296", "\"x\"", "null"] {
            let told = top(wrong).unwrap_err().to_string();
            assert!(told.contains(", expected a whole number from 1 on"), "{wrong}: {told}");
        }
        assert!(doubled("\"x\"").unwrap_err().to_string().contains("a number between 0 and 1"));
    }
}
