//! Small folders: both directions in one, weights in fewer bits.

use super::Error;
use super::base::open_model;
use super::bundle::{ClassifierBundle, LmBundle, NetworkConfig, Papers, read_config};
use crate::checkpoint::{CheckpointError, Dtype, FolderWriter, ModelFolder};
use serde_json::{Value, json};
use std::path::PathBuf;

/// Writes language models of one vocabulary, one or more directions each, or a classifier, as one
/// folder with weights of type `dtype`.
///
/// The card is the first model's unless another is given; `run.json` holds those of all.
///
/// # Errors
/// [`Error::Usage`] when the models do not belong together, and those of reading and writing.
///
/// # Panics
/// Without a model.
pub fn compact(
    models: &[PathBuf],
    dtype: Dtype,
    card: Option<String>,
    folder: FolderWriter,
) -> Result<(), Error> {
    let folders =
        models.iter().map(|path| open_model(path)).collect::<Result<Vec<ModelFolder>, Error>>()?;
    let first = &folders[0];
    let card = match card {
        Some(card) => card,
        None => String::from_utf8_lossy(&first.read("README.md")?).into_owned(),
    };
    let runs: Vec<Value> = folders.iter().map(run_of).collect::<Result<_, _>>()?;
    let hashes: Vec<String> = folders.iter().map(ModelFolder::hash).collect();
    let run = json!({
        "schema": 1,
        "stage": "compact",
        "program": concat!("ulmfit ", env!("CARGO_PKG_VERSION")),
        "from": hashes,
        "runs": runs,
    });
    let papers = Papers { card, run, dtype, ..Papers::default() };
    if let ([only], NetworkConfig::Classifier(_)) = (&*folders, read_config(first)?.network) {
        return <ClassifierBundle>::load(only.path())?.save(folder, &papers);
    }
    let mut bundle: LmBundle = LmBundle::from_folder(first)?;
    for other in &folders[1..] {
        bundle.join(LmBundle::from_folder(other)?)?;
    }
    bundle.save(folder, &papers)
}

fn run_of(folder: &ModelFolder) -> Result<Value, CheckpointError> {
    Ok(serde_json::from_slice(&folder.read("run.json")?).unwrap_or_default())
}

impl LmBundle {
    /// Adds the directions of another model.
    ///
    /// # Errors
    /// [`Error::Usage`] when it has another vocabulary or other sizes, or a direction twice.
    pub fn join(&mut self, other: Self) -> Result<(), Error> {
        let usage = |message: &str| Error::Usage { message: message.to_owned(), hint: None };
        let (own, its) = (self.config(), other.config());
        if own.text != its.text || self.text.vocab() != other.text.vocab() {
            return Err(usage("the models do not have the same tokenizer and vocabulary"));
        }
        if own.network != its.network {
            return Err(usage("the models are not of the same size"));
        }
        if its.directions.iter().any(|direction| own.directions.contains(direction)) {
            return Err(usage("two of the models read in the same direction"));
        }
        self.networks.extend(other.networks);
        self.networks.sort_by_key(|(direction, _)| *direction as u8);
        Ok(())
    }
}
