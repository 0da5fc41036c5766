//! A complete folder, opened for reading.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::durable::{io_error, require_file};
use super::manifest::{Entry, MANIFEST, Manifest};
use super::{CheckpointError, Tensors, read_tensors};

/// A folder whose files were all compared with its manifest.
#[derive(Debug)]
pub struct ModelFolder {
    path: PathBuf,
    manifest: Manifest,
    place: Place,
    /// What the names of its files begin with where they lie.
    prefix: String,
}

/// Where the files lie.
#[derive(Clone, Copy, Debug)]
enum Place {
    Disk,
    /// Name and content of each, the manifest's too.
    Program(&'static [(&'static str, &'static [u8])]),
}

impl ModelFolder {
    /// Opens a folder and checks size and hash of every file in its manifest.
    ///
    /// Other files may be in the folder, but cannot be read through this type.
    ///
    /// # Errors
    /// [`CheckpointError::NoModel`], [`CheckpointError::NotAFolder`], [`CheckpointError::Incomplete`],
    /// [`CheckpointError::Manifest`], [`CheckpointError::Damaged`], [`CheckpointError::NotAFile`]
    /// or [`CheckpointError::Io`].
    pub fn open(path: &Path) -> Result<Self, CheckpointError> {
        let folder = Self::open_unverified(path)?;
        folder.manifest.verify(path)?;
        Ok(folder)
    }

    /// Reads the manifest only; [`read`](Self::read) still checks what it reads.
    pub(super) fn open_unverified(path: &Path) -> Result<Self, CheckpointError> {
        match std::fs::metadata(path) {
            Ok(found) if found.is_dir() => {}
            Ok(_) => return Err(CheckpointError::NotAFolder { path: path.to_owned() }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(CheckpointError::NoModel { path: path.to_owned() });
            }
            Err(error) => return Err(io_error("open", path)(error)),
        }
        Ok(Self {
            path: path.to_owned(),
            manifest: Manifest::read(path).map(|mut manifest| {
                manifest.forget_removed(path);
                manifest
            })?,
            place: Place::Disk,
            prefix: String::new(),
        })
    }

    /// A folder that is part of the program: name and content of each of its files.
    ///
    /// `name` is what messages call it. Files are checked when they are read.
    ///
    /// # Errors
    /// [`CheckpointError::Incomplete`] without a manifest, [`CheckpointError::Manifest`] with a
    /// damaged one.
    pub fn embedded(
        name: &str,
        files: &'static [(&'static str, &'static [u8])],
    ) -> Result<Self, CheckpointError> {
        let path = PathBuf::from(name);
        let Some((_, bytes)) = files.iter().find(|(name, _)| *name == MANIFEST) else {
            return Err(CheckpointError::Incomplete { path });
        };
        match Manifest::parse(bytes) {
            Ok(manifest) => {
                let place = Place::Program(files);
                Ok(Self { path, manifest, place, prefix: String::new() })
            }
            Err(fault) => Err(CheckpointError::Manifest { path: path.join(MANIFEST), fault }),
        }
    }

    /// The files of a part of a model: those whose names begin with the part's name and a dot,
    /// without that.
    #[must_use]
    pub fn part(&self, name: &str) -> Self {
        let prefix = format!("{name}.");
        let own = |(file, entry): (&String, &Entry)| {
            Some((file.strip_prefix(&prefix)?.to_owned(), entry.clone()))
        };
        let files = self.manifest.files.iter().filter_map(own).collect();
        Self {
            path: self.path.clone(),
            manifest: Manifest::new(files),
            place: self.place,
            prefix: format!("{}{prefix}", self.prefix),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where a file of it is, or would be.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(format!("{}{name}", self.prefix))
    }

    /// Whether the manifest names this file.
    pub fn has(&self, name: &str) -> bool {
        self.manifest.files.contains_key(name)
    }

    /// Names and sizes in bytes, sorted by name.
    pub fn files(&self) -> impl Iterator<Item = (&str, u64)> {
        self.manifest.files.iter().map(|(name, entry)| (name.as_str(), entry.bytes))
    }

    /// blake3 over the manifest: equal for equal models, wherever the folder is.
    ///
    /// The model card, the report, `run.json`, `calibration.json` and `training-texts.bin` do not
    /// count: they differ with the number of threads, the time that a training took, and the rows
    /// that it was scored on, or say what is in the weights already.
    pub fn hash(&self) -> String {
        self.manifest.hash()
    }

    /// Reads one file, and checks again that these are the bytes of the manifest.
    ///
    /// # Errors
    /// [`CheckpointError::NotInFolder`] and those of [`open`](Self::open).
    pub fn read(&self, name: &str) -> Result<Vec<u8>, CheckpointError> {
        let Some(entry) = self.manifest.files.get(name) else {
            let folder = self.path.clone();
            return Err(CheckpointError::NotInFolder { folder, name: name.to_owned() });
        };
        let path = self.file(name);
        let damaged = || CheckpointError::Damaged { path: path.clone() };
        if let Place::Program(files) = self.place {
            let own = |file: &str| file.strip_prefix(&self.prefix) == Some(name);
            let content = files.iter().find(|(file, _)| own(file)).map(|(_, bytes)| *bytes);
            let sound = content.filter(|bytes| Entry::of(bytes) == *entry);
            return sound.map(<[u8]>::to_vec).ok_or_else(damaged);
        }
        if require_file(&path)? != entry.bytes {
            return Err(damaged());
        }
        // The size is the one on the disk, so a lying manifest cannot ask for memory.
        let mut bytes = Vec::with_capacity(usize::try_from(entry.bytes).map_err(|_| damaged())?);
        File::open(&path)
            .and_then(|file| file.take(entry.bytes).read_to_end(&mut bytes))
            .map_err(io_error("read", &path))?;
        if Entry::of(&bytes) == *entry { Ok(bytes) } else { Err(damaged()) }
    }

    /// Reads a tensor file that must hold exactly the `expected` names and shapes.
    ///
    /// # Errors
    /// Those of [`read`](Self::read) and of [`read_tensors`].
    pub fn read_tensors(
        &self,
        name: &str,
        expected: &BTreeMap<String, Vec<usize>>,
    ) -> Result<Tensors, CheckpointError> {
        read_tensors(&self.read(name)?, expected)
    }
}
