//! A corpus as ids in a file, which training maps into memory: a corpus larger than memory is read
//! as easily as a small one.
//!
//! ```text
//! bytes    what (all numbers little-endian)
//! 0..8     "ULMFTOK1"
//! 8..16    bytes per id: 2 while ids fit, else 4
//! 16..24   number of ids N
//! 24..32   number of documents D
//! 32..64   fingerprint of what the file was made from
//! 64..96   blake3 of all that follows
//! 96..     N ids, then D times u64: where each document ends
//! ```

mod fingerprint;
mod writer;

use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

use memmap2::Mmap;

pub use fingerprint::{Fingerprint, Source};
pub use writer::TokenFileWriter;

use super::{TextError, TokenId};

const MAGIC: &[u8; 8] = b"ULMFTOK1";
const HEADER: usize = 96;

/// Ids and document ends of a corpus, in a mapped file.
#[derive(Debug)]
pub struct TokenFile {
    map: Mmap,
    width: usize,
    tokens: usize,
    documents: usize,
}

impl TokenFile {
    /// Maps a token file that was made from `expected`, and reads it once to check it.
    ///
    /// The file must not be shortened or written to by any process as long as this value lives: a
    /// read behind its new end would end the process (SIGBUS). This program never does: a new
    /// token file is written beside the old one and renamed over it.
    ///
    /// # Errors
    ///
    /// If it cannot be read, is damaged, or was made from something else; then the file must be
    /// made again.
    pub fn open(path: &Path, expected: &Fingerprint) -> Result<Self, TextError> {
        Self::open_checked(path, Some(expected))
    }

    /// The same whatever the file was made from: for a file of a folder whose manifest says which files belong
    /// together.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open), but for the last reason.
    pub fn open_in_folder(path: &Path) -> Result<Self, TextError> {
        Self::open_checked(path, None)
    }

    /// The bytes of the file.
    pub fn bytes(&self) -> &[u8] {
        &self.map
    }

    fn open_checked(path: &Path, expected: Option<&Fingerprint>) -> Result<Self, TextError> {
        let failed = io_error(path);
        let mut file = File::open(path).map_err(&failed)?;
        let map = map(&file).map_err(&failed)?;
        let damaged = |reason| TextError::TokenFileDamaged { path: path.into(), reason };
        if map.len() < HEADER || map[..8] != *MAGIC {
            return Err(damaged("no token file"));
        }
        let number = |at: usize| usize::try_from(u64_at(&map, at)).ok();
        let (Some(width @ (2 | 4)), Some(tokens), Some(documents)) =
            (number(8), number(16), number(24))
        else {
            return Err(damaged("its header makes no sense"));
        };
        let length = tokens.checked_mul(width).zip(documents.checked_mul(8));
        if length.and_then(|(ids, ends)| ids.checked_add(ends)?.checked_add(HEADER))
            != Some(map.len())
        {
            return Err(damaged("its length differs from what its header says"));
        }
        if expected.is_some_and(|expected| map[32..64] != *expected.bytes()) {
            return Err(TextError::TokenFileStale { path: path.into() });
        }
        // Read rather than mapped: pages of a map that were touched once count as memory in use.
        let mut hasher = blake3::Hasher::new();
        file.seek(SeekFrom::Start(HEADER as u64)).map_err(&failed)?;
        std::io::copy(&mut file, &mut hasher).map_err(&failed)?;
        if map[64..HEADER] != *hasher.finalize().as_bytes() {
            return Err(damaged("its checksum is wrong"));
        }
        let file = Self { map, width, tokens, documents };
        let ends_in_order = file.ends().try_fold(0, |last, end| (last <= end).then_some(end));
        if ends_in_order != Some(if documents == 0 { 0 } else { tokens }) {
            return Err(damaged("its documents are out of order"));
        }
        Ok(file)
    }

    /// Number of ids.
    pub fn len(&self) -> usize {
        self.tokens
    }

    /// Whether there are no tokens.
    pub fn is_empty(&self) -> bool {
        self.tokens == 0
    }

    /// Number of documents.
    pub fn documents(&self) -> usize {
        self.documents
    }

    /// blake3 of ids and document ends, as they are in the file.
    pub fn checksum(&self) -> blake3::Hash {
        let mut hash = [0; 32];
        hash.copy_from_slice(&self.map[64..HEADER]);
        hash.into()
    }

    /// Copies the ids from `start` on into `out`.
    ///
    /// # Panics
    ///
    /// If there are fewer.
    pub fn read(&self, start: usize, out: &mut [TokenId]) {
        let at = HEADER + start * self.width;
        let bytes = &self.map[at..at + out.len() * self.width];
        assert!(start + out.len() <= self.tokens, "ids {start}.. of {}", self.tokens);
        match self.width {
            2 => fill(out, bytes, |two| TokenId::from(u16::from_le_bytes(two))),
            _ => fill(out, bytes, TokenId::from_le_bytes),
        }
    }

    /// The ids of a range.
    ///
    /// # Panics
    ///
    /// If there are fewer.
    pub fn tokens(&self, range: Range<usize>) -> Vec<TokenId> {
        let mut ids = vec![0; range.len()];
        self.read(range.start, &mut ids);
        ids
    }

    /// Where each document ends; it begins where the one before ends.
    pub fn ends(&self) -> impl ExactSizeIterator<Item = usize> {
        let at = HEADER + self.tokens * self.width;
        (0..self.documents).map(move |i| u64_at(&self.map, at + i * 8) as usize)
    }

    /// The range of ids of a document.
    ///
    /// # Panics
    ///
    /// If there is no such document.
    pub fn document(&self, index: usize) -> Range<usize> {
        assert!(index < self.documents, "document {index} of {}", self.documents);
        let end = |i: usize| u64_at(&self.map, HEADER + self.tokens * self.width + i * 8) as usize;
        (if index == 0 { 0 } else { end(index - 1) })..end(index)
    }
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut eight = [0; 8];
    eight.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(eight)
}

fn fill<const WIDTH: usize>(
    out: &mut [TokenId],
    bytes: &[u8],
    id: impl Fn([u8; WIDTH]) -> TokenId,
) {
    let (ids, _) = bytes.as_chunks::<WIDTH>();
    for (out, bytes) in out.iter_mut().zip(ids) {
        *out = id(*bytes);
    }
}

#[allow(unsafe_code, reason = "mapping a file is always unsafe; this is the only place")]
fn map(file: &File) -> std::io::Result<Mmap> {
    // SAFETY: the map is only ever read as bytes, which have no invalid values. A token file is
    // written beside its place and renamed, never changed, so no one shortens it under the map.
    unsafe { Mmap::map(file) }
}

fn io_error(path: &Path) -> impl Fn(std::io::Error) -> TextError {
    let path = PathBuf::from(path);
    move |source| TextError::TokenFileIo { path: path.clone(), source }
}

#[cfg(test)]
mod tests;
