//! Bytes of a field to text: checked, bounded, repairs counted.

use std::borrow::Cow;

use super::options::{EncodingErrors, ReadOptions};
use super::warnings::Warnings;
use crate::data::error::DataError;
use crate::data::place::Place;

const REPLACEMENT: &str = "\u{fffd}";

/// Bytes of a label or of the name of a column that are kept in any case. The limit is for texts: cut to it, two labels
/// could become one.
const NAME_BYTES: usize = 64 << 10;

/// The rules for one file.
#[derive(Clone, Copy)]
pub(crate) struct Decoder {
    /// Most bytes kept of a field.
    pub(crate) limit: usize,
    errors: EncodingErrors,
}

/// Whether a reader already dropped the end of a field.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Whole,
    Cut,
}

impl Decoder {
    pub(crate) fn new(options: &ReadOptions) -> Self {
        Self { limit: options.max_document_bytes, errors: options.encoding_errors }
    }

    pub(crate) fn replaces(&self) -> bool {
        self.errors == EncodingErrors::Replace
    }

    /// How many bytes of a text must be kept, so that the cut falls between characters.
    pub(crate) fn keep(&self) -> usize {
        self.limit.saturating_add(4)
    }

    /// How many bytes of a cell must be kept, which may be a text, a label or the name of a column.
    pub(crate) fn keep_of_cell(&self) -> usize {
        self.keep().max(NAME_BYTES)
    }

    /// Text of a field.
    pub(crate) fn text(
        &self,
        bytes: &[u8],
        ending: Ending,
        place: &Place,
        warnings: &mut Warnings,
    ) -> Result<String, DataError> {
        let (bytes, mut ending) = if bytes.len() > self.limit {
            (char_prefix(bytes, self.limit), Ending::Cut)
        } else {
            (bytes, ending)
        };
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) if self.replaces() => String::from_utf8_lossy(bytes),
            Err(error) => {
                let at = error.valid_up_to();
                return Err(DataError::NotUtf8 {
                    place: place.clone(),
                    offset: at + 1,
                    byte: bytes[at],
                    encoding: likely_encoding(bytes),
                });
            }
        };
        let mut repaired = matches!(text, Cow::Owned(_));
        let mut text = text.into_owned();
        if text.contains('\0') {
            if !self.replaces() {
                return Err(DataError::Nul { place: place.clone() });
            }
            text = text.replace('\0', REPLACEMENT);
            repaired = true;
        }
        if repaired {
            warnings.replaced.add(place);
            if text.len() > self.limit {
                // U+FFFD has three bytes where a bad byte was one.
                text.truncate(text.floor_char_boundary(self.limit));
                ending = Ending::Cut;
            }
        }
        if ending == Ending::Cut {
            warnings.truncated.add(place);
        }
        Ok(text)
    }

    /// Text of a label or a column name: short, and never silently repaired into another name.
    pub(crate) fn name(&self, bytes: &[u8], place: &Place) -> Result<String, DataError> {
        let limit = self.limit.max(NAME_BYTES);
        let strict = Self { limit, errors: EncodingErrors::Fail };
        strict.text(bytes, Ending::Whole, place, &mut Warnings::default())
    }
}

/// The Western encoding that explains these bytes. Elsewhere letters beyond ASCII are common, and two
/// of them stand together.
fn likely_encoding(bytes: &[u8]) -> Option<&'static str> {
    let high = bytes.iter().filter(|byte| !byte.is_ascii()).count();
    let pairs = bytes.windows(2).filter(|pair| pair.iter().all(|byte| !byte.is_ascii())).count();
    let unused = bytes.iter().any(|byte| matches!(byte, 0x81 | 0x8d | 0x8f | 0x90 | 0x9d));
    if 2 * pairs >= high.max(1) || unused {
        return None;
    }
    // Latin-1 has control characters where Windows has quotation marks and the euro
    let windows = bytes.iter().any(|byte| (0x80..=0x9f).contains(byte));
    Some(if windows { "CP1252" } else { "LATIN1" })
}

/// At most `limit` bytes that do not end inside a character.
fn char_prefix(bytes: &[u8], limit: usize) -> &[u8] {
    let mut end = limit;
    // Three continuation bytes at most follow a first byte; more would be no UTF-8 anyway.
    while end > limit.saturating_sub(3) && bytes[end] & 0xc0 == 0x80 {
        end -= 1;
    }
    &bytes[..end]
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use super::*;

    fn decode(
        bytes: &[u8],
        limit: usize,
        errors: EncodingErrors,
    ) -> (Result<String, DataError>, Warnings) {
        let place = Place::new(&Arc::from(Path::new("f")), 1);
        let mut warnings = Warnings::default();
        let text = Decoder { limit, errors }.text(bytes, Ending::Whole, &place, &mut warnings);
        (text, warnings)
    }

    #[test]
    fn cuts_between_characters() {
        let text = "a€b"; // € takes three bytes
        for (limit, kept) in [(5, "a€b"), (4, "a€"), (3, "a"), (2, "a"), (1, "a"), (0, "")] {
            let (cut, warnings) = decode(text.as_bytes(), limit, EncodingErrors::Fail);
            assert_eq!(cut.unwrap(), kept, "{limit}");
            assert_eq!(warnings.truncated.count, u64::from(limit < 5), "{limit}");
        }
    }

    #[test]
    fn bad_bytes_stop_or_are_replaced() {
        let (strict, _) = decode(b"caf\xe9 au lait", 99, EncodingErrors::Fail);
        assert!(matches!(strict, Err(DataError::NotUtf8 { offset: 4, byte: 0xe9, .. })));
        let (lossy, warnings) = decode(b"caf\xe9\0", 99, EncodingErrors::Replace);
        assert_eq!(lossy.unwrap(), "caf\u{fffd}\u{fffd}");
        assert_eq!(warnings.replaced.count, 1);
    }

    #[test]
    fn western_encodings_are_told_apart() {
        assert_eq!(likely_encoding(b"caf\xe9 au lait"), Some("LATIN1"));
        assert_eq!(likely_encoding(b"\x93caf\xe9\x94, 5 \x80, it\x92s"), Some("CP1252"));
        assert_eq!(likely_encoding(b"\xc4\xe3\xba\xc3"), None, "GB 18030");
        assert_eq!(likely_encoding(b"a\x81b"), None);
    }

    #[test]
    fn repairs_do_not_outgrow_the_limit() {
        for (bytes, kept) in [
            (&[0xff; 10][..], "\u{fffd}\u{fffd}\u{fffd}"),
            (b"a\0\0\0", "a\u{fffd}\u{fffd}\u{fffd}"),
        ] {
            let (text, warnings) = decode(bytes, 10, EncodingErrors::Replace);
            assert_eq!(text.unwrap(), kept);
            assert_eq!(
                (warnings.replaced.count, warnings.truncated.count),
                (1, u64::from(bytes.len() == 10))
            );
        }
    }
}
