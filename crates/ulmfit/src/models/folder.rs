//! What the folders of all models have in common: configuration, labels, weights, metadata.

use super::config::ModelConfig;
use crate::Error;
use crate::checkpoint::{Dtype, FolderWriter, HostTensor, ModelFolder, Tensors};
use crate::data::labels::{LabelKind, LabelSet};
use crate::model::Network;
use serde::Serialize;
use ulmfit_ops::{Device, Tensor};

/// Reads and checks `config.json`.
///
/// # Errors
/// [`Error::Config`] when it cannot be understood, [`Error::Checkpoint`] when it cannot be read.
pub fn read_config(folder: &ModelFolder) -> Result<ModelConfig, Error> {
    let bytes = folder.read("config.json")?;
    let bad = |message: String| Error::Config { path: folder.file("config.json"), message };
    let config: ModelConfig =
        serde_json::from_slice(&bytes).map_err(|error| bad(format!("not valid: {error}")))?;
    config.check().map_err(|fault| bad(fault.to_string()))?;
    Ok(config)
}

/// Tensors of a network by name.
pub(crate) fn pack_one<D: Device>(network: &impl Network<D>) -> Tensors {
    let host = |t: &Tensor<D>| HostTensor { dims: t.dims().to_vec(), values: t.to_f32() };
    network.state().into_iter().map(|(name, t)| (name, host(t))).collect()
}

/// The name of a task in a file.
fn name_of(task: LabelKind) -> &'static str {
    match task {
        LabelKind::Single => "`single`",
        LabelKind::Multi => "`multi`",
        LabelKind::Regression => "`regression`",
    }
}

/// Reads `labels.json`, which must be for this task and number of outputs.
pub(super) fn read_labels(
    folder: &ModelFolder,
    task: LabelKind,
    outputs: usize,
) -> Result<LabelSet, Error> {
    let bad = |message: String| Error::Config { path: folder.path().join(LABELS), message };
    let labels: LabelSet = serde_json::from_slice(&folder.read(LABELS)?)
        .map_err(|error| bad(format!("not valid: {error}")))?;
    if labels.outputs() != outputs {
        return Err(bad(format!("{} labels, the network has {outputs}", labels.outputs())));
    }
    if labels.kind() != task {
        let (labels, task) = (name_of(labels.kind()), name_of(task));
        return Err(bad(format!("the labels are for {labels}, the network is for {task}")));
    }
    Ok(labels)
}

/// Writes `labels.json`.
pub(super) fn write_labels(folder: &mut FolderWriter, labels: &LabelSet) -> Result<(), Error> {
    Ok(folder.write(LABELS, &pretty(labels))?)
}

/// Names of the outputs, in a model folder.
const LABELS: &str = "labels.json";

/// Files in every model folder, besides those that make up the model.
#[derive(Clone, Debug, Default)]
pub struct ModelMetadata {
    /// The model card, `README.md`.
    pub card: String,
    /// `run.json`: the provenance of the model.
    pub run: serde_json::Value,
    /// Anything else, by name.
    pub others: Vec<(String, Vec<u8>)>,
    /// How the weights are stored.
    pub dtype: Dtype,
}

impl ModelMetadata {
    /// Writes configuration and weights beside the other files, and completes the folder. The parts
    /// of a portfolio have weights of their own, it has none.
    pub(super) fn complete(
        &self,
        mut folder: FolderWriter,
        config: &ModelConfig,
        tensors: Option<&Tensors>,
    ) -> Result<(), Error> {
        folder.write("config.json", &pretty(config))?;
        if let Some(tensors) = tensors {
            folder.write_tensors("model.safetensors", tensors, self.dtype)?;
        }
        folder.write("README.md", self.card.as_bytes())?;
        folder.write("run.json", &pretty(&self.run))?;
        for (name, bytes) in &self.others {
            folder.write(name, bytes)?;
        }
        Ok(folder.finish()?)
    }
}

/// JSON as people read it; only for types that cannot fail to serialise.
pub(super) fn pretty(value: &impl Serialize) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(value).expect("plain data serialises");
    bytes.push(b'\n');
    bytes
}
