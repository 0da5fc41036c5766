//! `ulmfit export`.

use crate::options::Common;
use crate::options::overwrite_of;
use crate::output::Output;
use anyhow::Context;
use std::path::{Path, PathBuf};
use ulmfit::checkpoint::{Dtype, FolderWriter};
use ulmfit::models::{ClassifierBundle, LmBundle, NetworkConfig, compact, open_model, read_config};

/// Writes a model for another program, or a smaller one.
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
        /// Model folder, or `en` or `en-base`, language models inside this program
        model: PathBuf,
        #[command(flatten)]
        target: Target,
    },
    /// A model folder with smaller weights; joins a forward and a backward one
    #[command(
        after_help = "Examples:\n  ulmfit export compact model -o small-model --store f16\n  \
        ulmfit export compact lm-forward lm-backward -o lm --store f32"
    )]
    Compact {
        /// A model folder, or those of two language models or two classifiers
        #[arg(required = true, num_args = 1..=2)]
        models: Vec<PathBuf>,
        /// How weights are stored
        #[arg(long, value_enum, default_value_t = Store::Int8)]
        store: Store,
        /// Text of the new model card [default: the first model's]
        #[arg(long, value_name = "FILE")]
        card: Option<PathBuf>,
        #[command(flatten)]
        target: Target,
    },
}

#[derive(Debug, clap::Args)]
struct Target {
    /// Folder of the result
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// Replace a folder of ours that is already there
    #[arg(long)]
    overwrite: bool,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Store {
    /// As they are
    F32,
    /// 16 bits
    F16,
    /// 8-bit integers with a scale a row
    Int8,
    /// 6-bit integers with a scale a row
    Int6,
}

pub(crate) fn run(args: &Args, _common: &Common, out: &mut Output) -> anyhow::Result<()> {
    match &args.to {
        To::Fastai { model, target } => fastai(model, target, out),
        To::Compact { models, store, card, target } => {
            let folder = FolderWriter::create(&target.output, overwrite_of(target.overwrite))?;
            let dtype = match store {
                Store::F32 => Dtype::F32,
                Store::F16 => Dtype::F16,
                Store::Int8 => Dtype::Int8,
                Store::Int6 => Dtype::Int6,
            };
            let read = |path: &PathBuf| {
                std::fs::read_to_string(path)
                    .with_context(|| format!("cannot read {}", path.display()))
            };
            compact(models, dtype, card.as_ref().map(read).transpose()?, folder)?;
            let text = format!("the model is in {}", target.output.display());
            out.result(&serde_json::json!({ "model": target.output }), &text)
        }
    }
}

fn fastai(model: &Path, target: &Target, out: &mut Output) -> anyhow::Result<()> {
    let mut folder = FolderWriter::create(&target.output, overwrite_of(target.overwrite))?;
    let files = match read_config(&open_model(model)?)?.network {
        NetworkConfig::LanguageModel(_) => LmBundle::load(model)?.to_fastai()?,
        NetworkConfig::Classifier(_) => ClassifierBundle::load(model)?.to_fastai()?,
    };
    let mut names = Vec::new();
    for (direction, exported) in files {
        for (end, bytes) in [("pth", exported.weights), ("pkl", exported.vocabulary)] {
            let name = format!("{direction}.{end}");
            folder.write(&name, &bytes)?;
            names.push(name);
        }
    }
    folder.finish()?;
    let text = format!("{} are in {}", names.join(", "), target.output.display());
    out.result(&serde_json::json!({ "folder": target.output, "files": names }), &text)
}
