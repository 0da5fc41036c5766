//! The bytes of a pickle, taken one after another.

use crate::checkpoint::fastai::FastaiError;

/// Longest line that is a name or a number.
pub(super) const MAX_NAME: usize = 256;

pub(super) struct Input<'a> {
    bytes: &'a [u8],
    at: usize,
}

type Step<T> = Result<T, FastaiError>;

impl<'a> Input<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Bytes taken so far.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn fault(&self, what: &'static str) -> FastaiError {
        FastaiError::Pickle { at: self.at, what }
    }

    pub(super) fn take(&mut self, length: usize) -> Step<&'a [u8]> {
        let end = self.at.checked_add(length);
        let taken = end.and_then(|end| self.bytes.get(self.at..end));
        let taken = taken.ok_or_else(|| self.fault("the file ends early"))?;
        self.at += length;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Step<[u8; N]> {
        self.take(N)?.try_into().map_err(|_| self.fault("the file ends early"))
    }

    /// A length of `N` bytes, little-endian.
    pub(super) fn length<const N: usize>(&mut self) -> Step<usize> {
        let mut wide = [0; 8];
        wide[..N].copy_from_slice(self.take(N)?);
        usize::try_from(u64::from_le_bytes(wide)).map_err(|_| self.fault("length out of range"))
    }

    pub(super) fn raw_line(&mut self) -> Step<&'a [u8]> {
        let length = self.bytes[self.at..].iter().position(|&byte| byte == b'\n');
        let length = length.ok_or_else(|| self.fault("the file ends early"))?;
        let line = self.take(length)?;
        self.at += 1;
        Ok(line)
    }

    /// A short line: a number, a name or a memo index.
    pub(super) fn line(&mut self) -> Step<&'a str> {
        let line = self.raw_line()?;
        let text = std::str::from_utf8(line).ok().filter(|_| line.len() <= MAX_NAME);
        text.ok_or_else(|| self.fault("bad line"))
    }
}

/// Python's `raw-unicode-escape`: Latin-1, with `\uXXXX` and `\UXXXXXXXX`.
pub(super) fn unescape(mut raw: &[u8]) -> Option<String> {
    let mut text = String::new();
    while let Some((&byte, rest)) = raw.split_first() {
        raw = rest;
        let digits = match (byte, rest.first()) {
            (b'\\', Some(b'u')) => 4,
            (b'\\', Some(b'U')) => 8,
            _ => {
                text.push(char::from(byte));
                continue;
            }
        };
        let code = std::str::from_utf8(rest.get(1..=digits)?).ok()?;
        text.push(char::from_u32(u32::from_str_radix(code, 16).ok()?)?);
        raw = &rest[1 + digits..];
    }
    Some(text)
}
