//! Named arrays, and the safetensors format they are stored in.
//!
//! The format: eight bytes with the length of a JSON header, the header, which gives each tensor
//! its dtype, shape and place, then the values. Our reader takes less than the format allows: the
//! header is small, no name occurs twice (most readers let the last one win), the tensors are
//! exactly the ones the caller expects, they fill the file without gap or overlap, and every
//! value is finite.

mod error;
mod header;
mod integers;
mod read;
mod write;

#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashSet};

use integers::Width;

pub use error::TensorsError;
pub use header::TensorInfo;
pub use read::{peek_tensors, read_some_tensors, read_tensors};
pub use write::write_tensors;
pub(super) use {read::check_finite, write::encode};

/// Tensors by name, sorted.
pub type Tensors = BTreeMap<String, HostTensor>;

/// An array in main memory, rows first.
#[derive(Clone, Debug, PartialEq)]
pub struct HostTensor {
    /// Sizes of the dimensions; empty for a single number.
    pub dims: Vec<usize>,
    /// All values, last dimension fastest.
    pub values: Vec<f32>,
}

impl HostTensor {
    /// Wraps `values`.
    ///
    /// # Panics
    /// When their number is not the product of `dims`.
    pub fn new(dims: impl Into<Vec<usize>>, values: Vec<f32>) -> Self {
        let dims = dims.into();
        assert_eq!(dims.iter().product::<usize>(), values.len(), "{dims:?} values");
        Self { dims, values }
    }
}

/// How numbers are stored; in memory they are always `f32`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
pub enum Dtype {
    /// Single precision
    #[default]
    F32,
    /// 16-bit floats
    ///
    /// Rounded to nearest even.
    F16,
    /// 8-bit integers with one scale per row
    ///
    /// Vectors stay [`F32`](Self::F32).
    Int8,
    /// 6-bit integers with one scale per row
    ///
    /// Vectors stay [`F32`](Self::F32).
    Int6,
}

impl std::fmt::Display for Dtype {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Int8 => "int8",
            Self::Int6 => "int6",
        })
    }
}

/// The name of the scales of a tensor of integers.
fn scale_name(tensor: &str) -> String {
    format!("{tensor}.scale")
}

/// The smallest type in which any of the tensors is stored, and the number of weights: scales are
/// none.
pub fn stored_as(tensors: &[TensorInfo]) -> (Dtype, usize) {
    let width = |tensor: &TensorInfo| Width::of_word(&tensor.dtype);
    let integers = tensors.iter().filter(|tensor| width(tensor).is_some());
    let scales: HashSet<String> = integers.map(|tensor| scale_name(&tensor.name)).collect();
    let has = |dtype: &str| tensors.iter().any(|tensor| tensor.dtype == dtype);
    let dtype = if has(Width::Six.word()) {
        Dtype::Int6
    } else if has(Width::Eight.word()) {
        Dtype::Int8
    } else if has("F16") || has("BF16") {
        Dtype::F16
    } else {
        Dtype::F32
    };
    let weights = tensors.iter().filter(|tensor| !scales.contains(&tensor.name)).map(|tensor| {
        let elements = tensor.dims.iter().product();
        width(tensor).map_or(elements, |width| width.weights(elements))
    });
    (dtype, weights.sum())
}

/// Elements of a row: all that share the first index.
fn row_width(dims: &[usize]) -> usize {
    dims[1..].iter().product()
}
