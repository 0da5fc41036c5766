//! Reading safetensors.

use std::collections::BTreeMap;

use half::{bf16, f16};

use super::header::{Placed, TensorInfo, parse};
use super::{HostTensor, Tensors, TensorsError, row_width, scale_name};
use crate::checkpoint::CheckpointError;

/// Reads a safetensors file that must hold exactly the `expected` names and shapes.
///
/// F32, F16 and BF16 are read, the latter two widened, and I8 with the scales of its rows (see
/// [`write_tensors`](super::write_tensors)). Memory is taken for a tensor only after its size has
/// been checked against the file and against `expected`.
///
/// # Errors
/// [`CheckpointError::Tensors`] for any other file.
pub fn read_tensors(
    bytes: &[u8],
    expected: &BTreeMap<String, Vec<usize>>,
) -> Result<Tensors, CheckpointError> {
    let (placed, start) = parse(bytes)?;
    let data = &bytes[start..];
    let mut placed: BTreeMap<&str, &Placed> =
        placed.iter().map(|placed| (placed.info.name.as_str(), placed)).collect();
    let mut tensors = Tensors::new();
    for (name, wanted) in expected {
        let Some(found) = placed.remove(name.as_str()) else {
            return Err(TensorsError::Missing { tensor: name.clone() }.into());
        };
        let Placed { info: TensorInfo { dtype, dims, .. }, begin, end } = found;
        check_dims(name, dims, wanted)?;
        let bytes = &data[*begin..*end];
        let values = match dtype.as_str() {
            "F32" | "F16" | "BF16" => widen(dtype, bytes),
            "I8" if dims.len() > 1 => {
                let scale_name = scale_name(name);
                let Some(scales) = placed.remove(scale_name.as_str()) else {
                    return Err(TensorsError::Missing { tensor: scale_name }.into());
                };
                check_dims(&scale_name, &scales.info.dims, &dims[..1])?;
                if scales.info.dtype != "F32" {
                    let (tensor, dtype) = (scale_name, scales.info.dtype.clone());
                    return Err(TensorsError::Dtype { tensor, dtype }.into());
                }
                scaled(bytes, row_width(dims), &widen("F32", &data[scales.begin..scales.end]))
            }
            _ => {
                let (tensor, dtype) = (name.clone(), dtype.clone());
                return Err(TensorsError::Dtype { tensor, dtype }.into());
            }
        };
        check_finite(name, 0, &values)?;
        tensors.insert(name.clone(), HostTensor::new(dims.clone(), values));
    }
    match placed.into_keys().next() {
        Some(name) => Err(TensorsError::Unexpected { tensor: name.to_owned() }.into()),
        None => Ok(tensors),
    }
}

fn check_dims(name: &str, found: &[usize], wanted: &[usize]) -> Result<(), TensorsError> {
    if found == wanted {
        return Ok(());
    }
    let (found, wanted) = (found.to_vec(), wanted.to_vec());
    Err(TensorsError::Shape { tensor: name.to_owned(), found, wanted })
}

/// Rows of integers, each times its scale.
fn scaled(bytes: &[u8], width: usize, scales: &[f32]) -> Vec<f32> {
    let rows = bytes.chunks_exact(width.max(1)).zip(scales);
    rows.flat_map(|(row, scale)| row.iter().map(move |b| f32::from(b.cast_signed()) * scale))
        .collect()
}

/// Lists the tensors of a safetensors file, in file order.
///
/// # Errors
/// [`CheckpointError::Tensors`] when the header is not valid or does not fit the file's length.
pub fn peek_tensors(bytes: &[u8]) -> Result<Vec<TensorInfo>, CheckpointError> {
    let (placed, _) = parse(bytes)?;
    Ok(placed.into_iter().map(|tensor| tensor.info).collect())
}

fn widen(dtype: &str, bytes: &[u8]) -> Vec<f32> {
    match dtype {
        "F32" => bytes.as_chunks().0.iter().map(|&b| f32::from_le_bytes(b)).collect(),
        "F16" => bytes.as_chunks().0.iter().map(|&b| f16::from_le_bytes(b).to_f32()).collect(),
        "BF16" => bytes.as_chunks().0.iter().map(|&b| bf16::from_le_bytes(b).to_f32()).collect(),
        _ => unreachable!("{dtype} was refused before"),
    }
}

/// Refuses the first value that is NaN or infinite; `values` begin at place `first` of the tensor.
pub(in crate::checkpoint) fn check_finite(
    name: &str,
    first: usize,
    values: &[f32],
) -> Result<(), TensorsError> {
    // All at once: a loop without an early end is as fast as memory, and the answer is mostly no.
    if values.iter().fold(true, |all, value| all & value.is_finite()) {
        return Ok(());
    }
    let position = values.iter().position(|value| !value.is_finite()).unwrap_or_default();
    Err(TensorsError::NotFinite { tensor: name.to_owned(), position: first + position })
}
