//! `ulmfit train`: stage 3.

use crate::options::{
    ClassifierOptions, Common, DataOptions, DirectionOption, FoldsOption, LabelledRows,
    LearningOptions, RunOptions,
};
use crate::output::Output;
use crate::progress::Terminal;
use std::path::PathBuf;
use ulmfit::data::readers::Columns;
use ulmfit::run::Progress;
use ulmfit::{Base, Trained, Trainer};

/// Stage 3: train a classifier on a language model.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  ulmfit train reviews-lm reviews.csv -o reviews-model\n  \
    ulmfit train lm train.jsonl --test test.jsonl -o model --unfreeze full --epochs 10")]
pub(crate) struct Args {
    /// Language model: a folder, or the built-in `en` or `en-base`
    lm: PathBuf,
    #[command(flatten)]
    rows: LabelledRows,
    /// Unlabelled texts for self-training: see --self-training
    #[arg(long, value_name = "PATH")]
    unlabeled: Vec<PathBuf>,
    /// Reading direction [default: the language model's]
    #[arg(long, value_enum)]
    direction: Option<DirectionOption>,
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
    args.learning.check_unlabeled(&args.unlabeled)?;
    let base = Base::Folder(args.lm.clone()).load()?;
    let mut trainer = Trainer::new()
        .classifier_only()
        .test_share(0.0)
        .recipe(args.learning.recipe()?)
        .overrides(args.learning.overrides())
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
    save(&trained, &args.run, &mut terminal, out)
}

/// Saves a classifier, removes the run folder and prints the report.
pub(super) fn save(
    trained: &Trained,
    run: &RunOptions,
    terminal: &mut Terminal,
    out: &mut Output,
) -> anyhow::Result<()> {
    let path = run.path();
    trained.save(path)?;
    terminal.note(&format!("the report is {}", path.join("report.html").display()));
    let (report, path) = (trained.report(), path.display());
    out.result(
        report,
        &format!("{report}\nthe model is in {path}; next: ulmfit predict {path} FILE"),
    )
}
