//! One stable hash of plain data.

use serde::Serialize;

/// blake3 of a value as JSON, streamed: however much data it is, it is not copied.
///
/// JSON, because `Debug` output may change with any compiler, and because no two values look alike
/// whatever their texts contain.
///
/// # Panics
/// When the value does not serialise; texts, numbers and settings do.
pub(crate) fn of_json(value: &(impl Serialize + ?Sized)) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    serde_json::to_writer(&mut hasher, value).expect("plain data serialises");
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::of_json;

    #[test]
    fn is_that_of_the_json() {
        let value = ["a\"b", "c"];
        assert_eq!(of_json(&value), blake3::hash(br#"["a\"b","c"]"#));
        assert_ne!(of_json(&["a", "b"]), of_json(&["a\",\"b"]));
    }
}
