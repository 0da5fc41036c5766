//! `ulmfit finetune`: stage 2.

use super::language::{Job, identity};
use crate::options::{
    BaseWordsOption, Common, DataOptions, DirectionOption, LanesOption, LmLearningOptions,
    RanksOption, RunOptions, VocabOptions,
};
use crate::output::Output;
use std::path::PathBuf;
use ulmfit::input::{HoldOut, VocabSource};
use ulmfit::models::{BaseModel, LmBundle, open_base};
use ulmfit::randomness::Purpose;
use ulmfit::run::{deal_lanes, same_on_all};
use ulmfit::stages::finetune;

/// Stage 2: fine-tune a language model on your texts.
///
/// Labels are not needed.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  ulmfit finetune en reviews.csv -o reviews-lm\n  \
    ulmfit finetune en train.jsonl unlabeled.jsonl.xz -o lm --epochs 5 --lr 0.002")]
pub(crate) struct Args {
    /// Language model to start from: a folder, or the built-in `en` or `en-base`
    base: PathBuf,
    /// Files of text: plain, CSV, JSONL, Parquet, compressed or not; `-` is standard input
    #[arg(required = true)]
    texts: Vec<PathBuf>,
    /// Validation text [default: 10 % of the documents are held out]
    #[arg(long, value_name = "FILE")]
    valid: Option<PathBuf>,
    /// Reading direction [default: the base model's]
    #[arg(long, value_enum)]
    direction: Option<DirectionOption>,
    #[command(flatten)]
    vocab: VocabOptions,
    #[command(flatten)]
    base_words: BaseWordsOption,
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
    let folder = open_base(&args.base)?;
    let (base, origin) = (LmBundle::from_folder(&folder)?, BaseModel::of(&folder));
    args.vocab
        .refuse_beside_base(base.text.config(), "make another model with `ulmfit pretrain`")?;
    let directions = DirectionOption::or_those_of(args.direction, &base);
    base.require(&directions)?;
    let recipe = args.learning.recipe()?.finetune;
    let mut overrides = args.learning.overrides();
    args.lanes.put_into(&mut overrides);
    let checked = recipe.checked(&overrides, base.networks[0].1.config().layers + 1)?;
    let ranks = args.ranks.ranks()?;
    deal_lanes(&*ranks, checked.lanes, crate::failure::options())?;
    same_on_all(&*ranks, &identity(&checked, common.seed))?;
    let job = Job {
        stage: "finetune",
        base: Some(origin),
        texts: &args.texts,
        valid: args.valid.as_ref(),
        hold_out: HoldOut::new(10, Purpose::FinetuneHoldOut.key(common.seed)),
        data: &args.data,
        recipe: &recipe,
        overrides,
        directions: &directions,
        run: &args.run,
        teacher: args.teacher.as_deref(),
        ranks,
    };
    let own = base.text.clone();
    let vocab = args.base_words.apply(args.vocab.vocab_config());
    job.run(VocabSource::Adapt(&own, &vocab), common, out, |runner, text, job| {
        finetune(runner, base, text, job)
    })
}
