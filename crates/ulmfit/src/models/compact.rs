//! Smaller model folders: both directions in one, weights in fewer bits.

use super::bundle::LmBundle;
use super::classifier_bundle::ClassifierBundle;
use super::config::{ModelConfig, NetworkConfig};
use super::embedded::open_model;
use super::folder::{ModelMetadata, read_config};
use super::sentence::EncoderBundle;
use crate::Error;
use crate::checkpoint::{CheckpointError, Dtype, FolderWriter, ModelFolder};
use crate::input::LearnedTexts;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Writes language models of one vocabulary, or classifiers of one vocabulary and the same labels,
/// one or more directions each, as one folder with weights of type `dtype`.
///
/// The card is the first model's unless another is given; `run.json` has those of all.
///
/// # Errors
/// [`Error::Usage`] when the models do not belong together, [`Error::NotFinite`] when their weights
/// give no answers, and those of reading and writing.
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
    let learned = LearnedTexts::of_all(&folders)?;
    let others = learned.map(|learned| (LearnedTexts::FILE.to_owned(), learned.to_bytes()));
    let others = others.into_iter().collect();
    let metadata = ModelMetadata { card, run, others, dtype };
    match read_config(first)?.network {
        NetworkConfig::Classifier(_)
        | NetworkConfig::SentenceClassifier(_)
        | NetworkConfig::LinearClassifier(_)
        | NetworkConfig::Portfolio(_) => {
            let mut bundle: ClassifierBundle = ClassifierBundle::load(first.path())?;
            for other in &folders[1..] {
                bundle.join(ClassifierBundle::load(other.path())?)?;
            }
            bundle.check_answers()?;
            bundle.save(folder, &metadata)
        }
        NetworkConfig::LanguageModel(_) => {
            let mut bundle: LmBundle = LmBundle::from_folder(first)?;
            for other in &folders[1..] {
                bundle.join(LmBundle::from_folder(other)?)?;
            }
            bundle.check_answers()?;
            bundle.save(folder, &metadata)
        }
        NetworkConfig::SentenceEncoder(_) => {
            if folders.len() > 1 {
                return Err(apart("sentence encoders cannot be joined"));
            }
            let bundle: EncoderBundle = EncoderBundle::from_folder(first)?;
            bundle.save(folder, &metadata)
        }
    }
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
        belong_together(
            (&self.config(), self.text.files()),
            (&other.config(), other.text.files()),
        )?;
        self.networks.extend(other.networks);
        self.networks.sort_by_key(|(direction, _)| *direction as u8);
        Ok(())
    }
}

impl ClassifierBundle {
    /// Adds the directions of another classifier, whose probabilities are averaged with its own.
    ///
    /// # Errors
    /// [`Error::Usage`] when it has other labels, another vocabulary or other sizes, or a direction
    /// twice.
    pub fn join(&mut self, other: Self) -> Result<(), Error> {
        if self.labels != other.labels {
            return Err(apart("the classifiers do not have the same labels"));
        }
        let what = "be joined with another model";
        let (own, its) = (self.require_single(what)?, other.require_single(what)?);
        belong_together((&own.config(), own.text.files()), (&its.config(), its.text.files()))?;
        let networks = &mut self.parts[0].1.networks;
        networks.extend(other.parts.into_iter().flat_map(|(_, part)| part.networks));
        networks.sort_by_key(|(direction, _)| *direction as u8);
        Ok(())
    }
}

/// Why two models cannot be one.
fn apart(message: &str) -> Error {
    Error::Usage { message: message.to_owned(), hint: None }
}

/// Name and content of what a model reads texts with.
type TextFiles = Vec<(&'static str, Vec<u8>)>;

/// Whether two models can be directions of one.
fn belong_together(
    (own, own_files): (&ModelConfig, TextFiles),
    (its, its_files): (&ModelConfig, TextFiles),
) -> Result<(), Error> {
    if own.text != its.text || own_files != its_files {
        return Err(apart("the models do not have the same tokenizer and vocabulary"));
    }
    if own.network != its.network {
        return Err(apart("the models are not of the same size"));
    }
    if its.directions.iter().any(|direction| own.directions.contains(direction)) {
        return Err(apart("two of the models read in the same direction"));
    }
    Ok(())
}
