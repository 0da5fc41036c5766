//! A model folder as a tar archive, written while it is read.

use bytes::Bytes;
use http_body_util::channel::Sender;
use std::io::{self, Write};
use std::path::Path;
use tokio::runtime::Handle;

/// Bytes sent at a time.
const PIECE: usize = 64 << 10;

/// Writes the files of a folder as an archive with that folder in it. To be called on a thread that may
/// wait.
///
/// # Errors
/// The system's, and [`io::ErrorKind::BrokenPipe`] when the client has gone.
pub(super) fn send(folder: &Path, name: &str, to: Sender<Bytes>, on: Handle) -> io::Result<()> {
    let mut files: Vec<_> = std::fs::read_dir(folder)?.collect::<Result<_, _>>()?;
    files.sort_by_key(std::fs::DirEntry::file_name);
    let mut archive = tar::Builder::new(Pieces { held: Vec::with_capacity(PIECE), to, on });
    archive.mode(tar::HeaderMode::Deterministic); // no user names of this machine
    for file in files.iter().filter(|file| file.file_type().is_ok_and(|kind| kind.is_file())) {
        archive.append_path_with_name(file.path(), Path::new(name).join(file.file_name()))?;
    }
    archive.into_inner()?.flush()
}

/// Collects bytes and sends them.
struct Pieces {
    held: Vec<u8>,
    to: Sender<Bytes>,
    on: Handle,
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.held.extend_from_slice(bytes);
        if self.held.len() >= PIECE {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let piece = Bytes::from(std::mem::take(&mut self.held));
        if piece.is_empty() {
            return Ok(());
        }
        let sent = self.on.block_on(self.to.send_data(piece));
        sent.map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}
