//! `ulmfit export`.

use crate::options::Common;
use crate::options::overwrite_of;
use crate::output::Output;
use std::path::PathBuf;
use ulmfit::checkpoint::{FolderWriter, ModelFolder};
use ulmfit::stages::{ClassifierBundle, LmBundle, NetworkConfig, read_config};

/// Makes another program's files of a model folder.
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
        /// Model folder
        model: PathBuf,
        /// Folder of the result
        #[arg(short, long, value_name = "DIR")]
        output: PathBuf,
        /// Replace a folder of ours that is already there
        #[arg(long)]
        overwrite: bool,
    },
}

pub(crate) fn run(args: &Args, _common: &Common, out: &mut Output) -> anyhow::Result<()> {
    let To::Fastai { model, output, overwrite } = &args.to;
    let mut folder = FolderWriter::create(output, overwrite_of(*overwrite))?;
    let files = match read_config(&ModelFolder::open(model)?)?.network {
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
    let text = format!("{} are in {}", names.join(", "), output.display());
    out.result(&serde_json::json!({ "folder": output, "files": names }), &text)
}
