//! The JSON header of a safetensors file.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};

use super::TensorsError;

/// A full model has 26 tensors and its optimizer twice as many; this is a header of 60 kB.
const MAX_TENSORS: usize = 512;
const MAX_HEADER_BYTES: usize = 1 << 20;
const MAX_DIMS: usize = 8;

/// Name, type and shape of one tensor in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorInfo {
    /// Its name.
    pub name: String,
    /// The format's word for its type, `F32`.
    pub dtype: String,
    /// Sizes of its dimensions.
    pub dims: Vec<usize>,
}

/// A tensor and its place in the data part of the file.
pub(super) struct Placed {
    pub(super) info: TensorInfo,
    pub(super) begin: usize,
    pub(super) end: usize,
}

/// Checks everything that can be known without the values; returns the tensors in file order and
/// where the data part begins.
pub(super) fn parse(bytes: &[u8]) -> Result<(Vec<Placed>, usize), TensorsError> {
    let short = |wanted| TensorsError::Truncated { found: bytes.len(), wanted };
    let (length, rest) = bytes.split_first_chunk::<8>().ok_or_else(|| short(8))?;
    let length = u64::from_le_bytes(*length);
    if length > MAX_HEADER_BYTES as u64 {
        return Err(TensorsError::HeaderSize { bytes: length, limit: MAX_HEADER_BYTES });
    }
    let text = rest.get(..length as usize).ok_or_else(|| short(8 + length))?;
    let Header(mut tensors) = serde_json::from_slice(text)?;
    tensors.sort_by_key(|tensor| (tensor.begin, tensor.end));

    let data = rest.len() - text.len();
    let mut position = 0;
    for tensor in &tensors {
        if tensor.begin != position {
            return Err(TensorsError::Gap {
                tensor: tensor.info.name.clone(),
                found: tensor.begin,
                wanted: position,
            });
        }
        check_size(tensor)?;
        position = tensor.end;
    }
    match data.checked_sub(position) {
        Some(0) => Ok((tensors, bytes.len() - data)),
        Some(trailing) => Err(TensorsError::Trailing { bytes: trailing }),
        None => Err(short(8 + length + position as u64)),
    }
}

fn check_size(Placed { info, begin, end }: &Placed) -> Result<(), TensorsError> {
    let bytes = end.wrapping_sub(*begin);
    let width = match info.dtype.as_str() {
        "F64" | "I64" | "U64" => 8,
        "F32" | "I32" | "U32" => 4,
        "F16" | "BF16" | "I16" | "U16" => 2,
        "BOOL" | "I8" | "U8" | "F8_E4M3" | "F8_E5M2" => 1,
        _ => {
            let (tensor, dtype) = (info.name.clone(), info.dtype.clone());
            return Err(TensorsError::Dtype { tensor, dtype });
        }
    };
    let product = info.dims.iter().try_fold(width, |product: usize, &dim| product.checked_mul(dim));
    if end >= begin && product == Some(bytes) {
        return Ok(());
    }
    let (tensor, dims) = (info.name.clone(), info.dims.clone());
    Err(TensorsError::Size { tensor, dims, bytes: bytes as u64 })
}

/// The tensors of a header, in the order of its text.
struct Header(Vec<Placed>);

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: [usize; 2],
}

impl<'de> Deserialize<'de> for Header {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(HeaderVisitor)
    }
}

/// Reads the map by hand, because a map type would silently keep the last of two equal keys.
struct HeaderVisitor;

impl<'de> Visitor<'de> for HeaderVisitor {
    type Value = Header;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of tensors")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Header, A::Error> {
        let mut tensors: BTreeMap<String, Option<Placed>> = BTreeMap::new();
        while let Some(name) = map.next_key::<String>()? {
            if tensors.contains_key(&name) {
                return Err(de::Error::custom(format_args!("`{name}` occurs twice")));
            }
            if tensors.len() == MAX_TENSORS {
                return Err(de::Error::custom(format_args!("more than {MAX_TENSORS} tensors")));
            }
            let placed = if name == "__metadata__" {
                map.next_value::<BTreeMap<String, String>>()?; // free text of other programs
                None
            } else {
                let Entry { dtype, shape, data_offsets: [begin, end] } = map.next_value()?;
                if shape.len() > MAX_DIMS {
                    return Err(de::Error::custom(format_args!(
                        "`{name}` has too many dimensions"
                    )));
                }
                let info = TensorInfo { name: name.clone(), dtype, dims: shape };
                Some(Placed { info, begin, end })
            };
            tensors.insert(name, placed);
        }
        Ok(Header(tensors.into_values().flatten().collect()))
    }
}
