//! What the header of a page says of its size.
//!
//! A header is a struct in Thrift's compact protocol (parquet-format, `PageHeader`). The decoder
//! keeps what it reads of it to itself, so that the few numbers needed here are read again.

use std::io::{self, BufRead, ErrorKind, Read};

/// Levels of structs inside structs that a header may have; the format has four.
const DEPTH: u32 = 8;

/// Sizes of a page, as its header gives them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct PageHeader {
    /// Bytes of the header itself.
    pub(super) length: u64,
    /// Bytes of the page after decompression.
    pub(super) plain: i64,
    /// Bytes in front of the page's values that are not compressed: the levels of a version 2 page.
    pub(super) levels: i64,
    /// Whether the page says that it is not compressed, whatever its column's codec is.
    pub(super) stored: bool,
}

impl PageHeader {
    /// Reads the header at the beginning of `bytes`.
    ///
    /// # Errors
    /// If there is none.
    pub(super) fn read(bytes: impl BufRead) -> io::Result<Self> {
        let mut input = Compact { bytes, read: 0 };
        let mut header = Self::default();
        let mut field = 0;
        while let Some(kind) = input.field(&mut field)? {
            match (field, kind) {
                (2, I32) => header.plain = input.zigzag()?,
                (8, STRUCT) => header.version_2(&mut input)?,
                (2 | 8, _) => return Err(malformed()),
                (_, kind) => input.skip(kind, DEPTH)?,
            }
        }
        header.length = input.read;
        Ok(header)
    }

    fn version_2(&mut self, input: &mut Compact<impl BufRead>) -> io::Result<()> {
        let mut field = 0;
        let mut levels = [0; 2];
        while let Some(kind) = input.field(&mut field)? {
            match (field, kind) {
                (5, I32) => levels[0] = input.zigzag()?,
                (6, I32) => levels[1] = input.zigzag()?,
                (7, TRUE) => self.stored = false,
                (7, FALSE) => self.stored = true,
                (5..=7, _) => return Err(malformed()),
                (_, kind) => input.skip(kind, DEPTH)?,
            }
        }
        self.levels = levels[0].saturating_add(levels[1]);
        Ok(())
    }
}

const TRUE: u8 = 1;
const FALSE: u8 = 2;
const I8: u8 = 3;
const I16: u8 = 4;
const I32: u8 = 5;
const I64: u8 = 6;
const DOUBLE: u8 = 7;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const SET: u8 = 10;
const STRUCT: u8 = 12;

fn malformed() -> io::Error {
    io::Error::new(ErrorKind::InvalidData, "not the header of a page")
}

/// Thrift's compact protocol, as much of it as headers use.
struct Compact<R> {
    bytes: R,
    read: u64,
}

impl<R: BufRead> Compact<R> {
    fn byte(&mut self) -> io::Result<u8> {
        let mut byte = [0];
        self.bytes.read_exact(&mut byte)?;
        self.read += 1;
        Ok(byte[0])
    }

    fn varint(&mut self) -> io::Result<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(malformed())
    }

    fn zigzag(&mut self) -> io::Result<i64> {
        let value = self.varint()?;
        Ok((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
    }

    /// The type of the next field, whose number goes into `field`; none at the end of a struct.
    fn field(&mut self, field: &mut i64) -> io::Result<Option<u8>> {
        let byte = self.byte()?;
        let kind = byte & 0x0f;
        if kind == 0 {
            return Ok(None);
        }
        let step = i64::from(byte >> 4);
        *field = if step == 0 { self.zigzag()? } else { field.saturating_add(step) };
        Ok(Some(kind))
    }

    fn skip(&mut self, kind: u8, depth: u32) -> io::Result<()> {
        let depth = depth.checked_sub(1).ok_or_else(malformed)?;
        match kind {
            TRUE | FALSE => Ok(()),
            I8 => self.skip_bytes(1),
            I16 | I32 | I64 => self.varint().map(drop),
            DOUBLE => self.skip_bytes(8),
            BINARY => {
                let length = self.varint()?;
                self.skip_bytes(length)
            }
            LIST | SET => {
                let byte = self.byte()?;
                let length = if byte >> 4 == 15 { self.varint()? } else { u64::from(byte >> 4) };
                for _ in 0..length {
                    match byte & 0x0f {
                        // Outside of a struct's field a truth is a byte.
                        TRUE | FALSE => self.skip_bytes(1)?,
                        kind => self.skip(kind, depth)?,
                    }
                }
                Ok(())
            }
            STRUCT => {
                let mut field = 0;
                while let Some(kind) = self.field(&mut field)? {
                    self.skip(kind, depth)?;
                }
                Ok(())
            }
            _ => Err(malformed()),
        }
    }

    fn skip_bytes(&mut self, length: u64) -> io::Result<()> {
        let skipped = io::copy(&mut self.bytes.by_ref().take(length), &mut io::sink())?;
        self.read += skipped;
        if skipped == length { Ok(()) } else { Err(ErrorKind::UnexpectedEof.into()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_found_among_other_fields() {
        // type 0, plain 300, compressed 100, crc -1, data page {1000 values, encodings 0, 3, 3,
        // statistics {binary}}
        let first = [0x15, 0x00, 0x15, 0xd8, 0x04, 0x15, 0xc8, 0x01, 0x15, 0x01];
        let page = [0x1c, 0x15, 0xd0, 0x0f, 0x15, 0, 0x15, 6, 0x15, 6, 0x1c, 0x18, 1, 7, 0, 0, 0];
        let bytes = [&first[..], &page, &[0xff; 9]].concat();
        let header = PageHeader::read(&bytes[..]).unwrap();
        let length = (first.len() + page.len()) as u64;
        assert_eq!(header, PageHeader { length, plain: 300, ..PageHeader::default() });
    }

    #[test]
    fn levels_of_version_2_are_found() {
        // type 3, plain 50, compressed 50, version 2 {1, 0, 1, encoding 0, 10, 4, not compressed}
        let bytes = [
            0x15, 0x06, 0x15, 100, 0x15, 100, 0x5c, 0x15, 2, 0x15, 0, 0x15, 2, 0x15, 0, 0x15, 20,
            0x15, 8, 0x12, 0, 0,
        ];
        let header = PageHeader::read(&bytes[..]).unwrap();
        assert_eq!(header, PageHeader { length: 22, plain: 50, levels: 14, stored: true });
        assert!((0..22).all(|end| PageHeader::read(&bytes[..end]).is_err()));
    }

    #[test]
    fn nothing_hostile_takes_long() {
        let deep = [0x1c; 10_000];
        assert!(PageHeader::read(&deep[..]).is_err());
        let long_list = [0x19, 0xfc, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];
        assert!(PageHeader::read(&long_list[..]).is_err());
        let long_name = [0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];
        assert!(PageHeader::read(&long_name[..]).is_err());
        let other_type = [0x18, 1, 7, 0x18, 1, 7];
        assert!(PageHeader::read(&other_type[..]).is_err(), "a size is a number");
    }
}
