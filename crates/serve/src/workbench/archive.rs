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
/// Where that fails, the body ends with an error, so that the client does not take a part of the archive
/// for all of it.
///
/// # Errors
/// The system's, and [`io::ErrorKind::BrokenPipe`] when the client has gone.
pub(super) fn send(
    folder: &Path,
    name: &str,
    to: Sender<Bytes, io::Error>,
    on: Handle,
) -> io::Result<()> {
    send_all(to, on, |archive| append(archive, folder, name))
}

fn send_all(
    to: Sender<Bytes, io::Error>,
    on: Handle,
    append: impl FnOnce(&mut tar::Builder<Pieces>) -> io::Result<()>,
) -> io::Result<()> {
    let pieces = Pieces { held: Vec::with_capacity(PIECE), to: Some(to), on };
    let mut archive = tar::Builder::new(pieces);
    archive.mode(tar::HeaderMode::Deterministic); // no user names of this machine
    let written = append(&mut archive);
    let written = written.and_then(|()| archive.finish()).and_then(|()| archive.get_mut().flush());
    if let Err(error) = &written {
        archive.get_mut().abort(error);
    }
    written
}

fn append(archive: &mut tar::Builder<Pieces>, folder: &Path, name: &str) -> io::Result<()> {
    let mut files: Vec<_> = std::fs::read_dir(folder)?.collect::<Result<_, _>>()?;
    files.sort_by_key(std::fs::DirEntry::file_name);
    for file in &files {
        if file.file_type()?.is_file() {
            archive.append_path_with_name(file.path(), Path::new(name).join(file.file_name()))?;
        }
    }
    Ok(())
}

/// Collects bytes and sends them.
struct Pieces {
    held: Vec<u8>,
    /// `None` after it was aborted: an archive writes its end when it is dropped.
    to: Option<Sender<Bytes, io::Error>>,
    on: Handle,
}

impl Pieces {
    fn abort(&mut self, why: &io::Error) {
        if let Some(to) = self.to.take() {
            to.abort(io::Error::new(why.kind(), why.to_string()));
        }
    }
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
        let to = self.to.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        if piece.is_empty() {
            return Ok(());
        }
        let sent = self.on.block_on(to.send_data(piece));
        sent.map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;
    use http_body_util::channel::Channel;
    use tokio::runtime::Runtime;

    /// What a client gets of a folder whose disk breaks after its files, or does not.
    fn got(folder: &Path, breaks: bool) -> io::Result<Bytes> {
        let runtime = Runtime::new().unwrap();
        let (sender, body) = Channel::new(4);
        let (on, folder) = (runtime.handle().clone(), folder.to_owned());
        let sending = runtime.spawn_blocking(move || {
            send_all(sender, on, |archive| {
                append(archive, &folder, "model-1")?;
                if breaks { Err(io::Error::other("the disk broke")) } else { Ok(()) }
            })
        });
        let body = runtime.block_on(body.collect());
        assert_eq!(runtime.block_on(sending).unwrap().is_ok(), body.is_ok());
        body.map(http_body_util::Collected::to_bytes)
    }

    #[test]
    fn an_archive_is_whole_or_ends_with_an_error() {
        let place = tempfile::tempdir().unwrap();
        for n in 0..4 {
            std::fs::write(place.path().join(format!("part-{n}")), vec![n; 50_000]).unwrap();
        }
        std::fs::create_dir(place.path().join("folder")).unwrap();
        let whole = got(place.path(), false).unwrap();
        let mut archive = tar::Archive::new(&whole[..]);
        let files: Vec<_> = archive.entries().unwrap().collect::<Result<_, _>>().unwrap();
        assert_eq!(files.len(), 4);
        assert_eq!(got(place.path(), true).unwrap_err().to_string(), "the disk broke");
        assert!(got(&place.path().join("none"), false).is_err());
    }
}
