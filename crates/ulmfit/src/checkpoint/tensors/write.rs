//! Writing safetensors.

use half::f16;
use serde_json::json;

use super::read::check_finite;
use super::{Dtype, HostTensor, Tensors, TensorsError};
use crate::checkpoint::CheckpointError;

/// Values encoded at a time: they and their bytes stay in the cache.
const CHUNK: usize = 1 << 16;

/// Encodes tensors as safetensors, sorted by name; equal tensors give equal bytes.
///
/// # Errors
/// [`TensorsError::NotFinite`]: what could not be read back is not written. That includes numbers
/// from 65,520 up when `dtype` is [`Dtype::F16`].
///
/// # Panics
/// When a tensor's `dims` and `values` disagree.
pub fn write_tensors(tensors: &Tensors, dtype: Dtype) -> Result<Vec<u8>, CheckpointError> {
    let mut bytes = Vec::new();
    encode(tensors, dtype, &mut |piece| {
        bytes.extend_from_slice(piece);
        Ok(())
    })?;
    Ok(bytes)
}

/// The same, handed to `sink` piece by piece, so that a gigabyte is never in memory twice.
pub(in crate::checkpoint) fn encode(
    tensors: &Tensors,
    dtype: Dtype,
    sink: &mut dyn FnMut(&[u8]) -> Result<(), CheckpointError>,
) -> Result<(), CheckpointError> {
    let header = header(tensors, dtype);
    sink(&(header.len() as u64).to_le_bytes())?;
    sink(&header)?;
    let mut bytes = Vec::new();
    for (name, HostTensor { values, .. }) in tensors {
        for (n, chunk) in values.chunks(CHUNK).enumerate() {
            check_finite(name, n * CHUNK, chunk)?;
            bytes.clear();
            match dtype {
                Dtype::F32 => {
                    bytes.resize(4 * chunk.len(), 0);
                    let places = bytes.as_chunks_mut().0.iter_mut();
                    places.zip(chunk).for_each(|(place, value)| *place = value.to_le_bytes());
                }
                Dtype::F16 => {
                    for (position, &value) in chunk.iter().enumerate() {
                        let half = f16::from_f32(value);
                        if !half.is_finite() {
                            let (tensor, position) = (name.clone(), n * CHUNK + position);
                            return Err(TensorsError::NotFinite { tensor, position }.into());
                        }
                        bytes.extend(half.to_le_bytes());
                    }
                }
            }
            sink(&bytes)?;
        }
    }
    Ok(())
}

fn header(tensors: &Tensors, dtype: Dtype) -> Vec<u8> {
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
    header
}
