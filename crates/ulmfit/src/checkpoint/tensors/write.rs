//! Writing safetensors.

use half::f16;
use serde_json::json;

use super::integers::Width;
use super::read::check_finite;
use super::{Dtype, HostTensor, Tensors, TensorsError, row_width, scale_name};
use crate::checkpoint::CheckpointError;

/// Values encoded at a time: they and their bytes stay in the cache.
const CHUNK: usize = 1 << 16;

/// Encodes tensors as safetensors, sorted by name; equal tensors give equal bytes.
///
/// With [`Dtype::Int8`] and [`Dtype::Int6`], the scales of a tensor `NAME` follow as `NAME.scale`,
/// an `F32` a row; the latter makes a `U8` tensor of three bytes for four weights.
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
    for (name, tensor) in tensors {
        match (dtype, Width::of(dtype)) {
            (_, Some(width)) if tensor.dims.len() > 1 => integers(name, tensor, width, sink)?,
            (Dtype::F16, _) => f16s(name, &tensor.values, sink)?,
            _ => f32s(name, &tensor.values, sink)?,
        }
    }
    Ok(())
}

fn f32s(
    name: &str,
    values: &[f32],
    sink: &mut dyn FnMut(&[u8]) -> Result<(), CheckpointError>,
) -> Result<(), CheckpointError> {
    let mut bytes = Vec::new();
    for (n, chunk) in values.chunks(CHUNK).enumerate() {
        check_finite(name, n * CHUNK, chunk)?;
        bytes.resize(4 * chunk.len(), 0);
        let places = bytes.as_chunks_mut().0.iter_mut();
        places.zip(chunk).for_each(|(place, value)| *place = value.to_le_bytes());
        sink(&bytes)?;
    }
    Ok(())
}

fn f16s(
    name: &str,
    values: &[f32],
    sink: &mut dyn FnMut(&[u8]) -> Result<(), CheckpointError>,
) -> Result<(), CheckpointError> {
    let mut bytes = Vec::new();
    for (n, chunk) in values.chunks(CHUNK).enumerate() {
        bytes.clear();
        for (position, &value) in chunk.iter().enumerate() {
            let half = f16::from_f32(value);
            if !half.is_finite() {
                let (tensor, position) = (name.to_owned(), n * CHUNK + position);
                return Err(TensorsError::NotFinite { tensor, position }.into());
            }
            bytes.extend(half.to_le_bytes());
        }
        sink(&bytes)?;
    }
    Ok(())
}

/// The integers of all rows, then the scales.
fn integers(
    name: &str,
    tensor: &HostTensor,
    width: Width,
    sink: &mut dyn FnMut(&[u8]) -> Result<(), CheckpointError>,
) -> Result<(), CheckpointError> {
    let weights = row_width(&tensor.dims);
    let (mut bytes, mut scales) = (Vec::new(), Vec::new());
    for (n, row) in tensor.values.chunks(weights.max(1)).enumerate() {
        check_finite(name, n * weights, row)?;
        bytes.clear();
        scales.push(width.pack(row, &mut bytes));
        sink(&bytes)?;
    }
    scales.resize(tensor.dims[0], 0.0); // rows of no elements
    f32s(&scale_name(name), &scales, sink)
}

fn header(tensors: &Tensors, dtype: Dtype) -> Vec<u8> {
    let mut header = serde_json::Map::new();
    let mut end = 0;
    let mut add = |name: String, word: &str, width: usize, dims: &[usize]| {
        let begin = end;
        end += width * dims.iter().product::<usize>();
        let entry = json!({ "dtype": word, "shape": dims, "data_offsets": [begin, end] });
        assert!(header.insert(name, entry).is_none(), "a name occurs twice");
    };
    for (name, HostTensor { dims, values }) in tensors {
        assert_eq!(dims.iter().product::<usize>(), values.len(), "`{name}` of {dims:?}");
        match (dtype, Width::of(dtype)) {
            (_, Some(width)) if dims.len() > 1 => {
                add(name.clone(), width.word(), 1, &width.stored_dims(dims));
                add(scale_name(name), "F32", 4, &dims[..1]);
            }
            (Dtype::F16, _) => add(name.clone(), "F16", 2, dims),
            _ => add(name.clone(), "F32", 4, dims),
        }
    }
    let mut header = serde_json::Value::Object(header).to_string().into_bytes();
    header.resize(header.len().next_multiple_of(8), b' '); // values start aligned
    header
}
