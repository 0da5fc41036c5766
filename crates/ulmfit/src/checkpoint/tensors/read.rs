//! Reading safetensors.

use std::collections::BTreeMap;

use half::{bf16, f16};

use super::header::{Placed, TensorInfo, parse};
use super::{HostTensor, Tensors, TensorsError};
use crate::checkpoint::CheckpointError;

/// Reads a safetensors file that must hold exactly the `expected` names and shapes.
///
/// F32, F16 and BF16 are read, the latter two widened. Memory is taken only after all sizes have
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
    for Placed { info: TensorInfo { name, dtype, dims }, .. } in &placed {
        let tensor = name.clone();
        match expected.get(name) {
            None => return Err(TensorsError::Unexpected { tensor }.into()),
            Some(wanted) if wanted != dims => {
                let (found, wanted) = (dims.clone(), wanted.clone());
                return Err(TensorsError::Shape { tensor, found, wanted }.into());
            }
            Some(_) if !["F32", "F16", "BF16"].contains(&dtype.as_str()) => {
                return Err(TensorsError::Dtype { tensor, dtype: dtype.clone() }.into());
            }
            Some(_) => {}
        }
    }
    let found = |name: &String| placed.iter().any(|tensor| &tensor.info.name == name);
    if let Some(tensor) = expected.keys().find(|name| !found(name)) {
        return Err(TensorsError::Missing { tensor: tensor.clone() }.into());
    }
    placed
        .into_iter()
        .map(|Placed { info, begin, end }| {
            let values = widen(&info.dtype, &data[begin..end]);
            check_finite(&info.name, 0, &values)?;
            Ok((info.name, HostTensor::new(info.dims, values)))
        })
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
