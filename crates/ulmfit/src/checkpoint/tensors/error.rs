//! What can be wrong with a tensor file.

/// Why tensors could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TensorsError {
    /// The file ends early.
    #[error("tensor file of {found} bytes ends within the {wanted} bytes it promises")]
    Truncated {
        /// Length of the file.
        found: usize,
        /// Length its header implies.
        wanted: u64,
    },
    /// The header is too long.
    #[error("tensor header of {bytes} bytes, the limit is {limit}")]
    HeaderSize {
        /// Length it claims.
        bytes: u64,
        /// Allowed.
        limit: usize,
    },
    /// The header is not JSON of the right form, or names a tensor twice.
    #[error("damaged tensor header: {0}")]
    Header(#[from] serde_json::Error),
    /// Sizes that overflow or do not agree with the place given.
    #[error("tensor `{tensor}` of {dims:?} does not fit its {bytes} bytes")]
    Size {
        /// Which one.
        tensor: String,
        /// Its shape.
        dims: Vec<usize>,
        /// Length of its place in the file.
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
    /// A tensor is not there.
    #[error("tensor `{tensor}` is missing")]
    Missing {
        /// Which one.
        tensor: String,
    },
    /// A tensor nobody asked for.
    #[error("unexpected tensor `{tensor}`")]
    Unexpected {
        /// Which one.
        tensor: String,
    },
    /// Another shape than the model's.
    #[error("tensor `{tensor}` is {found:?}, the model asks for {wanted:?}")]
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
    /// NaN, an infinity, or a number too large for the type it is written in.
    #[error("tensor `{tensor}` is not finite at position {position}")]
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
            _ => Some("the file is damaged or is no safetensors file"),
        }
    }
}
