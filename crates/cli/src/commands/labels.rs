//! `ulmfit labels`: error against the number of labels.

use crate::options::folder_name;
use crate::options::{
    BaseWordsOption, ClassifierOptions, Common, DataOptions, DirectionOption, ExperimentOptions,
    LearningOptions, VocabOptions,
};
use crate::output::Output;
use crate::progress::Terminal;
use std::path::PathBuf;
use ulmfit::input::LabelledInput;
use ulmfit::models::LmBundle;
use ulmfit::{Base, Reader};
use ulmfit_lab::{LabelCurveInput, LabelCurveOptions, LabelMethod, label_curve};

/// Measure how the error falls with more labels.
///
/// Would more labels help? The methods are those that `fit` uses with few labels, or a language model,
/// as in figure 3 of the paper. The language model also reads the rows whose labels are not used. The
/// same command continues an interrupted experiment; with more numbers or seeds it adds those.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  ulmfit labels train.csv -o curve\n  \
    ulmfit labels train.csv --base my-lm -o curve --test test.csv --unlabeled more.txt \
    --counts 50,200,1000 --seeds 5\n  \
    ulmfit finetune en train.csv more.txt -o lm && \
    ulmfit labels train.csv --tuned lm --methods semi-supervised,tf-idf -o curve --unlabeled more.txt")]
pub(crate) struct Args {
    /// Labelled rows: CSV, TSV, JSONL, Parquet, or a folder with one folder per class
    data_file: PathBuf,
    /// Language model to start from: a folder, or the built-in `en` or `en-base` [default: `en`]
    #[arg(long, value_name = "MODEL")]
    base: Option<PathBuf>,
    /// Sentence encoder: a folder, or the built-in `minilm` [default: `minilm`]
    #[arg(long, value_name = "MODEL")]
    encoder: Option<PathBuf>,
    /// Folder for the plot and all runs
    #[arg(short, long, value_name = "DIR", value_parser = folder_name(), help_heading = "Run")]
    output: PathBuf,
    /// Additional unlabelled texts for the semi-supervised language model
    #[arg(long, value_name = "PATH")]
    unlabeled: Vec<PathBuf>,
    /// Model already fine-tuned on all texts, for semi-supervised training [default: fine-tune the
    /// base for each seed]
    #[arg(long, value_name = "MODEL")]
    tuned: Option<PathBuf>,
    /// Training methods, separated by commas [default: encoder,tf-idf; with --base, --tuned or --unlabeled all but
    /// encoder]
    #[arg(long, value_name = "WAY,..", value_delimiter = ',', value_enum)]
    methods: Vec<LabelMethod>,
    /// Test set, the same for all runs [default: 20 % of the rows, stratified by label]
    #[arg(long, value_name = "FILE")]
    test: Option<PathBuf>,
    /// Numbers of labels, separated by commas [default: 50, 100, 200, 500, 1000, ... up to the
    /// number of rows, 10000 at most]
    #[arg(long, value_name = "N,..", value_delimiter = ',')]
    counts: Vec<usize>,
    /// Reading direction
    #[arg(long, value_enum, default_value = "forward")]
    direction: DirectionOption,
    /// Epochs of the language model [default: the recipe's]
    #[arg(long, value_name = "N")]
    lm_epochs: Option<usize>,
    #[command(flatten)]
    base_words: BaseWordsOption,
    #[command(flatten)]
    vocab: VocabOptions,
    #[command(flatten)]
    classifier: ClassifierOptions,
    #[command(flatten)]
    data: DataOptions,
    #[command(flatten)]
    learning: LearningOptions,
    #[command(flatten)]
    experiment: ExperimentOptions,
}

pub(crate) fn run(args: &Args, common: &Common, out: &mut Output) -> anyhow::Result<()> {
    let base = args.base.as_ref().map_or_else(LmBundle::english, |base| LmBundle::load(base))?;
    args.vocab
        .refuse_beside_base(base.text.config(), "make another model with `ulmfit pretrain`")?;
    let tuned = args.tuned.as_ref().map(|folder| LmBundle::load(folder)).transpose()?;
    let layers = base.networks[0].1.config().layers;
    let (recipe, overrides) = (args.learning.recipe()?, args.learning.overrides());
    let lm_overrides = args.learning.lm_overrides(args.lm_epochs, None);
    recipe.train.checked(&overrides, layers + 2)?;
    recipe.finetune.checked(&lm_overrides, layers + 1)?;
    let mut terminal = Terminal::new(common);
    let reading = args.data.read_options();
    let mut files = Reader::new(reading.clone());
    let mut read = |path: &PathBuf| files.records(path, &mut terminal);
    let train = read(&args.data_file)?;
    let test = args.test.as_ref().map(&mut read).transpose()?;
    if args.unlabeled.is_empty() {
        args.data.refuse_csv_options(files.formats())?;
    }
    let is_read = args.base.is_some() || args.tuned.is_some() || !args.unlabeled.is_empty();
    let asked = match &args.methods[..] {
        [] if is_read => &LabelMethod::LANGUAGE_MODEL[..],
        [] => &LabelMethod::FIT[..],
        methods => methods,
    };
    let methods: Vec<LabelMethod> =
        LabelMethod::ALL.into_iter().filter(|method| asked.contains(method)).collect();
    let encoder = methods.contains(&LabelMethod::Encoder).then(|| {
        let encoder = args.encoder.as_deref().map_or(Base::MiniLm, Base::from);
        encoder.load_encoder().map(|loaded| loaded.model)
    });
    let encoder = encoder.transpose()?;
    let options = LabelCurveOptions {
        methods,
        counts: args.counts.clone(),
        seeds: args.experiment.seeds(common.seed),
        directions: args.direction.directions(),
        recipe,
        overrides,
        lm_overrides,
        classify: args.classifier.classify(common.seed),
        test_share: args.classifier.shares(0.2, test.is_some(), false).test,
        vocab: args.base_words.apply(args.vocab.vocab_config()),
    };
    let input = LabelCurveInput {
        rows: LabelledInput { train, valid: None, test },
        unlabeled: args.unlabeled.clone(),
        options: reading,
        base: &base,
        tuned: tuned.as_ref(),
        encoder: encoder.as_ref(),
    };
    let mut lab = args.experiment.lab(&args.output, &mut terminal)?;
    let report = label_curve(&mut lab, input, &options)?;
    lab.write("labels.svg", report.svg().as_bytes())?;
    lab.write("labels.md", report.markdown().as_bytes())?;
    lab.write("labels.json", &serde_json::to_vec_pretty(&report)?)?;
    let place = args.output.join("labels.svg");
    out.result(&report, &format!("{report}\nthe picture is {}", place.display()))
}
