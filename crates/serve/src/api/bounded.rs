//! Lists in untrusted input.

use serde::de::{Deserialize, Deserializer, IgnoredAny, SeqAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// Elements that are kept; no server can be configured to accept more in one request.
pub(crate) const MOST: usize = 10_000;

/// A list of which only the first elements are kept, so that two megabytes of `0,0,0` do not take a
/// hundred megabytes of memory.
#[derive(Debug)]
pub(crate) struct Bounded<T> {
    /// The first elements.
    pub(crate) items: Vec<T>,
    /// How many there were.
    pub(crate) count: usize,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Bounded<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Elements(PhantomData))
    }
}

struct Elements<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Elements<T> {
    type Value = Bounded<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while items.len() < MOST {
            match elements.next_element()? {
                Some(item) => items.push(item),
                None => return Ok(Bounded { count: items.len(), items }),
            }
        }
        let mut count = items.len();
        while elements.next_element::<IgnoredAny>()?.is_some() {
            count += 1;
        }
        Ok(Bounded { items, count })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_counted_and_the_first_are_kept() {
        let of = |n: usize| serde_json::to_string(&vec![7; n]).unwrap();
        for n in [0, 1, MOST, MOST + 1, 3 * MOST] {
            let list: Bounded<u8> = serde_json::from_str(&of(n)).unwrap();
            assert_eq!((list.count, list.items.len()), (n, n.min(MOST)));
        }
        assert!(serde_json::from_str::<Bounded<u8>>("{}").is_err());
    }
}
