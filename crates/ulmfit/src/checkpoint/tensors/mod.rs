//! Named arrays, and the safetensors format they are stored in.
//!
//! The format: eight bytes with the length of a JSON header, the header, which gives each tensor
//! its dtype, shape and place, then the values. Our reader takes less than the format allows: the
//! header is small, no name stands twice (most readers let the last one win), the tensors are
//! exactly the ones the caller expects, they fill the file without gap or overlap, and every
//! value is finite.

mod error;
mod header;
mod read;
mod write;

#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use error::TensorsError;
pub use header::TensorInfo;
pub use read::{peek_tensors, read_tensors};
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dtype {
    /// Four bytes, exact.
    #[default]
    F32,
    /// Two bytes, rounded to nearest even.
    F16,
    /// One byte, an integer times the scale of its row; vectors stay [`F32`](Self::F32).
    Int8,
}

/// Where the scales of an int8 tensor stand.
fn scale_name(tensor: &str) -> String {
    format!("{tensor}.scale")
}

/// Elements of a row: all that share the first index.
fn row_width(dims: &[usize]) -> usize {
    dims[1..].iter().product()
}
