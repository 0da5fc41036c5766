//! The configuration a run was started with.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::checkpoint::durable::{io_error, replace};
use crate::checkpoint::{CheckpointError, ConfigDifference};

/// File name.
pub(crate) const CONFIG: &str = "config.json";

/// Key of the number that says how the rest of a configuration was made: where it differs, nothing
/// else can be compared.
pub(crate) const VERSION: &str = "version";

/// Stores the configuration of a new run, or compares it with the one stored.
pub(crate) fn store_or_compare(folder: &Path, given: &Value) -> Result<(), CheckpointError> {
    let path = folder.join(CONFIG);
    match fs::read(&path) {
        Ok(bytes) => {
            let stored: Value = serde_json::from_slice(&bytes)
                .map_err(|source| CheckpointError::Json { path, source })?;
            if given.get(VERSION).is_some_and(|version| stored.get(VERSION) != Some(version)) {
                return Err(CheckpointError::RunVersion { path: folder.to_owned() });
            }
            let differences = differences(&stored, given);
            if differences.is_empty() {
                return Ok(());
            }
            Err(CheckpointError::ConfigDiffers { path: folder.to_owned(), differences })
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => store(folder, given),
        Err(error) => Err(io_error("read", &path)(error)),
    }
}

fn store(folder: &Path, config: &Value) -> Result<(), CheckpointError> {
    replace(&folder.join(CONFIG), format!("{config:#}\n").as_bytes())
}

/// The leaves in which two configurations differ.
pub(crate) fn differences(stored: &Value, given: &Value) -> Vec<ConfigDifference> {
    let mut differences = Vec::new();
    compare("", Some(stored), Some(given), &mut differences);
    differences
}

/// Lists the leaves in which two configurations differ; `None` is an absent key.
fn compare(
    key: &str,
    stored: Option<&Value>,
    given: Option<&Value>,
    differences: &mut Vec<ConfigDifference>,
) {
    if let (Some(Value::Object(stored)), Some(Value::Object(given))) = (stored, given) {
        for name in stored.keys().chain(given.keys()).collect::<BTreeSet<_>>() {
            let key = if key.is_empty() { name.clone() } else { format!("{key}.{name}") };
            compare(&key, stored.get(name), given.get(name), differences);
        }
    } else if stored != given {
        differences.push(ConfigDifference {
            key: key.to_owned(),
            stored: stored.cloned(),
            given: given.cloned(),
        });
    }
}
