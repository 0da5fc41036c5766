//! Rows of small integers, each row with a scale: matrices with 8 or 6 bits per weight.

use super::{Dtype, row_width};

/// A width of integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Width {
    /// -127 to 127, one byte each; `I8` in the file.
    Eight,
    /// -31 to 31, four in three bytes, the first one lowest; rows begin on a byte; `U8` in the
    /// file.
    Six,
}

impl Width {
    /// That of a type.
    pub(super) fn of(dtype: Dtype) -> Option<Self> {
        match dtype {
            Dtype::Int8 => Some(Self::Eight),
            Dtype::Int6 => Some(Self::Six),
            Dtype::F32 | Dtype::F16 => None,
        }
    }

    /// That of a tensor in a file, by the format's word for its type.
    pub(super) fn of_word(word: &str) -> Option<Self> {
        match word {
            "I8" => Some(Self::Eight),
            "U8" => Some(Self::Six),
            _ => None,
        }
    }

    /// The format's word for the type.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Eight => "I8",
            Self::Six => "U8",
        }
    }

    /// Bytes of a row of `weights`.
    pub(super) fn row_bytes(self, weights: usize) -> usize {
        match self {
            Self::Eight => weights,
            Self::Six => (6 * weights).div_ceil(8),
        }
    }

    /// Shape in the file of a tensor of `dims`: rows of bytes.
    pub(super) fn stored_dims(self, dims: &[usize]) -> Vec<usize> {
        match self {
            Self::Eight => dims.to_vec(),
            Self::Six => vec![dims[0], self.row_bytes(row_width(dims))],
        }
    }

    /// Weights in `bytes`, if all rows are full.
    pub(super) fn weights(self, bytes: usize) -> usize {
        match self {
            Self::Eight => bytes,
            Self::Six => bytes * 4 / 3,
        }
    }

    /// Appends the integers of a row to `bytes` and returns their scale.
    pub(super) fn pack(self, row: &[f32], bytes: &mut Vec<u8>) -> f32 {
        let limit = match self {
            Self::Eight => 127.0,
            Self::Six => 31.0,
        };
        let scale = row.iter().fold(0.0_f32, |max, value| max.max(value.abs())) / limit;
        let to_integer = if scale > 0.0 { scale.recip() } else { 0.0 };
        // The reciprocal of a scale that is no normal number may be infinite.
        let integer = |value: &f32| (value * to_integer).round().clamp(-limit, limit) as i8;
        match self {
            Self::Eight => bytes.extend(row.iter().map(|value| integer(value).cast_unsigned())),
            Self::Six => {
                for four in row.chunks(4) {
                    let places = four.iter().enumerate();
                    let word = places.fold(0_u32, |word, (n, value)| {
                        word | (u32::from(integer(value).cast_unsigned()) & 63) << (6 * n)
                    });
                    bytes.extend(&word.to_le_bytes()[..self.row_bytes(four.len())]);
                }
            }
        }
        scale
    }

    /// The values of all rows of `weights`; the lengths have been checked.
    pub(super) fn unpack(self, bytes: &[u8], weights: usize, scales: &[f32]) -> Vec<f32> {
        let rows = bytes.chunks_exact(self.row_bytes(weights).max(1)).zip(scales);
        let mut values = Vec::with_capacity(weights * scales.len());
        for (row, scale) in rows {
            let value = |integer: i8| f32::from(integer) * scale;
            match self {
                Self::Eight => values.extend(row.iter().map(|b| value(b.cast_signed()))),
                Self::Six => {
                    let end = values.len() + weights;
                    for three in row.chunks(3) {
                        let mut word = [0; 4];
                        word[..three.len()].copy_from_slice(three);
                        let word = u32::from_le_bytes(word);
                        // up to the top of a byte and down again: the sign comes along
                        let integer = |n: u32| ((word >> (6 * n)) << 2) as u8;
                        values.extend((0..4).map(|n| value(integer(n).cast_signed() >> 2)));
                    }
                    values.truncate(end);
                }
            }
        }
        values
    }
}

#[cfg(test)]
mod tests {
    use super::Width;

    #[test]
    fn a_row_of_six_bits() {
        let mut bytes = Vec::new();
        let scale = Width::Six.pack(&[31.0, -31.0, 1.0, 0.0, -2.0], &mut bytes);
        assert_eq!(scale.to_bits(), 1_f32.to_bits());
        // 31 | (-31 & 63) << 6 | 1 << 12, then -2 & 63
        assert_eq!(bytes, [0x5f, 0x18, 0x00, 0x3e]);
        assert_eq!(Width::Six.unpack(&bytes, 5, &[1.0]), [31.0, -31.0, 1.0, 0.0, -2.0]);
    }

    #[test]
    fn rows_take_whole_bytes() {
        let bytes: Vec<usize> = (0..9).map(|weights| Width::Six.row_bytes(weights)).collect();
        assert_eq!(bytes, [0, 1, 2, 3, 3, 4, 5, 6, 6]);
        assert_eq!(Width::Six.weights(3 * 100), 400);
    }
}
