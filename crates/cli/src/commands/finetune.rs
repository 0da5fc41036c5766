//! `ulmfit finetune`: stage 2.

use crate::options::{
    Common, DataOptions, DirectionOption, LearningOptions, RunOptions, VocabOptions, thread_count,
};
use crate::output::Output;
use crate::progress::Terminal;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use ulmfit::Error;
use ulmfit::stages::{
    DirectionScore, LmBundle, LmPapers, LmText, encode, finetune, hold_out, read_texts,
};
use ulmfit::text::Direction;

/// Lets a language model learn your own texts; labels are not needed.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  ulmfit finetune en reviews.csv -o reviews-lm\n  \
    ulmfit finetune en train.jsonl unlabeled.jsonl.xz -o lm --epochs 5 --lr 0.002")]
pub(crate) struct Args {
    /// Folder of the language model to start from
    base: PathBuf,
    /// Files of text: plain, CSV, JSONL, Parquet, compressed or not; `-` is standard input
    #[arg(required = true)]
    texts: Vec<PathBuf>,
    /// Text to judge the model by [default: one document in ten]
    #[arg(long, value_name = "FILE")]
    valid: Option<PathBuf>,
    /// Reading direction [default: those of the base]
    #[arg(long, value_enum)]
    direction: Option<DirectionOption>,
    #[command(flatten)]
    vocab: VocabOptions,
    #[command(flatten)]
    data: DataOptions,
    #[command(flatten)]
    learning: LearningOptions,
    #[command(flatten)]
    run: RunOptions,
}

pub(crate) fn run(args: &Args, common: &Common, out: &mut Output) -> anyhow::Result<()> {
    let base = LmBundle::load(&args.base)?;
    let directions: Vec<Direction> = match args.direction {
        Some(direction) => direction.directions(),
        None => base.networks.iter().map(|(direction, _)| *direction).collect(),
    };
    let mut recipe = args.learning.recipe()?.finetune;
    args.learning.apply(&mut recipe, base.networks[0].1.config().layers + 1)?;
    let folder = args.run.claim()?;
    let mut terminal = Terminal::new(common);
    let options = args.data.read_options();
    let documents = read_texts(&args.texts, &options, &mut terminal)?;
    let key = ulmfit::Key::new(common.seed).child(51);
    let (train, valid) = match &args.valid {
        Some(valid) => {
            (documents, read_texts(std::slice::from_ref(valid), &options, &mut terminal)?)
        }
        None => hold_out(documents, 0.1, key),
    };
    let documents = train.iter().cloned().map(Ok::<_, Error>);
    let text = base.text.rebuild(&args.vocab.vocab_config(), documents)?;
    let corpora = LmText {
        train: encode(&text, &train, &mut terminal),
        valid: encode(&text, &valid, &mut terminal),
    };
    let mut runner = args.run.runner(&mut terminal)?;
    let (bundle, scores) =
        finetune(&mut runner, base, text, &corpora, &directions, &recipe, common.seed)?;
    let papers =
        LmPapers { stage: "finetune", corpora: &corpora, recipe: &recipe, scores: &scores };
    bundle.save(folder, &papers.write(&bundle, &runner, common.seed, thread_count()))?;
    runner.clean()?;
    show(&scores, args.run.path(), out)
}

/// Prints the scores of a language model just trained.
pub(super) fn show(scores: &[DirectionScore], path: &Path, out: &mut Output) -> anyhow::Result<()> {
    let mut text = String::new();
    for score in scores {
        let (direction, loss, perplexity) = (score.direction, score.loss, score.perplexity);
        writeln!(text, "{direction}: validation perplexity {perplexity:.2}, loss {loss:.4}")?;
    }
    writeln!(text, "the model is in {}", path.display())?;
    out.result(&serde_json::json!({ "model": path, "validation": scores }), &text)
}
