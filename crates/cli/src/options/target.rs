//! Where a model, or the files of one, go.

use super::{folder_name, overwrite_of};
use std::path::PathBuf;
use ulmfit::checkpoint::{CheckpointError, FolderWriter};

/// Where the result goes.
#[derive(Debug, clap::Args)]
pub(crate) struct Target {
    /// Output folder
    #[arg(short, long, value_name = "DIR", value_parser = folder_name())]
    pub(crate) output: PathBuf,
    /// Replace an existing output folder
    #[arg(long)]
    overwrite: bool,
}

impl Target {
    /// Starts the folder, which appears complete or not at all.
    pub(crate) fn create(&self) -> Result<FolderWriter, CheckpointError> {
        FolderWriter::create(&self.output, overwrite_of(self.overwrite))
    }
}
