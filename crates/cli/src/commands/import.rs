//! `ulmfit import`.

use crate::options::overwrite_of;
use crate::options::{Common, DirectionOption};
use crate::output::Output;
use std::path::{Path, PathBuf};
use ulmfit::Error;
use ulmfit::checkpoint::FolderWriter;
use ulmfit::models::{FromFastai, ModelMetadata, from_fastai};

/// Imports a model of another program as a model folder.
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
        /// Weights: Learner.save or save_encoder
        weights: PathBuf,
        /// Pickled vocabulary
        vocab: PathBuf,
        /// Reading direction of the model, which the files do not record
        #[arg(long, value_enum, default_value = "forward")]
        direction: DirectionOption,
        /// Output folder
        #[arg(short, long, value_name = "DIR")]
        output: PathBuf,
        /// Replace an existing output folder
        #[arg(long)]
        overwrite: bool,
    },
}

pub(crate) fn run(args: &Args, common: &Common, out: &mut Output) -> anyhow::Result<()> {
    let From::Fastai { weights, vocab, direction, output, overwrite } = &args.from;
    let &[direction] = direction.directions().as_slice() else {
        let message =
            "a fastai file holds one direction; use --direction forward or backward".to_owned();
        return Err(Error::Usage { message, hint: None }.into());
    };
    let folder = FolderWriter::create(output, overwrite_of(*overwrite))?;
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    let run = serde_json::json!({
        "schema": 1, "stage": "import", "from": "fastai", "seed": common.seed,
        "weights": name(weights), "vocabulary": name(vocab),
        "weights_blake3": ulmfit::checkpoint::hash_file(weights)?,
    });
    let card =
        "# A model imported from fastai\n\nIts licence is that of the files it was made of.\n";
    let metadata = ModelMetadata { card: card.into(), run, ..ModelMetadata::default() };
    let kind = match from_fastai(weights, vocab, direction)? {
        FromFastai::LanguageModel(model) => {
            model.save(folder, &metadata)?;
            "language model"
        }
        FromFastai::Classifier(model) => {
            model.save(folder, &metadata)?;
            "classifier"
        }
    };
    let text = format!("the {kind} is in {}", output.display());
    out.result(&serde_json::json!({ "model": output, "kind": kind }), &text)
}
