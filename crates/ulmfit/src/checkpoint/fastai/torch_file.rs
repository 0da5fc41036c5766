//! A file written by `torch.save`: a pickled state dictionary and the storages it refers to.

use std::collections::BTreeSet;

use half::{bf16, f16};

use super::pickle::{Global, Id, Object, Pickle, StorageType, read_pickle};
use super::storages::{StorageReference, Storages, storage_reference};
use super::zip::{Archive, MEMBER};
use super::{FastaiError, legacy};

/// An opened file; no tensor has been copied yet.
pub(super) struct TorchFile<'a> {
    pickle: Pickle<'a>,
    storages: Storages<'a>,
}

/// A tensor of the file: a place in a storage, with a shape.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct StoredTensor<'a> {
    pub(super) dims: Vec<usize>,
    pub(super) kind: StorageType,
    bytes: &'a [u8],
}

impl<'a> TorchFile<'a> {
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, FastaiError> {
        let (pickle, storages) = if bytes.starts_with(&MEMBER) {
            open_zip(bytes)?
        } else if legacy::is_legacy(bytes) {
            legacy::open(bytes)?
        } else {
            // A bare pickle, such as a whole `Learner` of old: name what it would have run.
            read_pickle(bytes)?;
            return Err(FastaiError::NotTorch { what: "not written by torch.save" });
        };
        Ok(Self { pickle, storages })
    }

    /// Whether `torch.save` wrote this, by the first bytes.
    pub(super) fn is_one(bytes: &[u8]) -> bool {
        bytes.starts_with(&MEMBER) || legacy::is_legacy(bytes)
    }

    /// Total length of all storages.
    pub(super) fn stored_bytes(&self) -> usize {
        self.storages.values().map(|storage| storage.len()).sum()
    }

    /// The model's tensors in file order, whether or not an optimizer was saved with them.
    pub(super) fn state(&self) -> Result<Vec<(&str, StoredTensor<'a>)>, FastaiError> {
        let not_torch = |what| FastaiError::NotTorch { what };
        let pickle = &self.pickle;
        let Object::Dict(root) = pickle.root() else {
            return Err(not_torch("the file holds no dictionary"));
        };
        let entries = match pickle.entry(root, "model") {
            Some(Object::Dict(model)) => model,
            Some(_) => return Err(not_torch("`model` is not a dictionary")),
            None => root,
        };
        let mut names = BTreeSet::new();
        let mut state = Vec::new();
        for &(name, value) in entries {
            let name = pickle.text(name).ok_or(not_torch("a name that is not a string"))?;
            let fault = |what| FastaiError::Tensor { tensor: name.to_owned(), what };
            if !names.insert(name) {
                return Err(fault("occurs twice"));
            }
            state.push((name, self.tensor(value, fault)?));
        }
        Ok(state)
    }

    fn tensor(
        &self,
        value: Id,
        fault: impl Fn(&'static str) -> FastaiError,
    ) -> Result<StoredTensor<'a>, FastaiError> {
        let pickle = &self.pickle;
        let arguments = |id: Id, wanted: Global| match *pickle.get(id) {
            Object::Call { callee, arguments, .. } if callee == wanted => pickle.tuple(arguments),
            _ => None,
        };
        // A parameter is a call around the call that makes its tensor.
        let value = match arguments(value, Global::RebuildParameter) {
            Some(&[tensor, ..]) => tensor,
            _ => value,
        };
        let Some(&[storage, offset, size, stride, ..]) = arguments(value, Global::RebuildTensor)
        else {
            return Err(fault("not a tensor"));
        };
        let &Object::Persistent(reference) = pickle.get(storage) else {
            return Err(fault("has no storage"));
        };
        let StorageReference { key, kind, elements } = storage_reference(pickle, reference)?;
        let storage = self.storages.get(key).ok_or_else(|| fault("its storage is missing"))?;
        if elements.checked_mul(kind.width()) != Some(storage.len()) {
            return Err(fault("its storage has another length"));
        }
        let sizes = |id| -> Option<Vec<usize>> {
            pickle.tuple(id)?.iter().map(|&size| pickle.size(size)).collect()
        };
        let dims = sizes(size).ok_or_else(|| fault("bad shape"))?;
        if !sizes(stride).is_some_and(|strides| row_by_row(&dims, &strides)) {
            return Err(fault("not stored row by row"));
        }
        let place = || {
            let start = pickle.size(offset)?.checked_mul(kind.width())?;
            let length = dims.iter().try_fold(kind.width(), |n: usize, &dim| n.checked_mul(dim))?;
            storage.get(start..start.checked_add(length)?)
        };
        let bytes = place().ok_or_else(|| fault("reaches beyond its storage"))?;
        Ok(StoredTensor { dims, kind, bytes })
    }
}

impl StoredTensor<'_> {
    /// Whether both are the very same bytes of the file.
    pub(super) fn shares(&self, other: &Self) -> bool {
        std::ptr::eq(self.bytes, other.bytes) && self.kind == other.kind && self.dims == other.dims
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Copies the values out, widened or, from doubles, rounded.
    pub(super) fn values(&self) -> Vec<f32> {
        let bytes = self.bytes;
        match self.kind {
            StorageType::Float => {
                bytes.as_chunks().0.iter().map(|&b| f32::from_le_bytes(b)).collect()
            }
            StorageType::Double => {
                bytes.as_chunks().0.iter().map(|&b| f64::from_le_bytes(b) as f32).collect()
            }
            StorageType::Half => {
                bytes.as_chunks().0.iter().map(|&b| f16::from_le_bytes(b).to_f32()).collect()
            }
            StorageType::BFloat16 => {
                bytes.as_chunks().0.iter().map(|&b| bf16::from_le_bytes(b).to_f32()).collect()
            }
            StorageType::Long => {
                bytes.as_chunks().0.iter().map(|&b| i64::from_le_bytes(b) as f32).collect()
            }
        }
    }
}

fn open_zip(bytes: &[u8]) -> Result<(Pickle<'_>, Storages<'_>), FastaiError> {
    let archive = Archive::open(bytes)?;
    let mut stems = archive.names().filter_map(|name| name.strip_suffix("/data.pkl"));
    let (Some(stem), None) = (stems.next(), stems.next()) else {
        return Err(FastaiError::NotTorch { what: "the archive has no data.pkl" });
    };
    let order = archive.read(&format!("{stem}/byteorder"))?;
    if order.is_some_and(|order| order != b"little") {
        return Err(FastaiError::NotTorch { what: "written on a big-endian machine" });
    }
    let pickle = read_pickle(archive.read(&format!("{stem}/data.pkl"))?.unwrap_or_default())?;
    let folder = format!("{stem}/data/");
    let mut storages = Storages::new();
    for name in archive.names() {
        if let (Some(key), Some(content)) = (name.strip_prefix(&folder), archive.read(name)?) {
            storages.insert(key.to_owned(), content);
        }
    }
    Ok((pickle, storages))
}

/// Whether an array with these strides is in memory row by row without gaps.
fn row_by_row(dims: &[usize], strides: &[usize]) -> bool {
    let mut wanted = Some(1_usize);
    for (&dim, &stride) in dims.iter().zip(strides).rev() {
        if dim != 1 && Some(stride) != wanted {
            return false; // where there is one row only, its stride means nothing
        }
        wanted = wanted.and_then(|wanted| wanted.checked_mul(dim.max(1)));
    }
    dims.len() == strides.len()
}
