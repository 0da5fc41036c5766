//! Whose run a run folder is.

use crate::Error;
use crate::checkpoint::{CONFIG, CheckpointError, store_or_compare};
use serde_json::Value;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// The command that a run folder belongs to. The folder is marked when the first training begins: before that there is
/// nothing to lose.
#[derive(Default)]
pub(super) struct RunOwner {
    command: Option<Value>,
    /// Held while the mark is written: trainings side by side may begin at once.
    is_marked: Mutex<bool>,
}

impl RunOwner {
    pub(super) fn new(command: Value) -> Self {
        Self { command: Some(command), is_marked: Mutex::new(false) }
    }

    /// Refuses a folder with the mark of another command.
    pub(super) fn check(&self, folder: &Path) -> Result<(), Error> {
        match &self.command {
            Some(command) if folder.join(CONFIG).exists() => Ok(store_or_compare(folder, command)?),
            _ => Ok(()),
        }
    }

    /// Marks the folder.
    pub(super) fn write(&self, folder: &Path) -> Result<(), Error> {
        let Some(command) = &self.command else { return Ok(()) };
        let mut is_marked = self.is_marked.lock().unwrap_or_else(PoisonError::into_inner);
        if !*is_marked {
            std::fs::create_dir_all(folder).map_err(|source| CheckpointError::Io {
                action: "create",
                path: folder.to_owned(),
                source,
            })?;
            store_or_compare(folder, command)?;
            *is_marked = true;
        }
        Ok(())
    }
}
