//! `ulmfit demo`: the main job on embedded mails.

use super::Command;
use crate::options::Common;
use crate::options::folder_name;
use crate::output::Output;
use crate::stderr::say;
use anyhow::Context;
use clap::Parser;
use std::path::{Path, PathBuf};

/// The mails of assets/demo, as they are.
const MAILS: [(&str, &[u8]); 3] = [
    ("train.jsonl.xz", include_bytes!("../../../../assets/demo/train.jsonl.xz")),
    ("unlabeled.jsonl.xz", include_bytes!("../../../../assets/demo/unlabeled.jsonl.xz")),
    ("test.jsonl.xz", include_bytes!("../../../../assets/demo/test.jsonl.xz")),
];

/// Train a spam filter on built-in example mails.
///
/// 100 labelled mails are for training, 600 others for scoring. Writes the mails to a folder and runs
/// `ulmfit fit` on them.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  ulmfit demo -o spam-filter")]
pub(crate) struct Args {
    /// Folder for the mails and the model
    #[arg(short, long, value_name = "DIR", value_parser = folder_name(), default_value = "ulmfit-demo")]
    output: PathBuf,
}

/// A command line inside the program.
#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

pub(crate) fn run(args: &Args, common: &Common, out: &mut Output) -> anyhow::Result<()> {
    std::fs::create_dir_all(&args.output)
        .with_context(|| format!("cannot create {}", args.output.display()))?;
    for (name, bytes) in MAILS {
        let path = args.output.join(name);
        std::fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    }
    let path = |name: &str| args.output.join(name).display().to_string();
    let (train, test, model) = (path("train.jsonl.xz"), path("test.jsonl.xz"), path("model"));
    let words = ["fit", &train, "--test", &test, "--output", &model, "--overwrite"];
    if !common.quiet {
        say(&format!("ulmfit {}", words.join(" ")));
    }
    let line = Line::parse_from(std::iter::once("ulmfit").chain(words));
    super::run(&line.command, common, out)?;
    if !common.quiet && Path::new(&path("model")).exists() {
        say(&format!(
            "try: echo 'You have won! Click here to claim your free prize.' | ulmfit predict {}",
            path("model")
        ));
    }
    Ok(())
}
