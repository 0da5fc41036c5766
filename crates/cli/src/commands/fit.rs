//! `ulmfit fit`: all stages.

use crate::options::{
    BaseWordsOption, ClassifierOptions, Common, DataOptions, DirectionOption, FROM_SCRATCH,
    FoldsOption, LabelledRows, LearningOptions, NetworkOptions, RunOptions, VocabOptions,
};
use crate::output::Output;
use crate::progress::Terminal;
use std::path::PathBuf;
use ulmfit::data::readers::Columns;
use ulmfit::{Base, Trainer};

/// Trains a classifier on labelled texts and reports how good it is; the command most people need.
///
/// Fine-tunes a language model on your texts, labelled or not, and then trains the classifier.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  ulmfit fit tickets.csv -o tickets --text subject --text body --label team\n  \
    ulmfit fit train.jsonl.xz --test test.jsonl.xz --unlabeled more.txt -o model --base en"
)]
pub(crate) struct Args {
    #[command(flatten)]
    rows: LabelledRows,
    /// Language model to start from: a folder, `en` or `en-base` inside this program, or `none` to
    /// train from scratch [default: `en`]
    #[arg(long, value_name = "MODEL")]
    base: Option<PathBuf>,
    /// Unlabelled texts, for the language model and for self-training of the classifier: see
    /// --self-training
    #[arg(long, value_name = "PATH")]
    unlabeled: Vec<PathBuf>,
    /// Reading direction [default: those of the base; from scratch, forward]
    #[arg(long, value_enum)]
    direction: Option<DirectionOption>,
    /// Epochs of the language model [default: the recipe's]
    #[arg(long, value_name = "N")]
    lm_epochs: Option<usize>,
    /// Peak learning rate of the language model [default: the recipe's]
    #[arg(long, value_name = "RATE")]
    lm_lr: Option<f64>,
    #[command(flatten)]
    network: NetworkOptions,
    #[command(flatten)]
    vocab: VocabOptions,
    #[command(flatten)]
    base_words: BaseWordsOption,
    #[command(flatten)]
    classifier: ClassifierOptions,
    #[command(flatten)]
    folds: FoldsOption,
    #[command(flatten)]
    data: DataOptions,
    #[command(flatten)]
    learning: LearningOptions,
    #[command(flatten)]
    run: RunOptions,
}

pub(crate) fn run(args: &Args, common: &Common, out: &mut Output) -> anyhow::Result<()> {
    let base = args.base.as_deref().map_or_else(Base::default, Base::from).load()?;
    if let Some(base) = &base {
        args.network.refuse_beside_base()?;
        args.vocab.refuse_beside_base(base.model.text.config(), FROM_SCRATCH)?;
    }
    args.learning.check_unlabeled(&args.unlabeled)?;
    if base.is_none() {
        args.base_words.refuse_without_base()?;
    }
    let mut trainer = Trainer::new()
        .recipe(args.learning.recipe()?)
        .overrides(args.learning.overrides())
        .lm_overrides(args.learning.lm_overrides(args.lm_epochs, args.lm_lr))
        .network(args.network.sizes(0))
        .tokenizer(args.vocab.text_config())
        .vocabulary(args.base_words.apply(args.vocab.vocab_config()))
        .unlabeled(args.unlabeled.clone());
    if let Some(direction) = args.direction {
        trainer = trainer.directions(&direction.directions());
    }
    trainer = args.run.configure(args.classifier.configure(trainer, common.seed));
    trainer = args.folds.configure(trainer);
    args.run.claim()?;
    let mut terminal = Terminal::new(common);
    let columns = if args.folds.is_given() { Columns::Keep } else { Columns::Drop };
    let examples = args.rows.read(&args.data, &args.unlabeled, columns, &mut terminal)?;
    crate::signals::install(); // not before there is something to save
    let trained = trainer.fit_on(base, examples, &mut terminal)?;
    super::train::save(&trained, &args.run, &mut terminal, out)
}
