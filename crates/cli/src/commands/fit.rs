//! `ulmfit fit`: all stages.

use crate::labelled_files::LabelledFiles;
use crate::options::{
    BaseWordsOption, ClassifierOptions, Common, DataOptions, DirectionOption, FROM_SCRATCH,
    LearningOptions, NetworkOptions, RunOptions, VocabOptions,
};
use crate::output::Output;
use crate::progress::Terminal;
use std::path::{Path, PathBuf};
use ulmfit::Error;
use ulmfit::data::Record;
use ulmfit::data::readers::ReadOptions;
use ulmfit::input::RowsInput;
use ulmfit::models::{BaseModel, LmBundle, english, open_base};
use ulmfit::run::Progress;
use ulmfit::stages::{FitInput, FitOptions, TrainOptions, fit};

/// Labelled texts to a classifier and an honest report; the one command most people need.
///
/// Learns the language of your texts (and of texts without labels), then the labels.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  ulmfit fit tickets.csv -o tickets --text subject --text body --label team\n  \
    ulmfit fit train.jsonl.xz --test test.jsonl.xz --unlabeled more.txt -o model --base en"
)]
pub(crate) struct Args {
    /// Labelled rows: CSV, TSV, JSONL, Parquet, a folder a class
    data_file: PathBuf,
    /// Language model to start from: a folder, `en` or `en-base` inside this program, or `none` for
    /// from scratch [default: `en`]
    #[arg(long, value_name = "MODEL")]
    base: Option<PathBuf>,
    /// Texts without labels that the language model should learn, too, and the classifier where it
    /// is sure of them: see --self-training
    #[arg(long, value_name = "PATH")]
    unlabeled: Vec<PathBuf>,
    /// Rows to choose by [default: see --valid-share]
    #[arg(long, value_name = "FILE")]
    valid: Option<PathBuf>,
    /// Rows for the final score, touched once [default: one in five, by label]
    #[arg(long, value_name = "FILE")]
    test: Option<PathBuf>,
    /// Reading direction [default: those of the base; from scratch, forward]
    #[arg(long, value_enum)]
    direction: Option<DirectionOption>,
    /// Passes of the language model over the texts [default: the recipe's]
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
    data: DataOptions,
    #[command(flatten)]
    learning: LearningOptions,
    #[command(flatten)]
    run: RunOptions,
}

pub(crate) fn run(args: &Args, common: &Common, out: &mut Output) -> anyhow::Result<()> {
    let (base, origin) = match args.base.as_deref() {
        Some(base) if base == Path::new("none") => (None, None),
        named => {
            let folder = named.map_or_else(english, open_base)?;
            (Some(LmBundle::from_folder(&folder)?), Some(BaseModel::of(&folder)))
        }
    };
    if base.is_some() {
        args.network.refuse_beside_base()?;
        args.vocab.refuse_beside_base(FROM_SCRATCH)?;
    }
    let sizes = base.as_ref().map_or(args.network.sizes(0), |b| b.networks[0].1.config());
    let directions = match &base {
        Some(base) => DirectionOption::or_those_of(args.direction, base),
        None => args.direction.unwrap_or(DirectionOption::Forward).directions(),
    };
    let recipe = args.learning.all_stages(sizes.layers, args.lm_epochs, args.lm_lr)?;
    let folder = args.run.claim()?;
    let mut terminal = Terminal::new(common);
    let options = args.data.read_options();
    let mut files = LabelledFiles::new(options.clone());
    let mut read_rows = |path: &PathBuf| files.read(path, &mut terminal);
    let rows = RowsInput {
        train: read_rows(&args.data_file)?,
        valid: args.valid.as_ref().map(&mut read_rows).transpose()?,
        test: args.test.as_ref().map(&mut read_rows).transpose()?,
    };
    // what the unlabelled texts call text is what the labelled ones do
    let options = ReadOptions { learned_text: files.text_columns(), ..options };
    let input = FitInput { rows, unlabeled: args.unlabeled.clone(), options, base };
    let options = FitOptions {
        train: TrainOptions {
            directions,
            classify: args.classifier.classify(common.seed),
            shares: args.classifier.shares(0.2, args.test.is_some(), recipe.chooses()),
            recipe: recipe.train,
        },
        language: recipe.finetune,
        sizes,
        text: args.vocab.text_config(),
        vocab: args.base_words.apply(args.vocab.vocab_config()),
    };
    let mut runner = args.run.runner(&mut terminal)?;
    let mut outcome = fit(&mut runner, input, &options)?;
    outcome.classifier.text_columns = files.text_columns();
    super::train::save(
        &outcome,
        origin.as_ref(),
        &options.train,
        &mut runner,
        folder,
        &args.run,
        out,
    )
}

/// Reads labelled rows, says which columns are read and passes warnings on.
pub(super) fn read(
    path: &Path,
    options: &ReadOptions,
    progress: &mut dyn Progress,
) -> Result<Vec<Record>, Error> {
    LabelledFiles::new(options.clone()).read(path, progress)
}
