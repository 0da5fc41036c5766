//! Errors of starting and stopping a server.

use std::path::PathBuf;
use ulmfit::ErrorClass;

/// Why a server could not start, or did not stop cleanly.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// A model cannot be loaded.
    #[error(transparent)]
    Model(#[from] ulmfit::Error),
    /// Two models have the same name.
    #[error("two models are named `{name}`")]
    SameName {
        /// The name.
        name: String,
    },
    /// A name that cannot be part of a URL.
    #[error("`{name}` cannot be the name of a model: use letters, digits, `-`, `_` and `.` only")]
    BadName {
        /// The name.
        name: String,
    },
    /// An address that other machines can reach, without a token.
    #[error("{address} can be reached from other machines, but no token is required")]
    Exposed {
        /// The address.
        address: String,
    },
    /// A workbench for other machines.
    #[error("{address} can be reached from other machines, but the workbench is for this one")]
    NotLocal {
        /// The address.
        address: String,
    },
    /// The address cannot be used.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: String,
        /// The system's error.
        #[source]
        source: std::io::Error,
    },
    /// A token file that cannot be read.
    #[error("cannot read {}", path.display())]
    TokenFile {
        /// The file.
        path: PathBuf,
        /// The system's error.
        #[source]
        source: std::io::Error,
    },
    /// A token file that cannot be used.
    #[error("{}: {message}", path.display())]
    Tokens {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// A file of the workbench that cannot be read or written.
    #[error("cannot use {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's error.
        #[source]
        source: std::io::Error,
    },
    /// Two workbenches for one folder.
    #[error("another workbench uses {}", folder.display())]
    InUse {
        /// The folder.
        folder: PathBuf,
    },
    /// A workbench cannot open another file while a training of the one before is to go on.
    #[error("training {training} in {} is not finished", folder.display())]
    Training {
        /// The workbench's folder.
        folder: PathBuf,
        /// The training.
        training: usize,
    },
    /// A file of labels that was changed.
    #[error("{}:{line}: this line is not an entry of the label log", path.display())]
    DamagedLabels {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// A file of the workbench that was changed.
    #[error("{}: {message}", path.display())]
    DamagedState {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// Another error of the system.
    #[error("{what}")]
    Io {
        /// What failed.
        what: &'static str,
        /// The system's error.
        #[source]
        source: std::io::Error,
    },
    /// Requests were abandoned when the server stopped.
    #[error("the server stopped before it had answered all requests (unanswered: {requests})")]
    NotDrained {
        /// How many.
        requests: usize,
    },
}

impl ServeError {
    /// What kind of failure this is.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Model(error) => error.class(),
            Self::SameName { .. }
            | Self::BadName { .. }
            | Self::Exposed { .. }
            | Self::NotLocal { .. } => ErrorClass::Usage,
            Self::TokenFile { source, .. } | Self::File { source, .. }
                if source.kind() == std::io::ErrorKind::NotFound =>
            {
                ErrorClass::MissingInput
            }
            Self::Tokens { .. } | Self::DamagedLabels { .. } | Self::DamagedState { .. } => {
                ErrorClass::Data
            }
            Self::InUse { .. } | Self::Training { .. } => ErrorClass::Locked,
            Self::Listen { .. } | Self::TokenFile { .. } | Self::File { .. } | Self::Io { .. } => {
                ErrorClass::Io
            }
            Self::NotDrained { .. } => ErrorClass::Failed,
        }
    }
}
