//! The labels that people gave: an append-only file with one JSON object per line.
//!
//! A label is on disk (`fsync`) before [`LabelLog::append`] returns. A process that is killed while it
//! writes leaves a torn last line, which nobody was told about; it is removed when the file is opened.

use crate::ServeError;
use crate::log::rfc3339;
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A line of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// Counts from 1.
    pub(super) number: u64,
    /// When, in UTC (RFC 3339).
    pub(super) time: String,
    /// Who.
    pub(super) by: String,
    /// What that person did.
    #[serde(flatten)]
    pub(super) action: Action,
}

/// What a person did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "kebab-case")]
pub(super) enum Action {
    /// Chose the label of a text.
    Label {
        /// Hash of the text.
        text: String,
        /// Its row in the data, from 1, for people who read the file.
        row: usize,
        /// The label.
        label: String,
    },
    /// Left a text out.
    Skip {
        /// Hash of the text.
        text: String,
        /// Its row in the data, from 1.
        row: usize,
    },
    /// Took an earlier entry back.
    Undo {
        /// Its number.
        of: u64,
    },
}

impl Action {
    /// The text that it is about, and its row from 1.
    pub(super) fn text(&self) -> Option<(&str, usize)> {
        match self {
            Self::Label { text, row, .. } | Self::Skip { text, row } => Some((text, *row)),
            Self::Undo { .. } => None,
        }
    }
}

/// The file and all of its entries. One process has it at a time.
pub(super) struct LabelLog {
    file: File,
    entries: Vec<Entry>,
    /// Length of the file, up to the end of the last whole line.
    end: u64,
}

/// Tries to lock a file. A child process that was started while the file was open holds its lock until it runs its own
/// program, for some milliseconds: so this is tried more than once.
fn lock(file: &File) -> io::Result<bool> {
    for _ in 0..20 {
        match file.try_lock() {
            Ok(()) => return Ok(true),
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(10)),
            Err(TryLockError::Error(source)) => return Err(source),
        }
    }
    Ok(false)
}

impl LabelLog {
    /// Opens or creates the file, and removes a torn last line.
    ///
    /// # Errors
    /// [`ServeError::InUse`] when another process has the file, [`ServeError::DamagedLabels`] when a
    /// line is not an entry, [`ServeError::File`] when the system refuses.
    pub(super) fn open(path: &Path) -> Result<Self, ServeError> {
        let failed = |source| ServeError::File { path: path.to_owned(), source };
        let mut options = OpenOptions::new();
        let mut file = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(failed)?;
        if !lock(&file).map_err(failed)? {
            let folder = path.parent().unwrap_or(path).to_owned();
            return Err(ServeError::InUse { folder });
        }
        sync_folder(path).map_err(failed)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(failed)?;
        let end = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        let mut entries: Vec<Entry> = Vec::new();
        for (line, text) in (1..).zip(bytes[..end].split_inclusive(|&byte| byte == b'\n')) {
            let entry = serde_json::from_slice::<Entry>(text);
            let entry = entry.ok().filter(|entry| entry.number == entries.len() as u64 + 1);
            let damaged = || ServeError::DamagedLabels { path: path.to_owned(), line };
            entries.push(entry.ok_or_else(damaged)?);
        }
        let end = end as u64;
        if end < bytes.len() as u64 {
            file.set_len(end).and_then(|()| file.sync_all()).map_err(failed)?;
        }
        Ok(Self { file, entries, end })
    }

    /// All entries, oldest first.
    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Adds an entry; it is on disk when this returns.
    ///
    /// # Errors
    /// The system's; then the file has what it had before.
    pub(super) fn append(&mut self, by: &str, action: Action) -> io::Result<&Entry> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let number = self.entries.len() as u64 + 1;
        let entry = Entry { number, time: rfc3339(since), by: by.to_owned(), action };
        let mut line = serde_json::to_vec(&entry)?;
        line.push(b'\n');
        let at = SeekFrom::Start(self.end);
        let written = self.file.seek(at).and_then(|_| self.file.write_all(&line));
        if let Err(error) = written.and_then(|()| self.file.sync_data()) {
            _ = self.file.set_len(self.end);
            return Err(error);
        }
        self.end += line.len() as u64;
        self.entries.push(entry);
        Ok(&self.entries[self.entries.len() - 1])
    }
}

/// Makes a new file's name durable, too.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf);
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(row: usize, label: &str) -> Action {
        Action::Label { text: format!("{row:016x}"), row, label: label.to_owned() }
    }

    #[test]
    fn what_was_appended_is_read_again() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("labels.jsonl");
        let mut log = LabelLog::open(&path).unwrap();
        log.append("Ann", label(1, "spam \u{202e}\"\n")).unwrap();
        log.append("Bo", Action::Skip { text: "ab".into(), row: 2 }).unwrap();
        log.append("Ann", Action::Undo { of: 1 }).unwrap();
        let entries = log.entries().to_vec();
        assert!(matches!(LabelLog::open(&path), Err(ServeError::InUse { .. })), "one at a time");
        drop(log);
        assert_eq!(LabelLog::open(&path).unwrap().entries(), entries);
        assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 3);
    }

    /// A kill leaves any prefix of what was being written.
    #[test]
    fn cut_anywhere_all_whole_lines_are_there() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("labels.jsonl");
        let mut log = LabelLog::open(&path).unwrap();
        (1..=3).for_each(|row| _ = log.append("Ann", label(row, "good")).unwrap());
        let entries = log.entries().to_vec();
        drop(log);
        let whole = std::fs::read(&path).unwrap();
        // each costs several writes to the disk: some in a line, all around its end
        let is_near_end =
            |cut: &usize| whole[cut.saturating_sub(2)..].iter().take(4).any(|&b| b == b'\n');
        for cut in (0..=whole.len()).filter(|cut| cut % 23 == 0 || is_near_end(cut)) {
            std::fs::write(&path, &whole[..cut]).unwrap();
            let mut log = LabelLog::open(&path).unwrap();
            let lines = whole[..cut].split(|&byte| byte == b'\n').count() - 1;
            assert_eq!(log.entries(), &entries[..lines], "cut at {cut}");
            log.append("Ann", label(9, "bad")).unwrap();
            drop(log);
            let again = LabelLog::open(&path).unwrap();
            assert_eq!(again.entries().len(), lines + 1, "cut at {cut}");
        }
    }

    #[test]
    fn a_damaged_line_is_named() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("labels.jsonl");
        let mut log = LabelLog::open(&path).unwrap();
        (1..=3).for_each(|row| _ = log.append("Ann", label(row, "good")).unwrap());
        drop(log);
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replacen("\"number\":2", "\"number\":7", 1)).unwrap();
        let found = LabelLog::open(&path).map(|_| ()).unwrap_err();
        assert!(matches!(found, ServeError::DamagedLabels { line: 2, .. }), "{found}");
    }
}
