//! One process at a time.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

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
    /// a folder in its place, [`CheckpointError::Io`] when it cannot be written.
    pub fn take(folder: &Path) -> Result<Self, CheckpointError> {
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
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let pid = read_pid(&mut file);
                return Err(CheckpointError::Locked { path: folder.to_owned(), pid });
            }
            Err(TryLockError::Error(error)) => return Err(io_error("lock", &path)(error)),
        }
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", std::process::id()))
            .map_err(io_error("write", &path))?;
        Ok(Self { _file: file })
    }
}

fn read_pid(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.take(16).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}
