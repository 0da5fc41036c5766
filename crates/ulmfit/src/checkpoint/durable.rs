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

/// Creates `path`, which must not exist, and returns when its bytes are on the disk.
pub(super) fn write_new(path: &Path, bytes: &[u8]) -> Result<(), CheckpointError> {
    let write = || -> io::Result<()> {
        let mut file = File::create_new(path)?;
        let (first, second) = bytes.split_at(bytes.len() / 2);
        file.write_all(first)?;
        crash_point("file.half_written");
        file.write_all(second)?;
        crash_point("file.before_sync");
        file.sync_all()
    };
    write().map_err(io_error("write", path))
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
/// opening a pipe can block for ever.
pub(super) fn require_file(path: &Path) -> Result<u64, CheckpointError> {
    let metadata = fs::symlink_metadata(path).map_err(io_error("read", path))?;
    if metadata.is_file() {
        Ok(metadata.len())
    } else {
        Err(CheckpointError::NotAFile { path: path.to_owned() })
    }
}
