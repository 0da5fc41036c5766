//! Reading safetensors.

use std::collections::BTreeMap;

use half::{bf16, f16};

use super::header::{Placed, TensorInfo, parse};
use super::integers::Width;
use super::{HostTensor, Tensors, TensorsError, row_width, scale_name};
use crate::checkpoint::CheckpointError;

/// Reads a safetensors file that must hold exactly the `expected` names and shapes.
///
/// F32, F16 and BF16 are read, the latter two widened, and I8 and U8 with the scales of their rows
/// (see [`write_tensors`](super::write_tensors)). Memory is taken for a tensor only after its size
/// has been checked against the file and against `expected`.
///
/// # Errors
/// [`CheckpointError::Tensors`] for any other file.
pub fn read_tensors(
    bytes: &[u8],
    expected: &BTreeMap<String, Vec<usize>>,
) -> Result<Tensors, CheckpointError> {
    let (tensors, others) = read_some(bytes, expected)?;
    match others.into_iter().next() {
        Some(tensor) => Err(TensorsError::Unexpected { tensor }.into()),
        None => Ok(tensors),
    }
}

/// The same from a file of another program, which may hold more.
///
/// # Errors
/// [`CheckpointError::Tensors`] when a tensor is missing, or is not what it should be.
pub fn read_some_tensors(
    bytes: &[u8],
    wanted: &BTreeMap<String, Vec<usize>>,
) -> Result<Tensors, CheckpointError> {
    Ok(read_some(bytes, wanted)?.0)
}

/// The wanted tensors, and the names of all others.
fn read_some(
    bytes: &[u8],
    expected: &BTreeMap<String, Vec<usize>>,
) -> Result<(Tensors, Vec<String>), CheckpointError> {
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
        let integers = Width::of_word(dtype).filter(|_| wanted.len() > 1);
        let stored = integers.map_or_else(|| wanted.clone(), |width| width.stored_dims(wanted));
        check_dims(name, dims, &stored)?;
        let bytes = &data[*begin..*end];
        let values = match (dtype.as_str(), integers) {
            ("F32" | "F16" | "BF16", _) => widen(dtype, bytes),
            (_, Some(width)) => {
                let scale_name = scale_name(name);
                let Some(scales) = placed.remove(scale_name.as_str()) else {
                    return Err(TensorsError::Missing { tensor: scale_name }.into());
                };
                check_dims(&scale_name, &scales.info.dims, &wanted[..1])?;
                if scales.info.dtype != "F32" {
                    let (tensor, dtype) = (scale_name, scales.info.dtype.clone());
                    return Err(TensorsError::Dtype { tensor, dtype }.into());
                }
                let scales = widen("F32", &data[scales.begin..scales.end]);
                width.unpack(bytes, row_width(wanted), &scales)
            }
            _ => {
                let (tensor, dtype) = (name.clone(), dtype.clone());
                return Err(TensorsError::Dtype { tensor, dtype }.into());
            }
        };
        check_finite(name, 0, &values)?;
        tensors.insert(name.clone(), HostTensor::new(wanted.clone(), values));
    }
    Ok((tensors, placed.into_keys().map(str::to_owned).collect()))
}

fn check_dims(name: &str, found: &[usize], wanted: &[usize]) -> Result<(), TensorsError> {
    if found == wanted {
        return Ok(());
    }
    let (found, wanted) = (found.to_vec(), wanted.to_vec());
    Err(TensorsError::Shape { tensor: name.to_owned(), found, wanted })
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
