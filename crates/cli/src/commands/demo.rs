//! `ulmfit demo`: the main job on embedded mails.

use super::Command;
use crate::options::Common;
use crate::output::Output;
use crate::stderr::say;
use anyhow::Context;
use clap::Parser;
use std::path::{Path, PathBuf};
use ulmfit::data::Record;
use ulmfit::data::readers::read_all;
use ulmfit::data::readers::{LabelUse, ReadOptions};

/// The mails of assets/demo, as they are.
const MAILS: [(&str, &[u8]); 3] = [
    ("train.jsonl.xz", include_bytes!("../../../../assets/demo/train.jsonl.xz")),
    ("unlabeled.jsonl.xz", include_bytes!("../../../../assets/demo/unlabeled.jsonl.xz")),
    ("test.jsonl.xz", include_bytes!("../../../../assets/demo/test.jsonl.xz")),
];

/// One in this many unlabelled mails is read, so that the demo takes three minutes; not the first
/// ones, which are nearly all good.
const UNLABELED: usize = 2;

/// Trains a spam filter on 100 labelled and 612 unlabelled mails that are part of this program.
///
/// Writes the mails to a folder and runs `ulmfit fit` on them.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  ulmfit demo -o spam-filter")]
pub(crate) struct Args {
    /// Folder for the mails and the model
    #[arg(short, long, value_name = "DIR", default_value = "ulmfit-demo")]
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
    let all = args.output.join("unlabeled.jsonl.xz");
    let options = ReadOptions { labels: LabelUse::Ignored, ..ReadOptions::default() };
    let (mails, _) = read_all(&all, &options)?;
    let line = |mail: &Record| serde_json::json!({ "text": mail.fields[0] }).to_string() + "\n";
    let some: String = mails.iter().step_by(UNLABELED).map(line).collect();
    let few = args.output.join("unlabeled.jsonl");
    std::fs::write(&few, some).with_context(|| format!("cannot write {}", few.display()))?;
    let words = [
        "fit",
        &path("train.jsonl.xz"),
        "--unlabeled",
        &path("unlabeled.jsonl"),
        "--test",
        &path("test.jsonl.xz"),
        "--output",
        &path("model"),
        "--direction", // one of the two, few words, each text read once: see `UNLABELED`
        "forward",
        "--base-words",
        "seen",
        "--lm-epochs",
        "1",
        "--self-training", // it would help, but take as long again
        "0",
        "--overwrite",
    ];
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
