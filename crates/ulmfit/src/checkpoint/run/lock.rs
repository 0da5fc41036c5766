//! One process at a time.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use crate::checkpoint::CheckpointError;
use crate::checkpoint::durable::io_error;

/// Held until dropped; the system releases it when the process dies, however it dies.
#[derive(Debug)]
pub struct RunLock {
    _file: File,
}

impl RunLock {
    /// Takes `run.lock` in `folder` and writes this process's id into it.
    ///
    /// # Errors
    /// [`CheckpointError::Locked`] when another process has it, [`CheckpointError::RunDamaged`] for
    /// a folder in its place, [`CheckpointError::Missing`] without the folder, [`CheckpointError::Io`] when it cannot be
    /// written.
    pub fn take(folder: &Path) -> Result<Self, CheckpointError> {
        let (path, mut file) = locked(folder, File::try_lock)?;
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", std::process::id()))
            .map_err(io_error("write", &path))?;
        Ok(Self { _file: file })
    }

    /// The same lock for several processes that work in the folder together: they have it, or one has
    /// it alone.
    ///
    /// # Errors
    /// As [`take`](Self::take).
    pub fn share(folder: &Path) -> Result<Self, CheckpointError> {
        let (path, file) = locked(folder, File::try_lock_shared)?;
        // no process is the owner
        file.set_len(0).map_err(io_error("write", &path))?;
        Ok(Self { _file: file })
    }
}

/// The open lock file of a folder, locked.
fn locked(
    folder: &Path,
    lock: impl FnOnce(&File) -> Result<(), TryLockError>,
) -> Result<(PathBuf, File), CheckpointError> {
    let path = folder.join("run.lock");
    if path.is_dir() {
        let what = "`run.lock` is a folder";
        return Err(CheckpointError::RunDamaged { path: folder.to_owned(), what });
    }
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false) // not before the lock is ours
        .open(&path)
        .map_err(io_error("open", &path))?;
    match lock(&file) {
        Ok(()) => Ok((path, file)),
        Err(TryLockError::WouldBlock) => {
            let pid = read_pid(&mut file);
            Err(CheckpointError::Locked { path: folder.to_owned(), pid })
        }
        Err(TryLockError::Error(error)) => Err(io_error("lock", &path)(error)),
    }
}

fn read_pid(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.take(16).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}
