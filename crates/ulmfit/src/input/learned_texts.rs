//! `training-texts.bin`: which texts a classifier has learned, as one number each.

use super::texts::joined;
use crate::Error;
use crate::checkpoint::{CheckpointError, ModelFolder};
use crate::data::Record;
use crate::data::quality::words_hash;

/// First bytes of the file: its kind and version.
const MAGIC: &[u8; 8] = b"ulmtext1";
/// Numbers in a file at most, 8 MiB.
const MOST: usize = 1 << 20;

/// The texts that a classifier was trained on with their labels, each as a 64-bit hash of its words
/// without case, spaces and punctuation.
///
/// Scores on these texts say little about others. The hashes do not contain the texts, but whoever
/// has a text can find out whether it is among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LearnedTexts {
    /// Ascending. Of more than [`MOST`] the lowest, which is a random choice.
    hashes: Vec<u64>,
}

impl LearnedTexts {
    /// Name of the file in a model folder.
    pub const FILE: &str = "training-texts.bin";

    /// Those of some training examples. Blank texts are left out.
    pub fn new(records: &[Record]) -> Self {
        Self::of_hashes(records.iter().filter_map(hash).collect())
    }

    /// Reads those of a model folder; `None` where there are none, as in folders of older versions.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] when the file cannot be read, or was not written by this program.
    pub fn read(folder: &ModelFolder) -> Result<Option<Self>, Error> {
        if !folder.has(Self::FILE) {
            return Ok(None);
        }
        let damaged = || CheckpointError::Damaged { path: folder.file(Self::FILE) };
        Ok(Some(Self::from_bytes(&folder.read(Self::FILE)?).ok_or_else(damaged)?))
    }

    /// Those of several model folders together; `None` where no folder has any.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn of_all(folders: &[ModelFolder]) -> Result<Option<Self>, Error> {
        let mut all: Option<Vec<u64>> = None;
        for folder in folders {
            if let Some(Self { hashes }) = Self::read(folder)? {
                all.get_or_insert_default().extend(hashes);
            }
        }
        Ok(all.map(Self::of_hashes))
    }

    fn of_hashes(mut hashes: Vec<u64>) -> Self {
        hashes.sort_unstable();
        hashes.dedup();
        hashes.truncate(MOST);
        Self { hashes }
    }

    /// How many of these records have a text that was learned. Of classifiers that have learned more
    /// than a million texts only a part is known, and the number may be too low.
    pub fn count(&self, records: &[Record]) -> usize {
        let is_known = |of: u64| self.hashes.binary_search(&of).is_ok();
        records.iter().filter_map(hash).filter(|&of| is_known(of)).count()
    }

    /// What to tell the user about scores on these records, if any of them was learned.
    pub(crate) fn warning(&self, records: &[Record], what: &str) -> Option<String> {
        let (known, all) = (self.count(records), records.len());
        (known > 0).then(|| {
            format!("the model was trained on {known} of these {all} rows and knows their labels: {what}")
        })
    }

    /// The content of the file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let numbers = self.hashes.iter().flat_map(|of| of.to_le_bytes());
        MAGIC.iter().copied().chain(numbers).collect()
    }

    /// Of the content of a file; `None` if this program cannot have written it.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (numbers, rest) = bytes.strip_prefix(MAGIC)?.as_chunks::<8>();
        let hashes: Vec<u64> = numbers.iter().map(|of| u64::from_le_bytes(*of)).collect();
        let sound = rest.is_empty() && hashes.is_sorted_by(|a, b| a < b);
        sound.then_some(Self { hashes })
    }
}

fn hash(record: &Record) -> Option<u64> {
    words_hash(&joined(record))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Place;
    use std::path::Path;
    use std::sync::Arc;

    fn records(texts: &[&str]) -> Vec<Record> {
        let place = Place::new(&Arc::from(Path::new("f")), 1);
        let record = |text: &&str| Record {
            fields: text.split('|').map(str::to_owned).collect(),
            label: None,
            place: place.clone(),
            columns: Vec::new(),
        };
        texts.iter().map(record).collect()
    }

    #[test]
    fn what_was_learned_is_known_again() {
        let learned = LearnedTexts::new(&records(&["A film.", "two|fields", "", "a film"]));
        let asked = records(&["a FILM", "a film too", "Two fields!", "", "fields|two"]);
        assert_eq!(learned.count(&asked), 2);
        let told = learned.warning(&asked, "so").unwrap();
        assert!(told.contains("2 of these 5 rows") && told.ends_with(": so"), "{told}");
        assert_eq!(learned.warning(&asked[3..], "so"), None);
    }

    #[test]
    fn the_file_gives_back_what_was_written() {
        let learned = LearnedTexts::new(&records(&["one", "two", "three"]));
        let bytes = learned.to_bytes();
        assert_eq!(bytes.len(), 32);
        assert_eq!(LearnedTexts::from_bytes(&bytes), Some(learned));
        let mut turned = bytes.clone();
        turned[8..].rotate_left(8);
        for bad in [&bytes[..31], &bytes[1..], &turned, b""] {
            assert_eq!(LearnedTexts::from_bytes(bad), None);
        }
        let none = LearnedTexts::new(&[]);
        assert_eq!(LearnedTexts::from_bytes(&none.to_bytes()), Some(none));
    }
}
