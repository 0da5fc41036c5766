//! Writes that survive a power cut.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use super::CheckpointError;
use super::crash_point::crash_point;

/// Names an I/O error after what was tried on which file.
pub(super) fn io_error<'a>(
    action: &'static str,
    path: &'a Path,
) -> impl FnOnce(io::Error) -> CheckpointError + 'a {
    move |source| match source.kind() {
        io::ErrorKind::NotFound => CheckpointError::Missing { path: path.to_owned() },
        _ => CheckpointError::Io { action, path: path.to_owned(), source },
    }
}

/// A file that did not exist before; its hash is taken on the way.
pub(super) struct NewFile<'a> {
    path: &'a Path,
    file: File,
    hasher: blake3::Hasher,
}

impl<'a> NewFile<'a> {
    pub(super) fn create(path: &'a Path) -> Result<Self, CheckpointError> {
        let file = File::create_new(path).map_err(io_error("create", path))?;
        Ok(Self { path, file, hasher: blake3::Hasher::new() })
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), CheckpointError> {
        self.hasher.update(bytes);
        self.file.write_all(bytes).map_err(io_error("write", self.path))?;
        crash_point("file.half_written");
        Ok(())
    }

    /// Returns when the bytes are on the disk: their number and their hash.
    pub(super) fn finish(self) -> Result<(u64, blake3::Hash), CheckpointError> {
        crash_point("file.before_sync");
        self.file.sync_all().map_err(io_error("write", self.path))?;
        Ok((self.hasher.count(), self.hasher.finalize()))
    }
}

/// Creates `path`, which must not exist, and returns when its bytes are on the disk.
pub(super) fn write_new(path: &Path, bytes: &[u8]) -> Result<(), CheckpointError> {
    let mut file = NewFile::create(path)?;
    let (first, second) = bytes.split_at(bytes.len() / 2);
    file.write(first)?;
    file.write(second)?;
    file.finish().map(|_| ())
}

/// Creates or replaces a small file: the old one stays until the new one is durable.
///
/// # Errors
/// [`CheckpointError::Io`] when the file cannot be written.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), CheckpointError> {
    let (Some(name), Some(folder)) = (path.file_name(), path.parent()) else {
        return Err(CheckpointError::NotAName { path: path.to_owned() });
    };
    let unfinished = folder.join(format!(".{}.new", name.to_string_lossy()));
    if unfinished.exists() {
        fs::remove_file(&unfinished).map_err(io_error("remove", &unfinished))?;
    }
    write_new(&unfinished, bytes)?;
    crash_point("replace.before_rename");
    rename(&unfinished, path)?;
    sync_folder(folder)
}

/// Makes the entries of a folder durable: names, not contents.
pub(super) fn sync_folder(path: &Path) -> Result<(), CheckpointError> {
    // Windows opens no folders as files and orders metadata by itself.
    if cfg!(unix) {
        File::open(path).and_then(|folder| folder.sync_all()).map_err(io_error("sync", path))?;
    }
    Ok(())
}

/// Moves a file or folder; the caller syncs the parent.
pub(super) fn rename(from: &Path, to: &Path) -> Result<(), CheckpointError> {
    fs::rename(from, to).map_err(io_error("rename to", to))
}

/// blake3 of a file's content, in hexadecimal.
///
/// # Errors
/// [`CheckpointError::Missing`], [`CheckpointError::NotAFile`] or [`CheckpointError::Io`].
pub fn hash_file(path: &Path) -> Result<String, CheckpointError> {
    require_file(path)?;
    let mut hasher = blake3::Hasher::new();
    File::open(path)
        .and_then(|file| hasher.update_reader(file).map(|_| ()))
        .map_err(io_error("read", path))?;
    Ok(hasher.finalize().to_hex().to_string())
}

/// Size of a regular file; links, pipes and devices are refused before they are opened, because
/// opening a pipe can block forever.
pub(super) fn require_file(path: &Path) -> Result<u64, CheckpointError> {
    let metadata = fs::symlink_metadata(path).map_err(io_error("read", path))?;
    if metadata.is_file() {
        Ok(metadata.len())
    } else {
        Err(CheckpointError::NotAFile { path: path.to_owned() })
    }
}
