//! The only Python names a file may mention.

/// A name on the list. None of them is ever called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Global {
    /// `collections.OrderedDict`, the type of a state dictionary.
    OrderedDict,
    /// `torch._utils._rebuild_tensor_v2`, or its predecessor without `_v2`.
    RebuildTensor,
    /// `torch._utils._rebuild_parameter`.
    RebuildParameter,
    /// `torch.FloatStorage` and its like.
    Storage(StorageType),
    /// `fastcore.foundation.L`: the list around a classifier's two vocabularies.
    FastcoreList,
    /// `fastai.data.transforms.CategoryMap`: a classifier's labels.
    CategoryMap,
    /// Learning rates in saved optimizers are numpy numbers; they are skipped.
    Numpy,
}

/// Element type of a storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StorageType {
    /// Four bytes.
    Float,
    /// Eight bytes.
    Double,
    /// IEEE half.
    Half,
    /// The upper half of a float.
    BFloat16,
    /// 64-bit integer: the batch counter of a batch norm.
    Long,
}

impl StorageType {
    /// Bytes of one element.
    pub fn width(self) -> usize {
        match self {
            Self::Half | Self::BFloat16 => 2,
            Self::Float => 4,
            Self::Double | Self::Long => 8,
        }
    }
}

impl Global {
    /// Finds a name on the list.
    pub(super) fn find(module: &str, name: &str) -> Option<Self> {
        Some(match (module, name) {
            ("collections", "OrderedDict") => Self::OrderedDict,
            ("torch._utils", "_rebuild_tensor" | "_rebuild_tensor_v2") => Self::RebuildTensor,
            ("torch._utils", "_rebuild_parameter") => Self::RebuildParameter,
            ("torch", "FloatStorage") => Self::Storage(StorageType::Float),
            ("torch", "DoubleStorage") => Self::Storage(StorageType::Double),
            ("torch", "HalfStorage") => Self::Storage(StorageType::Half),
            ("torch", "BFloat16Storage") => Self::Storage(StorageType::BFloat16),
            ("torch", "LongStorage") => Self::Storage(StorageType::Long),
            ("fastcore.foundation", "L") => Self::FastcoreList,
            ("fastai.data.transforms", "CategoryMap") => Self::CategoryMap,
            ("numpy", "dtype")
            | ("numpy.core.multiarray" | "numpy._core.multiarray", "scalar")
            | ("_codecs", "encode") => Self::Numpy,
            _ => return None,
        })
    }
}
