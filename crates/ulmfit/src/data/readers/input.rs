//! Bytes of a file or of standard input, decompressed.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Chain, Cursor, Read};
use std::path::Path;
use std::sync::Arc;

use super::foreign::{Foreign, known_by};
use super::limits::{DICTIONARY_MIB, Expands};
use super::options::Limits;
use crate::data::error::DataError;
use crate::data::place::Place;

/// How much of a file is read to detect its format.
const HEAD: usize = 1 << 16;

/// What some programs write before UTF-8; it is not a part of the text.
pub(crate) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

type Bytes = Box<dyn BufRead + Send>;

/// A stream of plain bytes whose first ones are known.
pub(crate) struct Input {
    /// The path for messages.
    pub(crate) file: Arc<Path>,
    head: Arc<[u8]>,
    bytes: Chain<Cursor<Arc<[u8]>>, Bytes>,
    compression: Option<Compression>,
}

#[derive(Clone, Copy)]
enum Compression {
    Gzip,
    Zstd,
    Xz,
}

impl Compression {
    /// Recognised by content: suffixes lie, and standard input has none.
    fn of(head: &[u8]) -> Option<Self> {
        match head {
            [0x1f, 0x8b, ..] => Some(Self::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Self::Zstd),
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Self::Xz),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Xz => "xz",
        }
    }
}

/// Reads what is ready, but at least a line: a person who types wants an answer before the end.
fn read_first_lines(from: &mut dyn Read, head: &mut Vec<u8>) -> io::Result<usize> {
    let mut buffer = vec![0; HEAD];
    while head.len() < HEAD && !head.contains(&b'\n') {
        let room = HEAD - head.len();
        match from.read(&mut buffer[..room]) {
            Ok(0) => break,
            Ok(count) => head.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(head.len())
}

impl Input {
    /// Opens a file; `-` is standard input.
    pub(crate) fn open(path: &Path, limits: &Limits) -> Result<Self, DataError> {
        if path == Path::new("-") {
            return Self::new(Path::new("<stdin>"), Box::new(BufReader::new(io::stdin())), limits);
        }
        let file = File::open(path).map_err(|source| open_error(path, source))?;
        Self::new(path, Box::new(BufReader::with_capacity(HEAD, file)), limits)
    }

    fn new(path: &Path, mut raw: Bytes, limits: &Limits) -> Result<Self, DataError> {
        let file: Arc<Path> = Arc::from(path);
        let mut magic = Vec::new();
        raw.by_ref().take(6).read_to_end(&mut magic).map_err(|source| open_error(path, source))?;
        if magic.is_empty() {
            return Err(DataError::Empty { path: path.to_path_buf() });
        }
        let compression = Compression::of(&magic);
        let raw = Cursor::new(magic).chain(raw);
        let mut plain: Bytes = match compression {
            None => Box::new(raw),
            Some(kind) => decompress(kind, raw, path, limits)?,
        };

        let mut head = Vec::new();
        let looked = match path.to_str() {
            Some("<stdin>") => read_first_lines(&mut plain, &mut head),
            _ => plain.by_ref().take(HEAD as u64).read_to_end(&mut head),
        };
        let head: Arc<[u8]> = head.into();
        let mut cursor = Cursor::new(Arc::clone(&head));
        if head.starts_with(BYTE_ORDER_MARK) {
            cursor.set_position(BYTE_ORDER_MARK.len() as u64);
        }
        let input = Self { file, bytes: cursor.chain(plain), head, compression };
        looked.map_err(|source| input.error(source))?;
        if input.head().is_empty() {
            return Err(DataError::Empty { path: path.to_path_buf() });
        }
        if let Some(Foreign { what, hint }) = known_by(input.head()) {
            return Err(DataError::Foreign { path: path.to_path_buf(), kind: what, hint });
        }
        Ok(input)
    }

    /// The first bytes (up to 64 KiB) without byte order mark.
    pub(crate) fn head(&self) -> &[u8] {
        self.head.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&self.head)
    }

    /// Whether it begins with the byte order mark of UTF-8.
    pub(crate) fn has_byte_order_mark(&self) -> bool {
        self.head.starts_with(BYTE_ORDER_MARK)
    }

    /// Whether the [head](Self::head) is known to be all there is.
    pub(crate) fn is_whole(&self) -> bool {
        self.head.len() < HEAD && !self.is_stdin()
    }

    /// Whether more bytes may be waited for.
    pub(crate) fn is_stdin(&self) -> bool {
        *self.file == *Path::new("<stdin>")
    }

    /// Whether the same bytes can be read from the file again.
    #[cfg(feature = "parquet")]
    pub(crate) fn is_plain_file(&self) -> bool {
        self.compression.is_none() && self.file.is_file()
    }

    /// The byte that ends a line: line feed, or the carriage return of old Macs.
    pub(crate) fn line_end(&self) -> u8 {
        let head = self.head();
        if head.contains(&b'\r') && !head.contains(&b'\n') { b'\r' } else { b'\n' }
    }

    /// Refuses UTF-16, which would otherwise show as NUL bytes or nonsense.
    pub(crate) fn refuse_utf16(&self) -> Result<(), DataError> {
        let head = self.head();
        let mark = head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff");
        let zeros = |parity: usize| {
            head.iter().skip(parity).step_by(2).take(32).filter(|b| **b == 0).count()
        };
        // ASCII text in UTF-16 has a zero in every second byte and none between.
        let unmarked = head.len() >= 8 && zeros(0).abs_diff(zeros(1)) * 4 > head.len().min(64);
        if mark || unmarked {
            return Err(DataError::Utf16 { place: Place::new(&self.file, 1) });
        }
        Ok(())
    }

    /// What a failed read means: damaged compression, or trouble of the operating system.
    pub(crate) fn error(&self, source: io::Error) -> DataError {
        let path = self.file.to_path_buf();
        if let Some(Expands { limit }) =
            source.get_ref().and_then(|inner| inner.downcast_ref::<Expands>()).copied()
        {
            return DataError::Expands { path, limit };
        }
        match self.compression {
            Some(kind) if wants_too_much(&source) => {
                DataError::Dictionary { path, kind: kind.name(), limit: DICTIONARY_MIB }
            }
            Some(kind) if source.raw_os_error().is_none() => {
                DataError::Compressed { path, kind: kind.name(), source }
            }
            _ => DataError::Read { path, source },
        }
    }
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.bytes.read(buffer)
    }
}

impl BufRead for Input {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.bytes.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.bytes.consume(amount);
    }
}

/// Whether a decoder would need more memory for its dictionary than it may have.
fn wants_too_much(error: &io::Error) -> bool {
    // zstd has no kind for it, only these words
    error.kind() == io::ErrorKind::OutOfMemory
        || error.to_string().contains("requires too much memory")
}

pub(crate) fn open_error(path: &Path, source: io::Error) -> DataError {
    let path = path.to_path_buf();
    match source.kind() {
        io::ErrorKind::NotFound => DataError::Missing { path },
        io::ErrorKind::IsADirectory => DataError::WrongKind { path, wanted: "file" },
        _ => DataError::Read { path, source },
    }
}

#[cfg(feature = "compression")]
fn decompress(
    kind: Compression,
    raw: impl BufRead + Send + 'static,
    path: &Path,
    limits: &Limits,
) -> Result<Bytes, DataError> {
    use super::limits::{Counted, Expanded};
    let (raw, count) = Counted::new(raw);
    let plain: Box<dyn Read + Send> = match kind {
        Compression::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(raw)),
        Compression::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(raw)
                .map_err(|source| open_error(path, source))?;
            decoder
                .window_log_max((DICTIONARY_MIB << 20).ilog2())
                .map_err(|source| open_error(path, source))?;
            Box::new(decoder)
        }
        Compression::Xz => {
            Box::new(lzma_rust2::XzReader::new_mem_limit(raw, true, DICTIONARY_MIB << 10))
        }
    };
    Ok(Box::new(BufReader::with_capacity(HEAD, Expanded::new(plain, count, limits))))
}

#[cfg(not(feature = "compression"))]
fn decompress(
    _: Compression,
    _: impl BufRead,
    path: &Path,
    _: &Limits,
) -> Result<Bytes, DataError> {
    Err(DataError::NotBuiltIn { path: path.to_path_buf(), what: "compression" })
}
