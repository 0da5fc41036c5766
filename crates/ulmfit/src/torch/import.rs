//! What PyTorch made of the folder.

use super::{JOB, JobFile, TRAIN, VALID};
use crate::Error;
use crate::checkpoint::{CheckpointError, FolderWriter, ModelFolder, read_tensors};
use crate::data::batches::TokenSource;
use crate::input::LmText;
use crate::model::Network;
use crate::models::LmBundle;
use crate::printable::{markdown, printable};
use crate::report::DirectionScore;
use crate::run::Runner;
use crate::stages::language::score;
use crate::stages::model_card::LmCard;
use crate::text::Direction;
use crate::text::token_file::TokenFile;
use serde::{Deserialize, Serialize};
use std::fmt::Write;
use std::path::Path;
use ulmfit_ops::Tensor;

/// `trained-DIRECTION.json`: how a network was trained.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TorchNote {
    /// CRC-32 of the folder's manifest: which job it was.
    pub job: u32,
    /// CRC-32 of the weights.
    pub crc32: u32,
    /// Updates made.
    pub updates: u64,
    /// Name of the device.
    pub device: String,
    /// Version of PyTorch.
    pub torch: String,
    /// Number format of the products.
    pub precision: String,
    /// Tokens read in a second.
    pub tokens_per_second: f64,
}

/// Reads what `train.py` has trained in a folder of [`export_torch`](super::export_torch), evaluates it, and writes a
/// model folder.
///
/// # Errors
/// [`Error::Missing`] when a direction is not trained yet, [`Error::Config`] and [`Error::Checkpoint`] for files that
/// are damaged or belong to another job, [`Error::NotFinite`].
pub fn import_torch(
    path: &Path,
    runner: &Runner<'_>,
    threads: usize,
    target: FolderWriter,
) -> Result<Vec<DirectionScore>, Error> {
    let folder = ModelFolder::open(path)?;
    let bad = |name: &str, message: String| Error::Config { path: path.join(name), message };
    if !folder.has(JOB) {
        return Err(bad(JOB, "is missing: not a folder of `export torch`".into()));
    }
    let job: JobFile = serde_json::from_slice(&folder.read(JOB)?)
        .map_err(|error| bad(JOB, format!("not valid: {error}")))?;
    let mut bundle: LmBundle = LmBundle::from_folder(&folder)?;
    let open = |name: &str| TokenFile::open_in_folder(&path.join(name));
    let corpora = LmText { train: open(TRAIN)?, valid: open(VALID)? };
    let vocab = bundle.text.vocab().len();
    for (name, file) in [(TRAIN, &corpora.train), (VALID, &corpora.valid)] {
        let known = |end: usize, start: usize| {
            file.tokens(start..end).iter().all(|&id| (id as usize) < vocab)
        };
        let mut starts = (0..file.len()).step_by(1 << 20);
        if !starts.all(|start| known((start + (1 << 20)).min(file.len()), start)) {
            return Err(bad(name, "has ids that are not in the vocabulary".into()));
        }
    }
    job.recipe.check()?; // its batches are what the texts are scored in
    let manifest = path.join("manifest.json");
    let manifest = std::fs::read(&manifest).map_err(|source| CheckpointError::Io {
        action: "read",
        path: manifest,
        source,
    })?;
    let identity = crc32fast::hash(&manifest);
    let valid = (corpora.valid.token_count() > 1).then_some(&corpora.valid);
    let (mut scores, mut notes) = (Vec::new(), Vec::new());
    for (direction, network) in &mut bundle.networks {
        let direction = *direction;
        let (note, bytes) = trained(path, direction, identity)?;
        let batches = job.recipe.training.lm_batches(job.recipe.bptt_kind, direction);
        let before = score(network, valid, &batches, direction)?;
        let tensors = read_tensors(&bytes, &network.shapes())?;
        let tensors = tensors.into_iter();
        let tensors = tensors.map(|(name, t)| (name, Tensor::from_f32(&t.dims, &t.values)));
        let loaded = network.load(tensors.collect());
        loaded.map_err(|source| Error::Weights { path: path.to_owned(), source })?;
        if let Some(sums) = score(network, valid, &batches, direction)? {
            let before = before.filter(|_| job.base.is_some()).map(|before| before.perplexity());
            scores.push(DirectionScore::new(direction, &sums, before));
        }
        notes.push((direction, note));
    }
    bundle.check_answers()?;
    let stage = if job.base.is_some() { "finetune" } else { "pretrain" };
    let card = LmCard {
        stage,
        base: job.base,
        teacher: None,
        corpora: &corpora,
        recipe: &job.recipe,
        scores: &scores,
    };
    let mut metadata = card.write(&bundle, runner, job.seed, threads);
    for (direction, note) in &notes {
        let TorchNote { torch, device, precision, tokens_per_second, .. } = note;
        let [torch, device, precision] =
            [torch, device, precision].map(|text| markdown(&printable(text)));
        let _ = writeln!(
            metadata.card,
            "| trained by, {direction} | PyTorch {torch} on {device}, {precision}, {tokens_per_second:.0} tokens/s |"
        );
        metadata.run["torch"][direction.to_string()] = serde_json::json!(note);
    }
    bundle.save(target, &metadata)?;
    Ok(scores)
}

/// The note and the weights of a direction.
fn trained(path: &Path, direction: Direction, job: u32) -> Result<(TorchNote, Vec<u8>), Error> {
    let name = format!("trained-{direction}.json");
    let note = path.join(&name);
    if !note.exists() {
        return Err(Error::Missing {
            message: format!("{}: the {direction} network is not trained yet", path.display()),
            hint: Some(format!(
                "run `python {}`, which also continues",
                path.join("train.py").display()
            )),
        });
    }
    let read = |path: &Path| {
        std::fs::read(path).map_err(|source| CheckpointError::Io {
            action: "read",
            path: path.to_owned(),
            source,
        })
    };
    let bad = |path: &Path, message: String| Error::Config { path: path.to_owned(), message };
    let found: TorchNote = serde_json::from_slice(&read(&note)?)
        .map_err(|error| bad(&note, format!("not valid: {error}")))?;
    if found.job != job {
        return Err(bad(&note, "belongs to another job".into()));
    }
    let weights = path.join(format!("trained-{direction}.safetensors"));
    let bytes = read(&weights)?;
    if crc32fast::hash(&bytes) != found.crc32 {
        return Err(bad(&weights, "is damaged: its checksum is not that of the note".into()));
    }
    Ok((found, bytes))
}
