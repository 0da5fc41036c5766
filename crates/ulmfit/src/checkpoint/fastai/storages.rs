//! Storages of a `torch.save` file: the bytes that tensors refer to.

use std::collections::BTreeMap;

use super::FastaiError;
use super::pickle::{Global, Id, Object, Pickle, StorageType};

/// Raw bytes of each storage, by key.
pub(super) type Storages<'a> = BTreeMap<String, &'a [u8]>;

/// A storage as the pickle describes it.
pub(super) struct StorageReference<'p> {
    pub(super) key: &'p str,
    pub(super) kind: StorageType,
    pub(super) elements: usize,
}

/// Understands the tuple `("storage", type, key, device, elements)`; the old format adds a view,
/// which is always `None` since torch 0.4.
pub(super) fn storage_reference<'p>(
    pickle: &'p Pickle<'_>,
    id: Id,
) -> Result<StorageReference<'p>, FastaiError> {
    let understand = || {
        let (&[tag, kind, key, _device, elements], view) =
            pickle.tuple(id)?.split_first_chunk::<5>()?;
        let none = view.iter().all(|&view| matches!(pickle.get(view), Object::None));
        let &Object::Global(Global::Storage(kind)) = pickle.get(kind) else {
            return None;
        };
        let (key, elements) = (pickle.text(key)?, pickle.size(elements)?);
        (none && pickle.text(tag) == Some("storage")).then_some(StorageReference {
            key,
            kind,
            elements,
        })
    };
    understand()
        .ok_or(FastaiError::NotTorch { what: "a reference to something else than a storage" })
}
