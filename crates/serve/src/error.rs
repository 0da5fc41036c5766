//! Why a server cannot start, or did not end well.

use std::path::PathBuf;
use ulmfit::ErrorClass;

/// Why a server cannot start, or did not end well.
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
    /// A name that cannot be part of an address.
    #[error("`{name}` cannot be the name of a model: letters, digits, `-`, `_` and `.` can")]
    BadName {
        /// The name.
        name: String,
    },
    /// An address that others reach, without a token.
    #[error("{address} can be reached from other machines, and no token is required there")]
    Exposed {
        /// The address.
        address: String,
    },
    /// Nobody can listen there.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: String,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// A token file without tokens.
    #[error("{}: {message}", path.display())]
    Tokens {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// The system refused something else.
    #[error("{what}")]
    Io {
        /// What we wanted to do.
        what: &'static str,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// Requests were given up at the end.
    #[error("{requests} requests were not answered in time before the server stopped")]
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
            Self::SameName { .. } | Self::BadName { .. } | Self::Exposed { .. } => {
                ErrorClass::Usage
            }
            Self::Tokens { .. } => ErrorClass::Data,
            Self::Listen { .. } | Self::Io { .. } => ErrorClass::Io,
            Self::NotDrained { .. } => ErrorClass::Failed,
        }
    }
}
