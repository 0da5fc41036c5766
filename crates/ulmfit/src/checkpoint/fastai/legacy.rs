//! torch's file format before version 1.6: five pickles, then the storages one after another.

use std::collections::BTreeMap;

use super::FastaiError;
use super::pickle::{Object, Pickle, read_pickle};
use super::storages::{Storages, storage_reference};

/// What follows `PROTO n`: a ten-byte integer with torch's magic number.
const MAGIC: &[u8] = b"\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.";
const VERSION: i64 = 1001;

/// Whether the file begins as such files do.
pub(super) fn is_legacy(bytes: &[u8]) -> bool {
    bytes.first() == Some(&0x80) && bytes.get(2..).is_some_and(|rest| rest.starts_with(MAGIC))
}

/// Reads the state and finds the storages.
pub(super) fn open(bytes: &[u8]) -> Result<(Pickle<'_>, Storages<'_>), FastaiError> {
    let not_torch = |what| FastaiError::NotTorch { what };
    let mut rest = bytes.get(2 + MAGIC.len()..).ok_or(not_torch("the file ends early"))?;
    let mut next = || -> Result<Pickle<'_>, FastaiError> {
        let pickle = read_pickle(rest)?;
        rest = &rest[pickle.bytes()..];
        Ok(pickle)
    };
    if !matches!(next()?.root(), Object::Int(VERSION)) {
        return Err(not_torch("unknown version of the old format"));
    }
    let system = next()?;
    let little = match system.root() {
        Object::Dict(entries) => system.entry(entries, "little_endian"),
        _ => None,
    };
    if !matches!(little, Some(Object::Bool(true))) {
        return Err(not_torch("not written on a little-endian machine"));
    }
    let state = next()?;
    let keys = next()?;
    let Object::List(order) = keys.root() else {
        return Err(not_torch("no list of storages"));
    };

    let mut references = BTreeMap::new();
    for object in state.objects() {
        if let &Object::Persistent(id) = object {
            let reference = storage_reference(&state, id)?;
            references.insert(reference.key, (reference.kind, reference.elements));
        }
    }
    let mut storages = Storages::new();
    for &key in order {
        let key = keys.text(key).ok_or(not_torch("a storage without a name"))?;
        let Some((key, (kind, elements))) = references.get_key_value(key) else {
            return Err(not_torch("a storage that no tensor uses"));
        };
        let (count, data) =
            rest.split_first_chunk::<8>().ok_or(not_torch("the file ends early"))?;
        let fits = elements
            .checked_mul(kind.width())
            .filter(|_| u64::from_le_bytes(*count) == *elements as u64);
        let (content, after) = fits
            .and_then(|length| data.split_at_checked(length))
            .ok_or(not_torch("a storage of another length than its tensors"))?;
        storages.insert((*key).to_owned(), content);
        rest = after;
    }
    Ok((state, storages))
}
