//! `ulmfit import`.

use super::torch;
use crate::options::{Common, DirectionOption, Target};
use crate::output::Output;
use std::path::{Path, PathBuf};
use ulmfit::Error;
use ulmfit::checkpoint::hash_file;
use ulmfit::models::{FromFastai, ModelMetadata, from_fastai, from_hugging_face};

/// Import a model from another program.
///
/// The result is a model folder like any other.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    from: From,
}

#[derive(Debug, clap::Subcommand)]
enum From {
    /// Weights and vocabulary of fastai (1 or 2); nothing in the files is executed
    #[command(after_help = "Example:\n  ulmfit import fastai lstm_fwd.pth itos_wt103.pkl -o wt103")]
    Fastai {
        /// Weights, as written by `Learner.save` or `save_encoder`
        weights: PathBuf,
        /// Pickled vocabulary
        vocab: PathBuf,
        /// Reading direction of the model, which the files do not record
        #[arg(long, value_enum, default_value = "forward")]
        direction: DirectionOption,
        #[command(flatten)]
        target: Target,
    },
    /// A language model trained with PyTorch in a folder made by `export torch`
    #[command(
        after_help = "Checks the hashes, evaluates the model, and writes its card.\n\nExample:\n  \
        ulmfit import torch job -o lm"
    )]
    Torch {
        /// Folder made by `export torch`
        job: PathBuf,
        #[command(flatten)]
        target: Target,
    },
    /// A sentence encoder of the BERT family, as Hugging Face hosts them
    #[command(
        after_help = "Reads config.json, model.safetensors and tokenizer.json; no pickled file is opened.\n\n\
        Example:\n  ulmfit import hf all-MiniLM-L6-v2 -o minilm-base"
    )]
    Hf {
        /// Folder of the encoder: BERT, MiniLM, DistilBERT, RoBERTa, XLM-R
        folder: PathBuf,
        #[command(flatten)]
        target: Target,
    },
}

pub(crate) fn run(args: &Args, common: &Common, out: &mut Output) -> anyhow::Result<()> {
    match &args.from {
        From::Fastai { weights, vocab, direction, target } => {
            let kind = fastai(weights, vocab, *direction, target, common)?;
            tell(target, kind, out)
        }
        From::Torch { job, target } => torch::import(job, target, common, out),
        From::Hf { folder, target } => {
            hugging_face(folder, target, common)?;
            tell(target, "sentence encoder", out)
        }
    }
}

fn fastai(
    weights: &Path,
    vocab: &Path,
    direction: DirectionOption,
    target: &Target,
    common: &Common,
) -> anyhow::Result<&'static str> {
    let &[direction] = direction.directions().as_slice() else {
        let message =
            "a fastai file holds one direction; use --direction forward or backward".to_owned();
        return Err(Error::Usage { message, hint: None }.into());
    };
    let folder = target.create()?;
    let run = serde_json::json!({
        "schema": 1, "stage": "import", "from": "fastai", "seed": common.seed,
        "weights": name(weights), "vocabulary": name(vocab),
        "weights_blake3": hash_file(weights)?,
    });
    let card =
        "# A model imported from fastai\n\nIts licence is that of the files it was made of.\n";
    let metadata = ModelMetadata { card: card.into(), run, ..ModelMetadata::default() };
    Ok(match from_fastai(weights, vocab, direction)? {
        FromFastai::LanguageModel(model) => {
            model.save(folder, &metadata)?;
            "language model"
        }
        FromFastai::Classifier(model) => {
            model.save(folder, &metadata)?;
            "classifier"
        }
    })
}

fn hugging_face(from: &Path, target: &Target, common: &Common) -> anyhow::Result<()> {
    let folder = target.create()?;
    let encoder = from_hugging_face(from)?;
    let run = serde_json::json!({
        "schema": 1, "stage": "import", "from": "hugging-face", "seed": common.seed,
        "folder": name(from),
        // a file in the cache of the Hub is a link
        "weights_blake3": hash_file(&from.join("model.safetensors").canonicalize()?)?,
    });
    let card = "# A sentence encoder imported from a Hugging Face folder\n\n\
                Its licence is that of the files it was made of.\n";
    let metadata = ModelMetadata { card: card.into(), run, ..ModelMetadata::default() };
    Ok(encoder.save(folder, &metadata)?)
}

/// The last part of a path.
fn name(path: &Path) -> Option<String> {
    path.file_name().map(|name| name.to_string_lossy().into_owned())
}

fn tell(target: &Target, kind: &str, out: &mut Output) -> anyhow::Result<()> {
    let text = format!("the {kind} is in {}", target.output.display());
    out.result(&serde_json::json!({ "model": target.output, "kind": kind }), &text)
}
