//! Writes token files in bounded memory.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::{Fingerprint, HEADER, MAGIC, TokenFile, io_error};
use crate::text::{TextError, TextPipeline, TokenId};

/// Collects documents; the file appears, complete, at [`Self::finish`] and not before.
#[derive(Debug)]
pub struct TokenFileWriter {
    path: PathBuf,
    fingerprint: Fingerprint,
    out: BufWriter<NamedTempFile>,
    /// Document ends, which follow the ids when their number is known.
    ends: BufWriter<File>,
    hasher: blake3::Hasher,
    width: usize,
    tokens: u64,
    documents: u64,
    bytes: Vec<u8>,
}

impl TokenFileWriter {
    /// A file at `path` for ids of a vocabulary of `vocab_size`.
    ///
    /// # Errors
    ///
    /// If nothing can be written in its folder.
    pub fn create(
        path: &Path,
        fingerprint: Fingerprint,
        vocab_size: usize,
    ) -> Result<Self, TextError> {
        let failed = io_error(path);
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let file = NamedTempFile::new_in(folder.unwrap_or(Path::new("."))).map_err(&failed)?;
        let mut out = BufWriter::with_capacity(1 << 20, file);
        out.write_all(&[0; HEADER]).map_err(&failed)?;
        Ok(Self {
            path: path.into(),
            fingerprint,
            out,
            ends: BufWriter::new(tempfile::tempfile().map_err(&failed)?),
            hasher: blake3::Hasher::new(),
            width: if vocab_size <= 1 << 16 { 2 } else { 4 },
            tokens: 0,
            documents: 0,
            bytes: Vec::new(),
        })
    }

    /// Adds a document.
    ///
    /// # Errors
    ///
    /// If the disk is full or fails.
    pub fn push(&mut self, ids: &[TokenId]) -> Result<(), TextError> {
        self.bytes.clear();
        for id in ids {
            self.bytes.extend_from_slice(&id.to_le_bytes()[..self.width]);
        }
        self.tokens += ids.len() as u64;
        self.documents += 1;
        self.hasher.update(&self.bytes);
        let ids = self.out.write_all(&self.bytes);
        let end = self.ends.write_all(&self.tokens.to_le_bytes());
        ids.and(end).map_err(io_error(&self.path))
    }

    /// Completes the file, puts it in its place and opens it.
    ///
    /// # Errors
    ///
    /// If the disk is full or fails.
    pub fn finish(mut self) -> Result<TokenFile, TextError> {
        self.complete().map_err(io_error(&self.path))?;
        let file = self.out.into_inner().map_err(std::io::IntoInnerError::into_error);
        let file = file.map_err(io_error(&self.path))?;
        file.persist(&self.path).map_err(|error| io_error(&self.path)(error.error))?;
        TokenFile::open(&self.path, &self.fingerprint)
    }

    fn complete(&mut self) -> std::io::Result<()> {
        self.ends.flush()?;
        let mut ends = self.ends.get_ref().try_clone()?;
        ends.rewind()?;
        let mut ends = BufReader::new(ends);
        let mut buffer = vec![0; 1 << 16];
        loop {
            let length = ends.read(&mut buffer)?;
            if length == 0 {
                break;
            }
            self.hasher.update(&buffer[..length]);
            self.out.write_all(&buffer[..length])?;
        }
        self.out.seek(SeekFrom::Start(0))?;
        self.out.write_all(MAGIC)?;
        for number in [self.width as u64, self.tokens, self.documents] {
            self.out.write_all(&number.to_le_bytes())?;
        }
        self.out.write_all(self.fingerprint.bytes())?;
        self.out.write_all(self.hasher.finalize().as_bytes())?;
        self.out.flush()?;
        self.out.get_ref().as_file().sync_all()
    }
}

impl TextPipeline {
    /// Tokenizes documents from a reader straight into a token file, on all cores, in order, with
    /// no more than a batch of them in memory.
    ///
    /// # Errors
    ///
    /// The first error of the reader, or of the disk.
    pub fn write_token_file<E: From<TextError>>(
        &self,
        path: &Path,
        fingerprint: Fingerprint,
        documents: impl IntoIterator<Item = Result<Vec<String>, E>>,
    ) -> Result<TokenFile, E> {
        let mut writer = TokenFileWriter::create(path, fingerprint, self.vocab().len())?;
        self.encode_each(documents, |ids| Ok(writer.push(ids)?))?;
        Ok(writer.finish()?)
    }
}
