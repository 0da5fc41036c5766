//! `ulmfit train`: stage 3.

use crate::labelled_files::LabelledFiles;
use crate::options::{
    ClassifierOptions, Common, DataOptions, DirectionOption, LearningOptions, RunOptions,
    thread_count,
};
use crate::output::Output;
use crate::progress::Terminal;
use std::path::PathBuf;
use ulmfit::checkpoint::FolderWriter;
use ulmfit::data::readers::ReadOptions;
use ulmfit::input::RowsInput;
use ulmfit::models::{BaseModel, LmBundle, open_base};
use ulmfit::run::Runner;
use ulmfit::stages::{Outcome, TrainInput, TrainOptions, train};

/// Trains a classifier on a language model.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  ulmfit train reviews-lm reviews.csv -o reviews-model\n  \
    ulmfit train lm train.jsonl --test test.jsonl -o model --unfreeze full --epochs 10")]
pub(crate) struct Args {
    /// Language model: a folder, or `en` or `en-base` inside this program
    lm: PathBuf,
    /// Labelled rows: CSV, TSV, JSONL, Parquet, a folder a class
    data_file: PathBuf,
    /// Texts without labels that a first classifier labels for a second one: see --self-training
    #[arg(long, value_name = "PATH")]
    unlabeled: Vec<PathBuf>,
    /// Rows to choose by [default: see --valid-share]
    #[arg(long, value_name = "FILE")]
    valid: Option<PathBuf>,
    /// Rows for the final score, touched once
    #[arg(long, value_name = "FILE")]
    test: Option<PathBuf>,
    /// Reading direction [default: those of the language model]
    #[arg(long, value_enum)]
    direction: Option<DirectionOption>,
    #[command(flatten)]
    classifier: ClassifierOptions,
    #[command(flatten)]
    data: DataOptions,
    #[command(flatten)]
    learning: LearningOptions,
    #[command(flatten)]
    run: RunOptions,
}

pub(crate) fn run(args: &Args, common: &Common, out: &mut Output) -> anyhow::Result<()> {
    let folder = open_base(&args.lm)?;
    let (lm, origin) = (LmBundle::from_folder(&folder)?, BaseModel::of(&folder));
    let directions = DirectionOption::or_those_of(args.direction, &lm);
    let mut recipe = args.learning.recipe()?.train;
    args.learning.apply(&mut recipe, lm.networks[0].1.config().layers + 2)?;
    let folder = args.run.claim()?;
    let mut terminal = Terminal::new(common);
    let options = args.data.read_options();
    let mut files = LabelledFiles::new(options.clone());
    let mut read = |path: &PathBuf| files.read(path, &mut terminal);
    let rows = RowsInput {
        train: read(&args.data_file)?,
        valid: args.valid.as_ref().map(&mut read).transpose()?,
        test: args.test.as_ref().map(&mut read).transpose()?,
    };
    // what the unlabelled texts call text is what the labelled ones do
    let options = ReadOptions { learned_text: files.text_columns(), ..options };
    let input = TrainInput { rows, unlabeled: args.unlabeled.clone(), options };
    let options = TrainOptions {
        directions,
        classify: args.classifier.classify(common.seed),
        shares: args.classifier.shares(0.0, args.test.is_some(), recipe.chooses()),
        recipe,
    };
    let mut runner = args.run.runner(&mut terminal)?;
    let mut outcome = train(&mut runner, lm, input, &options)?;
    outcome.classifier.text_columns = files.text_columns();
    save(&outcome, Some(&origin), &options, &mut runner, folder, &args.run, out)
}

/// Saves a classifier that started from `base`, forgets how it came about and prints how good it is.
pub(super) fn save(
    outcome: &Outcome,
    base: Option<&BaseModel>,
    options: &TrainOptions,
    runner: &mut Runner<'_>,
    folder: FolderWriter,
    run: &RunOptions,
    out: &mut Output,
) -> anyhow::Result<()> {
    let papers = outcome.papers(base, options, runner, thread_count());
    outcome.classifier.save(folder, &papers)?;
    runner.clean()?;
    let place = run.path();
    runner.progress.note(&format!("the report is {}", place.join("report.html").display()));
    let text = format!("{}\nthe model is in {}", outcome.report, place.display());
    out.result(&outcome.report, &text)
}
