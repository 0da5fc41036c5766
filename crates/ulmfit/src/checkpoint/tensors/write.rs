//! Writing safetensors.

use half::f16;
use serde_json::json;

use super::read::check_finite;
use super::{Dtype, Tensors, TensorsError};
use crate::checkpoint::CheckpointError;

/// Encodes tensors as safetensors, sorted by name; equal tensors give equal bytes.
///
/// # Errors
/// [`TensorsError::NotFinite`]: what could not be read back is not written. That includes numbers
/// from 65,520 up when `dtype` is [`Dtype::F16`].
///
/// # Panics
/// When a tensor's `dims` and `values` disagree.
pub fn write_tensors(tensors: &Tensors, dtype: Dtype) -> Result<Vec<u8>, CheckpointError> {
    let (word, width) = match dtype {
        Dtype::F32 => ("F32", 4),
        Dtype::F16 => ("F16", 2),
    };
    let mut header = serde_json::Map::new();
    let mut end = 0;
    for (name, tensor) in tensors {
        let elements: usize = tensor.dims.iter().product();
        assert_eq!(elements, tensor.values.len(), "`{name}` of {:?}", tensor.dims);
        let begin = end;
        end += elements * width;
        header.insert(
            name.clone(),
            json!({ "dtype": word, "shape": tensor.dims, "data_offsets": [begin, end] }),
        );
    }
    let mut header = serde_json::Value::Object(header).to_string().into_bytes();
    header.resize(header.len().next_multiple_of(8), b' '); // values start aligned

    let mut bytes = Vec::with_capacity(8 + header.len() + end);
    bytes.extend((header.len() as u64).to_le_bytes());
    bytes.extend(header);
    for (name, tensor) in tensors {
        check_finite(name, &tensor.values)?;
        match dtype {
            Dtype::F32 => bytes.extend(tensor.values.iter().flat_map(|value| value.to_le_bytes())),
            Dtype::F16 => {
                for (position, &value) in tensor.values.iter().enumerate() {
                    let half = f16::from_f32(value);
                    if !half.is_finite() {
                        let tensor = name.clone();
                        return Err(TensorsError::NotFinite { tensor, position }.into());
                    }
                    bytes.extend(half.to_le_bytes());
                }
            }
        }
    }
    Ok(bytes)
}
