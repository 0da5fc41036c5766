//! What can be wrong with a tensor file.

use crate::printable::shape;

/// Why tensors could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TensorsError {
    /// The file ends early.
    #[error("the tensor file should have {wanted} bytes and has {found}")]
    Truncated {
        /// Length of the file.
        found: usize,
        /// Length its header implies.
        wanted: u64,
    },
    /// The header is too long.
    #[error("the tensor header has {bytes} bytes; the limit is {limit}")]
    HeaderSize {
        /// Its length, as the file says.
        bytes: u64,
        /// Allowed.
        limit: usize,
    },
    /// The header is not JSON of the right form, or names a tensor twice.
    #[error("damaged tensor header: {0}")]
    Header(#[from] serde_json::Error),
    /// A shape that overflows or does not fit the bytes given.
    #[error("tensor `{tensor}` of shape {} does not fit its {bytes} bytes", shape(.dims))]
    Size {
        /// Which one.
        tensor: String,
        /// Its shape.
        dims: Vec<usize>,
        /// Its bytes in the file.
        bytes: u64,
    },
    /// A hole or an overlap.
    #[error("tensor `{tensor}` begins at {found} where {wanted} was expected")]
    Gap {
        /// Which one.
        tensor: String,
        /// Where it begins.
        found: usize,
        /// Where the one before it ends.
        wanted: usize,
    },
    /// Bytes after the last tensor.
    #[error("{bytes} bytes follow the last tensor")]
    Trailing {
        /// How many.
        bytes: usize,
    },
    /// A tensor is missing.
    #[error("tensor `{tensor}` is missing")]
    Missing {
        /// Which one.
        tensor: String,
    },
    /// A tensor that the model does not have.
    #[error("unexpected tensor `{tensor}`")]
    Unexpected {
        /// Which one.
        tensor: String,
    },
    /// A shape that is not the model's.
    #[error("tensor `{tensor}` has shape {}, the model needs {}", shape(.found), shape(.wanted))]
    Shape {
        /// Which one.
        tensor: String,
        /// In the file.
        found: Vec<usize>,
        /// In the model.
        wanted: Vec<usize>,
    },
    /// A type other than F32, F16, BF16, and I8 or U8 with scales.
    #[error("tensor `{tensor}` is of type {dtype}; F32, F16, BF16 and scaled I8 or U8 can be read")]
    Dtype {
        /// Which one.
        tensor: String,
        /// Its type.
        dtype: String,
    },
    /// NaN, an infinity, or a number too large for the stored type.
    #[error("tensor `{tensor}` has a value that is not finite, at position {position}")]
    NotFinite {
        /// Which one.
        tensor: String,
        /// Index of the first such value.
        position: usize,
    },
}

impl TensorsError {
    /// What to try next, in one line.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Missing { .. } | Self::Unexpected { .. } | Self::Shape { .. } => {
                Some("weights and configuration belong to different models")
            }
            Self::NotFinite { .. } => Some("the training diverged; try a lower learning rate"),
            Self::Dtype { .. } => Some("convert the weights to F32"),
            _ => Some("the file is damaged, or is not a safetensors file"),
        }
    }
}
