//! What can go wrong.

use std::io;
use std::path::PathBuf;

/// Why there is no data set.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PullError {
    /// Nothing of that name is in the catalogue.
    #[error("no data set is called `{name}`")]
    Unknown {
        /// What was asked for.
        name: String,
    },
    /// The folder of the result is there already.
    #[error("{} exists already", path.display())]
    Exists {
        /// The folder.
        path: PathBuf,
    },
    /// Another process downloads the same.
    #[error("another process is at work in {}", path.display())]
    Locked {
        /// The folder of the unfinished download.
        path: PathBuf,
    },
    /// The folder that was given in place of the network lacks a file.
    #[error("{} does not exist", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The server or the way to it failed.
    #[error("cannot download {url}")]
    Network {
        /// What was asked for.
        url: String,
        /// What the client says.
        source: Box<ureq::Error>,
    },
    /// Size or hash of a file is not the published one.
    #[error("{} is not the published file: {found} instead of {expected}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is published: a size or a hash.
        expected: String,
        /// What was found.
        found: String,
    },
    /// What was downloaded does not hold the rows it should.
    #[error("{file}: {reason}")]
    Content {
        /// Downloaded file, or a member of it.
        file: String,
        /// What is wrong, with the number of the row.
        reason: String,
    },
    /// Reading or writing failed.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// With which file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl PullError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unknown { .. } => Some("`ulmfit data list` names them".to_owned()),
            Self::Exists { path } => Some(format!(
                "remove {} to download it again, or choose another `-o`",
                path.display()
            )),
            Self::Network { .. } => Some(
                "the same command continues the download; without a network: fetch the file by \
                 other means and give its folder with `--from FOLDER`"
                    .to_owned(),
            ),
            Self::Damaged { .. } | Self::Content { .. } => Some(
                "it may have been replaced at its source or damaged on the way; download it again"
                    .to_owned(),
            ),
            Self::Io { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                Some("make room on the disk; the same command continues".to_owned())
            }
            _ => None,
        }
    }

    pub(crate) fn io<'a>(
        action: &'static str,
        path: &'a std::path::Path,
    ) -> impl FnOnce(io::Error) -> Self + 'a {
        move |source| match source.kind() {
            io::ErrorKind::NotFound => Self::Missing { path: path.to_owned() },
            _ => Self::Io { action, path: path.to_owned(), source },
        }
    }
}
