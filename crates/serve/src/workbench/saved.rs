//! What is remembered between starts: `workbench.json`, replaced as a whole.

use super::table::{Choice, LabelChoice};
use crate::ServeError;
use serde::{Deserialize, Serialize};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// The file.
pub(super) const STATE: &str = "workbench.json";

/// The file's content.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Saved {
    schema: u32,
    /// The file of texts.
    pub(super) data: Option<Data>,
    /// Labels that people added on the page.
    pub(super) labels: Vec<String>,
    /// Trainings, oldest first.
    pub(super) rounds: Vec<Round>,
}

/// A file of texts and which of its columns are read.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Data {
    pub(super) path: PathBuf,
    /// Text columns; empty: guessed.
    pub(super) text: Vec<String>,
    /// The label column, if it was chosen.
    pub(super) label: Option<String>,
    /// Whether it was chosen that there is none.
    pub(super) no_label: bool,
}

impl Data {
    pub(super) fn new(path: PathBuf, choice: &Choice) -> Self {
        let (label, no_label) = match &choice.label {
            LabelChoice::Guess => (None, false),
            LabelChoice::Absent => (None, true),
            LabelChoice::Column(name) => (Some(name.clone()), false),
        };
        Self { path, text: choice.text.clone(), label, no_label }
    }

    pub(super) fn choice(&self) -> Choice {
        let label = match (&self.label, self.no_label) {
            (_, true) => LabelChoice::Absent,
            (None, false) => LabelChoice::Guess,
            (Some(name), false) => LabelChoice::Column(name.clone()),
        };
        Choice { text: self.text.clone(), label }
    }
}

/// A training.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Round {
    /// Counts from 1.
    pub(super) number: usize,
    /// The command's arguments, without those about output.
    pub(super) arguments: Vec<String>,
    /// Labelled texts given to it, those of the test set not counted.
    pub(super) train: usize,
    /// Texts of the test set; `None`: `fit` holds some of the others out.
    pub(super) test: Option<usize>,
    /// Whether it should be running, or have run to its end.
    pub(super) wanted: bool,
    /// Why it failed.
    pub(super) failed: Option<String>,
}

impl Round {
    /// Name of the model folder.
    pub(super) fn model(&self) -> String {
        model_name(self.number)
    }

    /// The value of `--method`; `usual` without it.
    pub(super) fn method(&self) -> &str {
        let at = self.arguments.iter().position(|word| word == "--method");
        at.and_then(|at| self.arguments.get(at + 1)).map_or("usual", String::as_str)
    }
}

/// Name of a round's model folder.
pub(super) fn model_name(number: usize) -> String {
    format!("model-{number}")
}

impl Default for Saved {
    fn default() -> Self {
        Self { schema: 1, data: None, labels: Vec::new(), rounds: Vec::new() }
    }
}

impl Saved {
    /// Reads the file of a folder; an empty one if there is none.
    ///
    /// # Errors
    /// [`ServeError::DamagedState`] when it is not such a file, [`ServeError::File`] when it cannot be
    /// read.
    pub(super) fn read(folder: &Path) -> Result<Self, ServeError> {
        let path = path(folder);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(source) => return Err(ServeError::File { path, source }),
        };
        let found: Result<Self, _> = serde_json::from_slice(&bytes);
        let saved = found.map_err(|error| ServeError::DamagedState {
            path: path.clone(),
            message: error.to_string(),
        })?;
        match saved.schema {
            1 => Ok(saved),
            other => {
                let message = format!("version {other}, which this program does not know");
                Err(ServeError::DamagedState { path, message })
            }
        }
    }

    /// The training of this number.
    pub(super) fn round(&mut self, number: usize) -> Option<&mut Round> {
        self.rounds.iter_mut().find(|round| round.number == number)
    }

    /// Replaces the file; it is on disk when this returns.
    ///
    /// # Errors
    /// The system's; then the file is the old one.
    pub(super) fn write(&self, folder: &Path) -> io::Result<()> {
        let mut bytes = serde_json::to_vec_pretty(self)?;
        bytes.push(b'\n');
        replace(&path(folder), &bytes)
    }
}

fn path(folder: &Path) -> PathBuf {
    folder.join(STATE)
}

/// Writes a file that appears whole or not at all.
///
/// # Errors
/// The system's.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    std::fs::File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_and_what_is_damaged_is_named() {
        let place = tempfile::tempdir().unwrap();
        let mut saved = Saved::read(place.path()).unwrap();
        let choice = Choice { text: vec!["body".into()], label: LabelChoice::Absent };
        saved.data = Some(Data::new("mails.csv".into(), &choice));
        saved.write(place.path()).unwrap();
        let read = Saved::read(place.path()).unwrap();
        assert_eq!(read.data.unwrap().choice(), choice);
        std::fs::write(place.path().join("workbench.json"), "{\"schema\": 1").unwrap();
        assert!(matches!(Saved::read(place.path()), Err(ServeError::DamagedState { .. })));
    }
}
