//! Training a language model in PyTorch, on whatever GPU it supports: a folder goes out, weights come back.
//!
//! The folder is a model folder of the weights to start from, with token files, `job.json`, the rates of every update,
//! and `train.py`, which needs PyTorch and safetensors. It writes `trained-DIRECTION.safetensors` and, last, a note,
//! `trained-DIRECTION.json`, beside the rest.

mod export;
mod import;

pub use export::{TorchJob, TorchStart, export_torch};
pub use import::{TorchNote, import_torch};

use crate::model::DropoutConfig;
use crate::models::BaseModel;
use crate::recipe::LmRecipe;
use serde::{Deserialize, Serialize};

/// Names in the folder.
const JOB: &str = "job.json";
const TRAIN: &str = "train.tokens";
const VALID: &str = "valid.tokens";
const SCHEDULE: &str = "schedule.safetensors";

/// `job.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct JobFile {
    schema: u32,
    /// None of random weights.
    base: Option<BaseModel>,
    seed: u64,
    /// For people and for the model card; `train.py` reads what follows.
    recipe: LmRecipe,
    batch_size: usize,
    bptt: usize,
    dropout: DropoutConfig,
    ar: f64,
    tar: f64,
    sqr_mom: f64,
    eps: f64,
    weight_decay: f64,
    clip: Option<f64>,
    accumulate: usize,
    phases: Vec<JobPhase>,
}

/// Some epochs with one set of trainable groups: each LSTM layer, then embedding and softmax.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct JobPhase {
    epochs: usize,
    trainable: Vec<bool>,
    /// Peak learning rate of each group.
    rates: Vec<f64>,
}
