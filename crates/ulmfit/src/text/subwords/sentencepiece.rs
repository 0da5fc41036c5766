//! Reads `.model` files of SentencePiece: a protobuf message of which a handful of fields matter.

use tokenizers::models::ModelWrapper;
use tokenizers::models::unigram::Unigram;
use tokenizers::normalizers::{NormalizerWrapper, Precompiled};

use super::failed;
use crate::text::TextError;

/// `type` of a piece that can occur in a text.
const NORMAL: u64 = 1;
const UNKNOWN: u64 = 2;
const USER_DEFINED: u64 = 4;
/// `model_type` of the trainer; what a file without one means.
const UNIGRAM: u64 = 1;

/// What the file says, of `sentencepiece_model.proto`'s `ModelProto`.
pub(super) struct Proto {
    pieces: Vec<Piece>,
    model_type: u64,
    byte_fallback: bool,
    charsmap: Vec<u8>,
}

struct Piece {
    text: String,
    score: f32,
    kind: u64,
}

impl Proto {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, TextError> {
        let mut proto = Self {
            pieces: Vec::new(),
            model_type: UNIGRAM,
            byte_fallback: false,
            charsmap: Vec::new(),
        };
        each_field(bytes, |field, value| {
            match (field, value) {
                (1, Value::Bytes(piece)) => proto.pieces.push(Piece::parse(piece)?),
                (2, Value::Bytes(trainer)) => each_field(trainer, |field, value| {
                    match (field, value) {
                        (3, Value::Number(n)) => proto.model_type = n,
                        (35, Value::Number(n)) => proto.byte_fallback = n != 0,
                        _ => {}
                    }
                    Ok(())
                })?,
                (3, Value::Bytes(normalizer)) => each_field(normalizer, |field, value| {
                    if let (2, Value::Bytes(map)) = (field, value) {
                        proto.charsmap = map.to_vec();
                    }
                    Ok(())
                })?,
                _ => {}
            }
            Ok(())
        })?;
        Ok(proto)
    }

    /// The model, without control pieces, which never occur in a text.
    pub(super) fn unigram(&self) -> Result<ModelWrapper, TextError> {
        if self.model_type != UNIGRAM || self.byte_fallback {
            return Err(failed("not a unigram model of characters"));
        }
        let usable =
            self.pieces.iter().filter(|p| matches!(p.kind, NORMAL | UNKNOWN | USER_DEFINED));
        let unk = usable.clone().position(|piece| piece.kind == UNKNOWN);
        let pieces = usable.map(|piece| (piece.text.clone(), f64::from(piece.score))).collect();
        let model = Unigram::from(pieces, unk, false).map_err(|error| failed(&*error))?;
        Ok(ModelWrapper::Unigram(model))
    }

    pub(super) fn normalizer(&self) -> Result<Option<NormalizerWrapper>, TextError> {
        if self.charsmap.is_empty() {
            return Ok(None);
        }
        let map = Precompiled::from(&self.charsmap).map_err(|error| failed(&error))?;
        Ok(Some(NormalizerWrapper::Precompiled(map)))
    }
}

impl Piece {
    fn parse(bytes: &[u8]) -> Result<Self, TextError> {
        let mut piece = Self { text: String::new(), score: 0.0, kind: NORMAL };
        each_field(bytes, |field, value| {
            match (field, value) {
                (1, Value::Bytes(text)) => {
                    piece.text =
                        String::from_utf8(text.to_vec()).map_err(|error| failed(&error))?;
                }
                (2, Value::Fixed(bits)) => piece.score = f32::from_bits(bits),
                (3, Value::Number(kind)) => piece.kind = kind,
                _ => {}
            }
            Ok(())
        })?;
        Ok(piece)
    }
}

/// A field's value on the wire.
enum Value<'b> {
    Number(u64),
    Bytes(&'b [u8]),
    Fixed(u32),
    Long,
}

/// Calls `f` with the number and value of each field of a message.
fn each_field<'b>(
    mut bytes: &'b [u8],
    mut f: impl FnMut(u64, Value<'b>) -> Result<(), TextError>,
) -> Result<(), TextError> {
    let cut_short = || failed("no SentencePiece model, or cut short");
    while !bytes.is_empty() {
        let tag = varint(&mut bytes).ok_or_else(cut_short)?;
        let value = match tag & 7 {
            0 => varint(&mut bytes).map(Value::Number),
            1 => take(&mut bytes, 8).map(|_| Value::Long),
            2 => varint(&mut bytes)
                .and_then(|length| take(&mut bytes, usize::try_from(length).ok()?))
                .map(Value::Bytes),
            5 => take(&mut bytes, 4)
                .and_then(|four| four.try_into().ok())
                .map(|four| Value::Fixed(u32::from_le_bytes(four))),
            _ => None,
        };
        f(tag >> 3, value.ok_or_else(cut_short)?)?;
    }
    Ok(())
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let [byte] = *take(bytes, 1)? else {
            return None;
        };
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

fn take<'b>(bytes: &mut &'b [u8], length: usize) -> Option<&'b [u8]> {
    let (taken, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_files_are_refused() {
        for bytes in [
            &b"\x0a\xff"[..],
            b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
            b"\x0b",
            b"\x0a\x03\x0a\x01\xff",
        ] {
            assert!(Proto::parse(bytes).is_err(), "{bytes:?}");
        }
        // No pieces: nothing to encode with.
        assert!(Proto::parse(b"").unwrap().normalizer().unwrap().is_none());
        // model_type = 2 is BPE.
        assert!(Proto::parse(b"\x12\x02\x18\x02").unwrap().unigram().is_err());
    }
}
