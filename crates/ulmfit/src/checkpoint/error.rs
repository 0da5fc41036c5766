//! What can go wrong with models and runs on disk.

use crate::ErrorClass;
use crate::printable::printable;
use crate::setting::{Setting, Spelling};
use std::io;
use std::path::PathBuf;

use super::difference::{ConfigDifference, list};
use super::fastai::FastaiError;
use super::hugging_face::HuggingFaceFault;
use super::tensors::TensorsError;

/// Why a model or a run could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// A file or folder does not exist.
    #[error("{} does not exist", .path.display())]
    Missing {
        /// What was looked for.
        path: PathBuf,
    },
    /// There is no model folder of this name.
    #[error("{} does not exist", .path.display())]
    NoModel {
        /// What was looked for.
        path: PathBuf,
    },
    /// A file was given where a model folder belongs.
    #[error("{} is a file, but a model folder is needed here", .path.display())]
    NotAFolder {
        /// The file.
        path: PathBuf,
    },
    /// The system refused.
    #[error("cannot {action} {}", .path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A link, pipe, device or folder where a regular file is needed.
    #[error("{} is not a regular file", .path.display())]
    NotAFile {
        /// The offender.
        path: PathBuf,
    },
    /// A path that cannot name a new folder, such as `/` or `..`.
    #[error("{} cannot be the name of a new folder", .path.display())]
    NotAName {
        /// The offender.
        path: PathBuf,
    },
    /// The output exists and was not to be replaced.
    #[error("{} exists already", .path.display())]
    Exists {
        /// The output.
        path: PathBuf,
    },
    /// The output exists and is not a model folder: it is never replaced.
    #[error("{} exists already and is not a model folder", .path.display())]
    Foreign {
        /// The output.
        path: PathBuf,
    },
    /// A folder without a manifest.
    #[error("{} is not a complete model: it has no manifest.json", .path.display())]
    Incomplete {
        /// The folder.
        path: PathBuf,
    },
    /// The manifest itself cannot be trusted.
    #[error("{}: {fault}", .path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong with it.
        fault: ManifestFault,
    },
    /// A file is missing, or its size or hash is not the one in the manifest.
    #[error("{} is missing or damaged: it is not the file that manifest.json lists", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// A file is not part of the folder.
    #[error("{} has no {name}", .folder.display())]
    NotInFolder {
        /// The folder.
        folder: PathBuf,
        /// The file asked for.
        name: String,
    },
    /// Another process works on this run.
    #[error("{} is in use{}", .path.display(), owner(*.pid))]
    Locked {
        /// The run.
        path: PathBuf,
        /// Who holds it, if it said so.
        pid: Option<u32>,
    },
    /// The run was started with another configuration.
    #[error("{} was started with different settings: {}", .path.display(), list(.differences))]
    ConfigDiffers {
        /// The run.
        path: PathBuf,
        /// Every setting that is not the same.
        differences: Vec<ConfigDifference>,
    },
    /// A JSON file of the run does not parse.
    #[error("{} is not valid", .path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: serde_json::Error,
    },
    /// Lines that a checkpoint relies on are missing.
    #[error("{} has {found} bytes; when the checkpoint was made it had {wanted}", .path.display())]
    MetricsTooShort {
        /// `metrics.jsonl`.
        path: PathBuf,
        /// Its length.
        found: u64,
        /// The length when the checkpoint was made.
        wanted: u64,
    },
    /// The metrics of a training are not JSON lines.
    #[error("{} is damaged", .path.display())]
    Metrics {
        /// `metrics.jsonl`.
        path: PathBuf,
        /// What is wrong.
        source: io::Error,
    },
    /// A damaged file of a run.
    #[error("{} is damaged: {what}", .path.display())]
    RunDamaged {
        /// The run.
        path: PathBuf,
        /// What is wrong, and with which file.
        what: &'static str,
    },
    /// The run was started by a version of this program that identifies inputs differently.
    #[error("{} was started by another version of ulmfit and cannot be continued by this one", .path.display())]
    RunVersion {
        /// The run.
        path: PathBuf,
    },
    /// The folder of a run was removed while in use.
    #[error("{} was removed or renamed during the run", .path.display())]
    RunRemoved {
        /// The run.
        path: PathBuf,
    },
    /// No checkpoint of a run is intact.
    #[error("all {count} checkpoints of {} are damaged", .path.display())]
    NoValidCheckpoint {
        /// The run.
        path: PathBuf,
        /// How many there are.
        count: usize,
        /// What is wrong with the newest.
        source: Box<CheckpointError>,
    },
    /// A tensor file is not what the model needs.
    #[error(transparent)]
    Tensors(#[from] TensorsError),
    /// A model that fastai's files cannot represent, or the other way round.
    #[error(transparent)]
    Fastai(#[from] FastaiError),
    /// A file of fastai cannot be imported.
    #[error("{}: {fault}", .path.display())]
    FastaiFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: FastaiError,
    },
    /// An encoder of Hugging Face's libraries cannot be imported.
    #[error("{}: {fault}", .path.display())]
    HuggingFace {
        /// The folder, or a file in it.
        path: PathBuf,
        /// What is wrong with it.
        fault: HuggingFaceFault,
    },
}

impl CheckpointError {
    /// What kind of failure it is.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Missing { .. } | Self::NoModel { .. } => ErrorClass::MissingInput,
            Self::Io { .. } | Self::RunRemoved { .. } => ErrorClass::Io,
            Self::Locked { .. } => ErrorClass::Locked,
            Self::NotAName { .. }
            | Self::Exists { .. }
            | Self::Foreign { .. }
            | Self::NotAFolder { .. }
            | Self::ConfigDiffers { .. }
            | Self::RunVersion { .. } => ErrorClass::Usage,
            Self::HuggingFace { fault, .. } => fault.class(),
            _ => ErrorClass::Data,
        }
    }

    /// What to try next, in one line.
    pub fn hint(&self) -> Option<String> {
        self.hint_in(Spelling::default())
    }

    /// The same with settings as a front end writes them.
    pub fn hint_in(&self, spelling: Spelling) -> Option<String> {
        let restart = || spelling.name(Setting::Restart);
        match self {
            Self::Exists { .. } => Some(format!(
                "choose another folder, or pass {}",
                spelling.name(Setting::Overwrite)
            )),
            Self::ConfigDiffers { .. } => Some(format!(
                "run it with the same settings as before to continue, or pass {} to start over",
                restart()
            )),
            Self::Json { .. }
            | Self::RunDamaged { .. }
            | Self::Metrics { .. }
            | Self::MetricsTooShort { .. }
            | Self::NoValidCheckpoint { .. } => {
                Some(format!("restore the folder from a copy, or start over with {}", restart()))
            }
            Self::RunVersion { .. } => {
                Some(format!("finish it with that version, or start over with {}", restart()))
            }
            other => other.plain_hint().map(str::to_owned),
        }
    }

    /// Hints that name no setting.
    fn plain_hint(&self) -> Option<&'static str> {
        match self {
            Self::Foreign { .. } => Some("choose another folder; only models are ever replaced"),
            Self::Incomplete { .. } => Some("give a folder that training has written"),
            Self::Manifest { fault: ManifestFault::Schema { .. }, .. } => {
                Some("it was written by a newer ulmfit; update this one")
            }
            Self::Manifest { .. } | Self::Damaged { .. } => {
                Some("copy the folder again from its source, or train again")
            }
            Self::NotInFolder { .. } => {
                Some("is it a model of another stage? `inspect` shows what it is")
            }
            Self::NotAFile { .. } => Some("copy the file itself; links are not followed"),
            Self::Locked { .. } => Some("wait for the other process, or use another run folder"),
            Self::Io { source, .. } if source.kind() == io::ErrorKind::FileTooLarge => {
                Some("files may not be larger here: see `ulimit -f`")
            }
            Self::Io { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                Some("make room on the disk; finished checkpoints are intact")
            }
            Self::RunRemoved { .. } => Some(
                "put it back and run the same command again to continue, or run it without the folder \
                 to start over",
            ),
            Self::Tensors(error) => error.hint(),
            Self::Fastai(fault) | Self::FastaiFile { fault, .. } => fault.hint(),
            Self::HuggingFace { fault, .. } => fault.hint(),
            Self::Missing { .. } => Some("check the path"),
            Self::NoModel { .. } => {
                Some("check the path; a model is a folder that training or an import has written")
            }
            Self::NotAFolder { .. } => {
                Some("a model is a folder that training has written; are two arguments swapped?")
            }
            _ => None,
        }
    }
}

/// Why a manifest cannot be trusted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestFault {
    /// Not JSON, or not of this form.
    #[error("damaged manifest: {0}")]
    Json(#[from] serde_json::Error),
    /// A version that this program does not know.
    #[error("the manifest has version {found}; this program reads version {known}")]
    Schema {
        /// In the file.
        found: u32,
        /// In this program.
        known: u32,
    },
    /// A name that could lead out of the folder.
    #[error("the manifest lists `{}`, which is not a plain file name", printable(.name))]
    FileName {
        /// The name.
        name: String,
    },
    /// Not byte for byte what this program writes.
    #[error("the manifest was changed after it was written")]
    Spelling,
    /// Far too large.
    #[error("the manifest has {bytes} bytes; the limit is {limit}")]
    Size {
        /// In the file.
        bytes: u64,
        /// Allowed.
        limit: u64,
    },
}

fn owner(pid: Option<u32>) -> String {
    pid.map_or_else(String::new, |pid| format!(" by process {pid}"))
}
