//! A folder that appears complete or not at all.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::crash_point::crash_point;
use super::durable::{NewFile, io_error, rename, replace, sync_folder, write_new};
use super::manifest::{Entry, MANIFEST, Manifest, check_name};
use super::tensors::encode;
use super::{CheckpointError, Dtype, Tensors};

/// Locked while its folder is being written, so that others can distinguish work from leftovers.
const BUSY: &str = ".writing";

/// What to do when the target exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overwrite {
    /// Only an empty folder may exist there.
    Refuse,
    /// A folder with a manifest, which is one of ours, is replaced.
    Replace,
}

/// Collects files in a hidden folder beside the target and moves it there when all are durable.
///
/// Dropped without [`finish`](Self::finish), or killed, it leaves the target as it was; what a
/// killed process left behind is removed by the next writer of the same target.
///
/// ```
/// use ulmfit::checkpoint::{FolderWriter, ModelFolder, Overwrite};
/// # let place = tempfile::tempdir()?;
/// let target = place.path().join("model");
/// let mut writer = FolderWriter::create(&target, Overwrite::Refuse)?;
/// writer.write("labels.json", br#"["ham","spam"]"#)?;
/// assert!(!target.exists());
/// writer.finish()?;
/// assert_eq!(ModelFolder::open(&target)?.read("labels.json")?, br#"["ham","spam"]"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct FolderWriter {
    target: PathBuf,
    parent: PathBuf,
    overwrite: Overwrite,
    receipt: Option<PathBuf>,
    /// Made with the first file, so that a training that is killed leaves nothing there.
    hidden: Option<Hidden>,
    files: BTreeMap<String, Entry>,
    /// Behind `hidden`: it must be gone first.
    _made: MadeFolders,
}

/// Folders that were made for a target, the innermost first. Those that are still empty in the end, for
/// nothing was written, are removed.
#[derive(Debug, Default)]
struct MadeFolders(Vec<PathBuf>);

impl MadeFolders {
    fn create(folder: &Path) -> Result<Self, CheckpointError> {
        let is_missing = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.exists();
        let missing = folder.ancestors().take_while(is_missing).map(Path::to_owned).collect();
        fs::create_dir_all(folder).map_err(io_error("create", folder))?;
        Ok(Self(missing))
    }
}

impl Drop for MadeFolders {
    fn drop(&mut self) {
        self.0.iter().for_each(|folder| _ = fs::remove_dir(folder)); // fails where there are files
    }
}

/// The folder before it has its name.
#[derive(Debug)]
struct Hidden {
    temp: TempDir,
    busy: File,
}

impl Hidden {
    fn create(target: &Path, parent: &Path) -> Result<Self, CheckpointError> {
        // Who takes the newborn folder for litter removes it (`remove_litter`); then make another.
        loop {
            let temp = tempfile::Builder::new()
                .prefix(&hidden_name(target, "new"))
                .tempdir_in(parent)
                .map_err(io_error("create a folder in", parent))?;
            let path = temp.path().join(BUSY);
            let busy = File::create_new(&path).and_then(|file| file.lock().map(|()| file));
            let taken = !path.exists();
            match busy {
                Err(error) if !(taken && error.kind() == io::ErrorKind::NotFound) => {
                    return Err(io_error("create", &path)(error));
                }
                Ok(busy) if !taken => {
                    crash_point("folder.created");
                    return Ok(Self { temp, busy });
                }
                _ => {}
            }
        }
    }
}

impl FolderWriter {
    /// Starts a folder that will appear at `target`; missing parents are created, and removed again if
    /// nothing is written.
    ///
    /// # Errors
    /// [`CheckpointError::Exists`] or [`CheckpointError::Foreign`] when the target may not be
    /// replaced, [`CheckpointError::NotAName`], [`CheckpointError::Io`] when nothing can be
    /// written there.
    pub fn create(target: &Path, overwrite: Overwrite) -> Result<Self, CheckpointError> {
        let parent = parent_of(target)?;
        let made = MadeFolders::create(&parent)?;
        Ok(Self { _made: made, ..Self::create_in_existing(target, overwrite)? })
    }

    /// As [`create`](Self::create), where a missing parent is an error: somebody removed it while
    /// it was in use.
    pub(super) fn create_in_existing(
        target: &Path,
        overwrite: Overwrite,
    ) -> Result<Self, CheckpointError> {
        let parent = parent_of(target)?;
        recover(target, &parent, &hidden_name(target, "old"))?;
        remove_litter(&parent, &hidden_name(target, "new"))?;
        check_target(target, overwrite)?;
        drop(Hidden::create(target, &parent)?); // better now than after hours of training
        Ok(Self {
            target: target.to_owned(),
            parent,
            overwrite,
            receipt: None,
            hidden: None,
            files: BTreeMap::new(),
            _made: MadeFolders::default(),
        })
    }

    /// Asks for a receipt: a file with the folder's hash (that of [`ModelFolder::hash`]), written
    /// before the folder appears, where the receipt's own folder exists.
    ///
    /// [`ModelFolder::hash`]: super::ModelFolder::hash
    #[must_use]
    pub fn with_receipt(mut self, receipt: PathBuf) -> Self {
        self.receipt = Some(receipt);
        self
    }

    /// Adds a file and returns when it is on the disk.
    ///
    /// # Errors
    /// [`CheckpointError::Io`], for instance when the disk is full.
    ///
    /// # Panics
    /// When `name` is not a plain file name, or is used twice.
    pub fn write(&mut self, name: &str, bytes: &[u8]) -> Result<(), CheckpointError> {
        let (first, second) = bytes.split_at(bytes.len() / 2);
        self.write_with(name, &mut |file| {
            file.write(first)?;
            file.write(second)
        })
    }

    /// Adds a file of tensors, as [`write_tensors`](super::write_tensors) encodes them.
    ///
    /// # Errors
    /// [`CheckpointError::Io`], and [`CheckpointError::Tensors`] for a number that is not finite.
    ///
    /// # Panics
    /// As [`write`](Self::write).
    pub fn write_tensors(
        &mut self,
        name: &str,
        tensors: &Tensors,
        dtype: Dtype,
    ) -> Result<(), CheckpointError> {
        self.write_with(name, &mut |file| encode(tensors, dtype, &mut |bytes| file.write(bytes)))
    }

    fn write_with(
        &mut self,
        name: &str,
        fill: &mut dyn FnMut(&mut NewFile<'_>) -> Result<(), CheckpointError>,
    ) -> Result<(), CheckpointError> {
        assert!(check_name(name).is_ok(), "{name:?} is not a plain file name");
        assert!(!self.files.contains_key(name), "{name} is written twice");
        let hidden = match self.hidden.take() {
            Some(hidden) => hidden,
            None => Hidden::create(&self.target, &self.parent)?,
        };
        let path = self.hidden.insert(hidden).temp.path().join(name);
        let mut file = NewFile::create(&path)?;
        fill(&mut file)?;
        let (bytes, hash) = file.finish()?;
        self.files.insert(name.to_owned(), Entry::new(bytes, hash));
        Ok(())
    }

    /// Writes the manifest and moves the folder to its target.
    ///
    /// # Errors
    /// As [`create`](Self::create); the target is then as it was.
    pub fn finish(self) -> Result<(), CheckpointError> {
        let Self { target, parent, overwrite, receipt, hidden, files, _made } = self;
        let Hidden { temp, busy } = match hidden {
            Some(hidden) => hidden,
            None => Hidden::create(&target, &parent)?, // not a single file
        };
        crash_point("folder.before_manifest");
        let manifest = Manifest::new(files);
        write_new(&temp.path().join(MANIFEST), &manifest.to_bytes())?;
        let busy_path = temp.path().join(BUSY);
        fs::remove_file(&busy_path).map_err(io_error("remove", &busy_path))?;
        sync_folder(temp.path())?;
        if let Some(receipt) = receipt.filter(|path| path.parent().is_some_and(Path::exists)) {
            replace(&receipt, manifest.hash().as_bytes())?;
        }
        crash_point("folder.before_rename");

        check_target(&target, overwrite)?;
        let old = move_away(&target, &parent)?;
        if let Err(error) = rename(temp.path(), &target) {
            if let Some(old) = &old {
                rename(old, &target)?;
            }
            return Err(error);
        }
        drop(busy);
        let _ = temp.keep(); // it is the target now
        crash_point("folder.renamed");
        sync_folder(&parent)?;
        match old {
            Some(old) => fs::remove_dir_all(&old).map_err(io_error("remove", &old)),
            None => Ok(()),
        }
    }
}

/// The folder that `target` is in.
fn parent_of(target: &Path) -> Result<PathBuf, CheckpointError> {
    match target.parent() {
        _ if target.file_name().is_none() => {
            Err(CheckpointError::NotAName { path: target.to_owned() })
        }
        Some(parent) if parent != Path::new("") => Ok(parent.to_owned()),
        _ => Ok(PathBuf::from(".")),
    }
}

/// Beginning of the names of folders that are on their way to `target`, or away from there.
fn hidden_name(target: &Path, kind: &str) -> String {
    format!(".{}.{kind}-", target.file_name().unwrap_or_default().to_string_lossy())
}

/// Whether `target` may be written: it is absent, empty, or ours and to be replaced.
fn check_target(target: &Path, overwrite: Overwrite) -> Result<(), CheckpointError> {
    let path = || target.to_owned();
    match fs::symlink_metadata(target) {
        Err(_) => return Ok(()),
        Ok(found) if found.is_dir() => {}
        Ok(_) => return Err(CheckpointError::Foreign { path: path() }),
    }
    let mut entries = fs::read_dir(target).map_err(io_error("read", target))?;
    match overwrite {
        _ if entries.next().is_none() => Ok(()),
        // whatever was asked for: nobody should be told to overwrite what will not be
        _ if !target.join(MANIFEST).is_file() => Err(CheckpointError::Foreign { path: path() }),
        Overwrite::Refuse => Err(CheckpointError::Exists { path: path() }),
        Overwrite::Replace => Ok(()),
    }
}

/// Renames an existing target to a hidden name, because no system moves a folder onto a full one.
fn move_away(target: &Path, parent: &Path) -> Result<Option<PathBuf>, CheckpointError> {
    if !target.exists() {
        return Ok(None);
    }
    let old = parent.join(hidden_name(target, "old") + &std::process::id().to_string());
    rename(target, &old)?;
    crash_point("folder.moved_away");
    Ok(Some(old))
}

/// Undoes the first half of a replacement whose second half never came, and removes the old
/// folder of one that did.
fn recover(target: &Path, parent: &Path, prefix: &str) -> Result<(), CheckpointError> {
    for old in hidden_folders(parent, prefix)? {
        if target.exists() {
            fs::remove_dir_all(&old).map_err(io_error("remove", &old))?;
        } else {
            rename(&old, target)?;
        }
    }
    Ok(())
}

/// Removes unfinished folders whose writer has died.
fn remove_litter(parent: &Path, prefix: &str) -> Result<(), CheckpointError> {
    for folder in hidden_folders(parent, prefix)? {
        // A writer creates the locked file first and removes it last. A folder without it is
        // a newborn (then it is empty, goes by `remove_dir`, and its writer makes another), was
        // never renamed, or was being removed.
        let busy = File::open(folder.join(BUSY));
        let abandoned = match &busy {
            Ok(busy) => busy.try_lock().is_ok(),
            Err(_) => fs::remove_dir(&folder).is_err() && !folder.join(BUSY).exists(),
        };
        if abandoned && folder.exists() {
            fs::remove_dir_all(&folder).map_err(io_error("remove", &folder))?;
        }
    }
    Ok(())
}

fn hidden_folders(parent: &Path, prefix: &str) -> Result<Vec<PathBuf>, CheckpointError> {
    let mut folders = Vec::new();
    for entry in fs::read_dir(parent).map_err(io_error("read", parent))? {
        let entry = entry.map_err(io_error("read", parent))?;
        if entry.file_name().to_string_lossy().starts_with(prefix) {
            folders.push(entry.path());
        }
    }
    folders.sort();
    Ok(folders)
}
