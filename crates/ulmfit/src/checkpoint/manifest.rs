//! `manifest.json`: which files belong to a folder, and the hash of each.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::durable::{hash_file, io_error, require_file};
use super::{CheckpointError, error::ManifestFault};

/// File name of the manifest; it is written last, so a folder without it is incomplete.
pub(super) const MANIFEST: &str = "manifest.json";
/// Files about the making of a model: time, memory and threads differ between trainings and are not part
/// of the model, so its hash leaves them out. Calibrating a model again
/// does not make it another one, either.
const RECORDS: [&str; 8] = [
    "README.md",
    "calibration.json",
    "report.html",
    "report.json",
    "report.txt",
    "run.json",
    "scored.csv",
    "training-texts.bin",
];
/// Files that quote texts, and may be removed before a folder is given away.
const REMOVABLE: [&str; 4] = ["report.html", "report.json", "report.txt", "scored.csv"];
const SCHEMA: u32 = 1;
const MAX_BYTES: u64 = 1 << 20;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    schema: u32,
    pub(super) files: BTreeMap<String, Entry>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) bytes: u64,
    /// 64 hexadecimal digits.
    pub(super) blake3: String,
}

impl Entry {
    pub(super) fn of(bytes: &[u8]) -> Self {
        Self::new(bytes.len() as u64, blake3::hash(bytes))
    }

    pub(super) fn new(bytes: u64, hash: blake3::Hash) -> Self {
        Self { bytes, blake3: hash.to_hex().to_string() }
    }
}

impl Manifest {
    pub(super) fn new(files: BTreeMap<String, Entry>) -> Self {
        Self { schema: SCHEMA, files }
    }

    /// The one spelling of this manifest.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).expect("strings and numbers serialise");
        bytes.push(b'\n');
        bytes
    }

    /// Equal for equal contents, but for files of [`RECORDS`].
    pub(super) fn hash(&self) -> String {
        #[derive(Serialize)]
        struct Hashed<'a> {
            schema: u32,
            files: BTreeMap<&'a String, &'a Entry>,
        }
        let hashed = self.files.iter().filter(|(name, _)| !RECORDS.contains(&name.as_str()));
        let hashed = Hashed { schema: self.schema, files: hashed.collect() };
        crate::hashing::of_json(&hashed).to_hex().to_string()
    }

    pub(super) fn parse(bytes: &[u8]) -> Result<Self, ManifestFault> {
        #[derive(Deserialize)]
        struct Version {
            schema: u32,
        }
        // The version first: a newer manifest may have fields that this program does not know.
        let Version { schema } = serde_json::from_slice(bytes)?;
        if schema != SCHEMA {
            return Err(ManifestFault::Schema { found: schema, known: SCHEMA });
        }
        let manifest: Self = serde_json::from_slice(bytes)?;
        for name in manifest.files.keys() {
            check_name(name)?;
        }
        // Only our own spelling counts, so that no flipped bit, repeated key or added blank can
        // hide in the file that vouches for the others.
        if manifest.to_bytes() == bytes { Ok(manifest) } else { Err(ManifestFault::Spelling) }
    }

    /// Reads the manifest of `folder`.
    pub(super) fn read(folder: &Path) -> Result<Self, CheckpointError> {
        let path = folder.join(MANIFEST);
        let fault = |fault| CheckpointError::Manifest { path: path.clone(), fault };
        let bytes = match require_file(&path) {
            Err(CheckpointError::Missing { .. }) => {
                return Err(CheckpointError::Incomplete { path: folder.to_owned() });
            }
            size => size?,
        };
        if bytes > MAX_BYTES {
            return Err(fault(ManifestFault::Size { bytes, limit: MAX_BYTES }));
        }
        let mut text = Vec::new();
        File::open(&path)
            .and_then(|file| file.take(MAX_BYTES).read_to_end(&mut text))
            .map_err(io_error("read", &path))?;
        Self::parse(&text).map_err(fault)
    }

    /// Forgets the files of [`REMOVABLE`] that are not in `folder` any more.
    pub(super) fn forget_removed(&mut self, folder: &Path) {
        let is_removed = |name: &str| REMOVABLE.contains(&name) && !folder.join(name).exists();
        self.files.retain(|name, _| !is_removed(name));
    }

    /// Compares every file of `folder` with its size and hash.
    pub(super) fn verify(&self, folder: &Path) -> Result<(), CheckpointError> {
        for (name, entry) in &self.files {
            let path = folder.join(name);
            let same = match require_file(&path) {
                Ok(bytes) => bytes == entry.bytes && hash_file(&path)? == entry.blake3,
                Err(CheckpointError::Missing { .. }) => false,
                Err(error) => return Err(error),
            };
            if !same {
                return Err(CheckpointError::Damaged { path });
            }
        }
        Ok(())
    }
}

/// A name that can only mean a file directly inside its folder, on every system.
pub(super) fn check_name(name: &str) -> Result<(), ManifestFault> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if (1..=128).contains(&name.len())
        && name.chars().all(plain)
        && !name.starts_with('.')
        && name != MANIFEST
    {
        Ok(())
    } else {
        Err(ManifestFault::FileName { name: name.to_owned() })
    }
}

/// Checks the text of a manifest, without the files it speaks of.
///
/// # Errors
/// [`ManifestFault`] when it is not what this program would have written.
pub fn check_manifest(bytes: &[u8]) -> Result<(), ManifestFault> {
    Manifest::parse(bytes).map(|_| ())
}
