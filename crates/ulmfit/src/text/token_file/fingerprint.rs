//! Fingerprint of the inputs of a token file.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::hashing;
use crate::text::{TextConfig, Vocab};

/// Hash of settings, vocabulary and sources: if it differs, the ids mean something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint(blake3::Hash);

/// A file or folder that texts were read from, by its content: when it was changed does not
/// matter, nor which folder it is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its name, which may tell its format.
    pub name: String,
    /// Length of all files together, in bytes.
    pub bytes: u64,
    /// blake3 of the content; of a folder, of the names and contents of all files below it.
    pub hash: blake3::Hash,
}

impl Source {
    /// Reads a file, or all files of a folder.
    ///
    /// # Errors
    ///
    /// If one cannot be read.
    pub fn of(path: &Path) -> io::Result<Self> {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let mut hasher = blake3::Hasher::new();
        if !path.is_dir() {
            hasher.update_reader(File::open(path)?)?;
            return Ok(Self { name, bytes: hasher.count(), hash: hasher.finalize() });
        }
        let mut entries: Vec<PathBuf> =
            fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
        entries.sort();
        let mut bytes = 0;
        for entry in entries {
            let part = Self::of(&entry)?;
            hasher.update(&(part.name.len() as u64).to_le_bytes()).update(part.name.as_bytes());
            hasher.update(part.hash.as_bytes());
            bytes += part.bytes;
        }
        Ok(Self { name, bytes, hash: hasher.finalize() })
    }
}

impl Fingerprint {
    /// Of all that decides the ids in a token file, and their order.
    pub fn new(config: &TextConfig, vocab: &Vocab, sources: &[Source]) -> Self {
        let mut hasher = blake3::Hasher::new();
        // Lengths go first, so that no two lists of parts run together to the same bytes.
        let mut add = |part: &[u8]| {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        };
        add(hashing::of_json(config).as_bytes());
        add(&(vocab.len() as u64).to_le_bytes());
        vocab.tokens().iter().for_each(|token| add(token.as_bytes()));
        for Source { name, bytes, hash } in sources {
            add(name.as_bytes());
            add(&bytes.to_le_bytes());
            add(hash.as_bytes());
        }
        Self(hasher.finalize())
    }

    /// The same with something else that decides: which columns are read, which documents are
    /// held out.
    #[must_use]
    pub fn with(&self, other: &str) -> Self {
        let mut hasher = blake3::Hasher::new();
        Self(hasher.update(self.0.as_bytes()).update(other.as_bytes()).finalize())
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }
}
