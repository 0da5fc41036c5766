//! `ulmfit pretrain`: stage 1.

use super::language::{Job, identity};
use crate::options::{
    Common, DataOptions, DirectionOption, LanesOption, LmLearningOptions, NetworkOptions,
    RanksOption, RunOptions, VocabOptions,
};
use crate::output::Output;
use std::path::PathBuf;
use ulmfit::input::{HoldOut, VocabSource};
use ulmfit::randomness::Purpose;
use ulmfit::run::{deal_lanes, same_on_all};
use ulmfit::stages::pretrain;

/// Stage 1: pretrain a language model on general text.
///
/// Wikipedia is such a text.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  ulmfit pretrain wiki-*.txt.xz -o en\n  \
    ulmfit pretrain wiki.jsonl -o en --direction both --emb 400 --hid 1152 --epochs 10")]
pub(crate) struct Args {
    /// Files of text: plain, CSV, JSONL, Parquet, compressed or not; `-` is standard input
    #[arg(required = true)]
    texts: Vec<PathBuf>,
    /// Validation text [default: 1 % of the documents are held out]
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
    learning: LmLearningOptions,
    /// Sentence encoder to distil: the language model learns its sentence vectors, besides the next word. A
    /// folder, or the built-in `minilm`, which is for English
    #[arg(long, value_name = "MODEL")]
    teacher: Option<PathBuf>,
    #[command(flatten)]
    lanes: LanesOption,
    #[command(flatten)]
    ranks: RanksOption,
    #[command(flatten)]
    run: RunOptions,
}

pub(crate) fn run(args: &Args, common: &Common, out: &mut Output) -> anyhow::Result<()> {
    args.data.refuse_labels()?;
    let directions = args.direction.directions();
    let recipe = args.learning.recipe()?.pretrain;
    let mut overrides = args.learning.overrides();
    args.lanes.put_into(&mut overrides);
    let checked = recipe.checked(&overrides, args.network.sizes(0).layers + 1)?;
    let ranks = args.ranks.ranks()?;
    deal_lanes(&*ranks, checked.lanes, crate::failure::options())?;
    same_on_all(&*ranks, &identity(&checked, common.seed))?;
    let job = Job {
        stage: "pretrain",
        base: None,
        texts: &args.texts,
        valid: args.valid.as_ref(),
        hold_out: HoldOut::new(100, Purpose::PretrainHoldOut.key(common.seed)),
        data: &args.data,
        recipe: &recipe,
        overrides,
        directions: &directions,
        run: &args.run,
        teacher: args.teacher.as_deref(),
        ranks,
    };
    let (config, vocab) = (args.vocab.text_config(), args.vocab.vocab_config());
    job.run(VocabSource::Build(&config, &vocab), common, out, |runner, text, job| {
        let sizes = args.network.sizes(text.vocab().len());
        pretrain(runner, text, sizes, job)
    })
}
