//! From the catalogue to a folder of CSV files.

use crate::check::check;
use crate::convert::convert;
use crate::fetch::{agent, fetch};
use crate::{DataSet, PullError, RemoteFile};
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

/// Where the published files come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Their own addresses.
    Published,
    /// A server that has them by their names below this address.
    Mirror(String),
    /// A folder that has them by their names.
    Folder(PathBuf),
}

/// What a pull made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pulled {
    /// The folder.
    pub folder: PathBuf,
    /// Its CSV files with their numbers of rows.
    pub files: Vec<(&'static str, u64)>,
}

/// Puts a data set into `parent/NAME`, as CSV files with a header and a `README.md` that says
/// where it is from; the folder appears whole or not at all.
///
/// An unfinished download stays in `parent/.NAME.part`, and the next call continues with it.
/// `progress` gets the name of a file, the bytes downloaded so far, and its size.
///
/// # Errors
/// [`PullError`]; where a file is not the published one, it is removed before.
pub fn pull(
    set: &'static DataSet,
    parent: &Path,
    origin: &Origin,
    progress: &mut dyn FnMut(&str, u64, u64),
) -> Result<Pulled, PullError> {
    let folder = parent.join(set.name);
    if folder.exists() {
        return Err(PullError::Exists { path: folder });
    }
    let part = parent.join(format!(".{}.part", set.name));
    let is_continued = part.exists(); // by a download that was interrupted
    fs::create_dir_all(&part).map_err(PullError::io("create", &part))?;
    let lock = part.join("lock");
    let lock = File::create(&lock).map_err(PullError::io("create", &lock))?;
    match lock.try_lock() {
        Err(TryLockError::WouldBlock) => return Err(PullError::Locked { path: part }),
        // where files cannot be locked, there is no warning
        Ok(()) | Err(TryLockError::Error(_)) => {}
    }

    let made = make(set, &part, origin, progress).and_then(|made| {
        fs::rename(&made.folder, &folder).map_err(PullError::io("rename to", &folder))?;
        Ok(Pulled { folder, ..made })
    });
    if made.is_ok() || (matches!(origin, Origin::Folder(_)) && !is_continued) {
        fs::remove_dir_all(&part).map_err(PullError::io("remove", &part))?; // nothing to continue with
    }
    made
}

/// Fetches and converts into a folder that has not its name yet.
fn make(
    set: &'static DataSet,
    part: &Path,
    origin: &Origin,
    progress: &mut dyn FnMut(&str, u64, u64),
) -> Result<Pulled, PullError> {
    let agent = agent();
    let mut sources = Vec::new();
    for file in set.files {
        let name = file.name();
        let url = match origin {
            Origin::Folder(folder) => {
                let given = folder.join(name);
                check(&given, file)?;
                sources.push(given);
                continue;
            }
            Origin::Mirror(base) => format!("{}/{name}", base.trim_end_matches('/')),
            Origin::Published => file.url.to_owned(),
        };
        let fetched = part.join(name);
        let mut heard = |bytes| progress(name, bytes, file.bytes);
        fetch(&agent, &url, file.bytes, &fetched, &mut heard)?;
        check(&fetched, file).inspect_err(|_| {
            let _ = fs::remove_file(&fetched); // or the next try would continue with it
        })?;
        sources.push(fetched);
    }

    let made = part.join("made");
    if made.exists() {
        fs::remove_dir_all(&made).map_err(PullError::io("remove", &made))?;
    }
    fs::create_dir(&made).map_err(PullError::io("create", &made))?;
    let files = convert(set, &sources, &made)?;
    let readme = made.join("README.md");
    fs::write(&readme, about(set)).map_err(PullError::io("write", &readme))?;
    Ok(Pulled { folder: made, files })
}

fn about(set: &DataSet) -> String {
    let file = |file: &RemoteFile| format!("- {} ({} bytes)", file.url, file.bytes);
    let files: Vec<String> = set.files.iter().map(file).collect();
    format!(
        "# {}: {}\n\nFrom:\n\n{}\n\nBrought into CSV with a header by `ulmfit data pull {}`; the \
         texts are as published.\n\nTerms: {}. Cite: {}.\n",
        set.title,
        set.task,
        files.join("\n"),
        set.name,
        set.terms,
        set.reference
    )
}
