//! `ulmfit pretrain`: stage 1.

use crate::options::{
    Common, DataOptions, DirectionOption, LearningOptions, NetworkOptions, RunOptions,
    VocabOptions, thread_count,
};
use crate::output::Output;
use crate::progress::Terminal;
use std::path::PathBuf;
use ulmfit::model::AwdLstmConfig;
use ulmfit::stages::{LmPapers, LmText, encode, hold_out, learn_vocab, pretrain, read_texts};

/// Trains a language model on general text, say Wikipedia.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  ulmfit pretrain wiki-*.txt.xz -o en\n  \
    ulmfit pretrain wiki.jsonl -o en --direction both --emb 400 --hid 1152 --epochs 10")]
pub(crate) struct Args {
    /// Files of text: plain, CSV, JSONL, Parquet, compressed or not; `-` is standard input
    #[arg(required = true)]
    texts: Vec<PathBuf>,
    /// Text to judge the model by [default: one document in a hundred]
    #[arg(long, value_name = "FILE")]
    valid: Option<PathBuf>,
    /// Reading direction
    #[arg(long, value_enum, default_value = "forward")]
    direction: DirectionOption,
    #[command(flatten)]
    network: NetworkOptions,
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
    let directions = args.direction.directions();
    let mut recipe = args.learning.recipe()?.pretrain;
    args.learning.apply(&mut recipe, args.network.layers as usize + 1)?;
    let folder = args.run.claim()?;
    let mut terminal = Terminal::new(common);
    let options = args.data.read_options();
    let documents = read_texts(&args.texts, &options, &mut terminal)?;
    let key = ulmfit::Key::new(common.seed).child(50);
    let (train, valid) = match &args.valid {
        Some(valid) => {
            (documents, read_texts(std::slice::from_ref(valid), &options, &mut terminal)?)
        }
        None => hold_out(documents, 0.01, key),
    };
    let text = learn_vocab(&args.vocab.text_config(), &args.vocab.vocab_config(), &train)?;
    let corpora = LmText {
        train: encode(&text, &train, &mut terminal),
        valid: encode(&text, &valid, &mut terminal),
    };
    drop((train, valid));
    let sizes = AwdLstmConfig {
        vocab: text.vocab().len(),
        emb: args.network.emb as usize,
        hid: args.network.hid as usize,
        layers: args.network.layers as usize,
    };
    let mut runner = args.run.runner(&mut terminal)?;
    let (bundle, scores) =
        pretrain(&mut runner, text, &corpora, sizes, &directions, &recipe, common.seed)?;
    let papers =
        LmPapers { stage: "pretrain", corpora: &corpora, recipe: &recipe, scores: &scores };
    bundle.save(folder, &papers.write(&bundle, &runner, common.seed, thread_count()))?;
    runner.clean()?;
    super::finetune::show(&scores, args.run.path(), out)
}
