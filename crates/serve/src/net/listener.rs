//! Listening sockets.

use crate::{Listen, ServeError};
use std::io;
use std::path::{Path, PathBuf};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};

/// A listening socket.
pub(crate) enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener, SocketFile),
}

/// A client's connection.
pub(crate) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// The file of a Unix socket, removed when the server stops.
pub(crate) struct SocketFile(PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        _ = std::fs::remove_file(&self.0);
    }
}

impl Listener {
    /// Starts to listen.
    ///
    /// # Errors
    /// [`ServeError::Listen`] if the address cannot be used.
    pub(crate) async fn bind(listen: &Listen) -> Result<Self, ServeError> {
        match listen {
            Listen::Tcp(address) => {
                let bound = TcpListener::bind(address).await;
                let failed = |source| ServeError::Listen { address: address.clone(), source };
                Ok(Self::Tcp(bound.map_err(failed)?))
            }
            Listen::Unix(path) => {
                let bound = bind_unix(path).await;
                let address = format!("unix:{}", path.display());
                let listener = bound.map_err(|source| ServeError::Listen { address, source })?;
                Ok(Self::Unix(listener, SocketFile(path.clone())))
            }
        }
    }

    /// Whether only this machine can reach it.
    pub(crate) fn is_local(&self) -> bool {
        match self {
            Self::Tcp(listener) => {
                listener.local_addr().is_ok_and(|address| address.ip().is_loopback())
            }
            Self::Unix(..) => true,
        }
    }

    /// Its address as clients write it.
    pub(crate) fn address(&self) -> String {
        match self {
            Self::Tcp(listener) => listener
                .local_addr()
                .map_or_else(|_| "http://?".into(), |address| format!("http://{address}")),
            Self::Unix(_, file) => format!("unix:{}", file.0.display()),
        }
    }

    /// The next client.
    pub(crate) async fn accept(&self) -> io::Result<Stream> {
        match self {
            Self::Tcp(listener) => {
                let (stream, _) = listener.accept().await?;
                _ = stream.set_nodelay(true); // answers are small and sent in one piece
                Ok(Stream::Tcp(stream))
            }
            Self::Unix(listener, _) => Ok(Stream::Unix(listener.accept().await?.0)),
        }
    }
}

/// Removes the socket of a server that has gone, but not of one that still answers.
async fn bind_unix(path: &Path) -> io::Result<UnixListener> {
    use std::os::unix::fs::FileTypeExt;
    if path.as_os_str().is_empty() {
        // the system would choose a name that nobody knows
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path is empty"));
    }
    let is_socket =
        std::fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket());
    if is_socket && UnixStream::connect(path).await.is_err() {
        std::fs::remove_file(path)?;
    }
    UnixListener::bind(path)
}
