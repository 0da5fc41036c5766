//! Fields of requests whose faults are told in plain words.

use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};
use std::fmt;
use std::marker::PhantomData;
use std::num::NonZeroU32;

/// A number; whether it is in its range is checked with the rule that it belongs to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Share(pub(super) f64);

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_f64(ShareVisitor).map(Self)
    }
}

struct ShareVisitor;

impl Visitor<'_> for ShareVisitor {
    type Value = f64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number between 0 and 1")
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<f64, E> {
        Ok(number)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<f64, E> {
        Ok(number as f64)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<f64, E> {
        Ok(number as f64)
    }
}

/// A whole number that is not 0.
#[derive(Clone, Copy, Debug)]
pub(super) struct FromOne(pub(super) NonZeroU32);

impl<'de> Deserialize<'de> for FromOne {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_u32(FromOneVisitor).map(Self)
    }
}

struct FromOneVisitor;

impl Visitor<'_> for FromOneVisitor {
    type Value = NonZeroU32;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number from 1 on")
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<NonZeroU32, E> {
        let found = u32::try_from(number).ok().and_then(NonZeroU32::new);
        found.ok_or_else(|| E::invalid_value(Unexpected::Unsigned(number), &self))
    }
}

/// One of a few words.
pub(super) trait Named: Copy + 'static {
    /// Each word with what it means.
    const NAMES: &[(&str, Self)];
    /// All words, for a message.
    const EXPECTED: &str;
}

/// Reads one of the words.
pub(super) fn named<'de, T: Named, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_str(Word(PhantomData))
}

struct Word<T>(PhantomData<T>);

impl<T: Named> Visitor<'_> for Word<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<T, E> {
        let found = T::NAMES.iter().find(|(name, _)| *name == word);
        found.map(|(_, of)| *of).ok_or_else(|| E::invalid_value(Unexpected::Str(word), &self))
    }
}
