//! `ulmfit export`.

use super::torch;
use crate::options::{Common, Target};
use crate::output::Output;
use anyhow::Context;
use std::path::{Path, PathBuf};
use ulmfit::checkpoint::Dtype;
use ulmfit::models::onnx::export_onnx;
use ulmfit::models::{ClassifierBundle, LmBundle, NetworkConfig, compact, open_model, read_config};

/// Export a model to another program.
///
/// Writes a model for fastai or ONNX, a training for PyTorch, or a smaller copy of a model.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    to: To,
}

#[derive(Debug, clap::Subcommand)]
enum To {
    /// Weights (.pth) and vocabulary (.pkl) for fastai 2
    #[command(after_help = "Example:\n  ulmfit export fastai model -o for-fastai")]
    Fastai {
        /// Model folder, or a built-in language model, `en` or `en-base`
        model: PathBuf,
        #[command(flatten)]
        target: Target,
    },
    /// One ONNX file for a classifier, with vocabulary and a check
    #[command(
        after_help = "The classifier must be of the default method (`ulmfit`). The tokenizer is not in the ONNX file: \
        the README of the\nfolder says how to get tokens.\n\nExample:\n  ulmfit export onnx model -o for-onnx"
    )]
    Onnx {
        /// Folder of a classifier
        model: PathBuf,
        #[command(flatten)]
        target: Target,
    },
    /// A language model and texts, to train it with PyTorch on a GPU
    #[command(
        after_help = "Writes a folder with the texts as token ids, the weights to start from, and a program that needs \
        PyTorch\nand safetensors. `ulmfit import torch` makes a model of what it trains.\n\nExamples:\n  \
        ulmfit export torch en reviews.csv -o job --direction both\n  \
        ulmfit export torch none wiki.jsonl -o job --emb 400 --hid 1152 --batch-size 256"
    )]
    Torch(Box<torch::ExportArgs>),
    /// A model folder with smaller weights; also joins a forward and a backward model
    #[command(
        after_help = "Examples:\n  ulmfit export compact model -o small-model --store f16\n  \
        ulmfit export compact lm-forward lm-backward -o lm --store f32"
    )]
    Compact {
        /// A model folder, or two to join: both of language models or both of classifiers
        #[arg(required = true, num_args = 1..=2)]
        models: Vec<PathBuf>,
        /// Number format of the stored weights
        #[arg(long, value_enum, default_value_t = Dtype::Int8)]
        store: Dtype,
        /// File with the text of the new model card [default: the first model's]
        #[arg(long, value_name = "FILE")]
        card: Option<PathBuf>,
        #[command(flatten)]
        target: Target,
    },
}

pub(crate) fn run(args: &Args, common: &Common, out: &mut Output) -> anyhow::Result<()> {
    match &args.to {
        To::Fastai { model, target } => fastai(model, target, out),
        To::Onnx { model, target } => {
            let names = export_onnx(model, target.create()?)?;
            tell(target, &names, out)
        }
        To::Torch(args) => torch::export(args, common, out),
        To::Compact { models, store, card, target } => {
            let folder = target.create()?;
            let read = |path: &PathBuf| {
                std::fs::read_to_string(path)
                    .with_context(|| format!("cannot read {}", path.display()))
            };
            compact(models, *store, card.as_ref().map(read).transpose()?, folder)?;
            let text = format!("the model is in {}", target.output.display());
            out.result(&serde_json::json!({ "model": target.output }), &text)
        }
    }
}

fn fastai(model: &Path, target: &Target, out: &mut Output) -> anyhow::Result<()> {
    let mut folder = target.create()?;
    let config = read_config(&open_model(model)?)?;
    let files = match config.network {
        NetworkConfig::LanguageModel(_) => LmBundle::load(model)?.to_fastai()?,
        _ => ClassifierBundle::load(model)?.to_fastai()?,
    };
    let mut names = Vec::new();
    for (direction, exported) in files {
        for (end, bytes) in [("pth", exported.weights), ("pkl", exported.vocabulary)] {
            let name = format!("{direction}.{end}");
            folder.write(&name, &bytes)?;
            names.push(name);
        }
    }
    if let Some(page) = config.fastai_readme() {
        folder.write("README.md", page.as_bytes())?;
    }
    folder.finish()?;
    tell(target, &names, out)
}

fn tell(target: &Target, names: &[String], out: &mut Output) -> anyhow::Result<()> {
    let text = format!("{} are in {}", names.join(", "), target.output.display());
    out.result(&serde_json::json!({ "folder": target.output, "files": names }), &text)
}
