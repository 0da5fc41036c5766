//! The result folder of a command, and the removal of its run folder.

use crate::Error;
use crate::checkpoint::{CheckpointError, FolderWriter, ModelFolder, Overwrite, RunLock};
use std::path::{Path, PathBuf};

/// Folder of a command whose result will be `output`.
pub fn run_folder(output: &Path) -> PathBuf {
    let mut name = output.file_name().unwrap_or_default().to_owned();
    name.push(".run");
    output.with_file_name(name)
}

/// In the run folder, hash of the result: written just before the result appears.
const RECEIPT: &str = "finished";

/// Claims the result folder of a command, which is written at the end; a receipt stays in the run
/// folder.
///
/// # Errors
/// [`Error::Finished`] when the run with this result was killed before it could remove its run folder,
/// which is removed now; those of [`FolderWriter::create`].
pub fn claim(output: &Path, overwrite: Overwrite) -> Result<FolderWriter, Error> {
    let run = run_folder(output);
    let receipt = run.join(RECEIPT);
    let hash = std::fs::read_to_string(&receipt).ok();
    if hash.is_some_and(|hash| ModelFolder::open(output).is_ok_and(|model| model.hash() == hash)) {
        remove_run(&run)?;
        if overwrite == Overwrite::Refuse {
            return Err(Error::Finished { path: output.to_owned() });
        }
    }
    Ok(FolderWriter::create(output, overwrite)?.with_receipt(receipt))
}

/// Removes a run folder, the receipt last: as long as anything is there, [`claim`] finds it.
pub(crate) fn remove_run(folder: &Path) -> Result<(), Error> {
    if !folder.exists() {
        return Ok(());
    }
    let tasks =
        || std::fs::read_dir(folder).into_iter().flatten().flatten().map(|task| task.path());
    // a folder in place of the lock is damage, not another process
    let held = |task: &PathBuf| task.is_dir() && !task.join("run.lock").is_dir();
    for task in tasks().filter(held) {
        drop(RunLock::take(&task)?); // fails while somebody works there
    }
    let remove = || {
        tasks().filter(|task| task.is_dir()).try_for_each(std::fs::remove_dir_all)?;
        std::fs::remove_dir_all(folder)
    };
    remove().map_err(|source| {
        let path = folder.to_owned();
        CheckpointError::Io { action: "remove", path, source }.into()
    })
}
