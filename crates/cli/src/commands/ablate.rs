//! `ulmfit ablate`: the paper's tables 4 to 7 on your data.

use crate::options::folder_name;
use crate::options::{
    BaseWordsOption, ClassifierOptions, Common, DataOptions, ExperimentOptions, LearningOptions,
    VocabOptions,
};
use crate::output::Output;
use crate::progress::Terminal;
use std::path::PathBuf;
use ulmfit::Reader;
use ulmfit::input::LabelledInput;
use ulmfit::models::LmBundle;
use ulmfit::report::Table;
use ulmfit::text::Direction;
use ulmfit_lab::{AblationOptions, METHODS, Method, ablate};

/// Measure what each part of the method contributes on your data.
///
/// This makes tables 4 to 7 of the paper on your data. All rows share the split and the seeds. The same
/// command continues an interrupted experiment; with more rows or seeds it adds those to the table.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  ulmfit ablate --list\n  \
    ulmfit ablate train.csv -o tables --recipe paper-2018\n  \
    ulmfit ablate train.csv --base my-lm --test test.csv --rows ulmfit,no-pretraining,last --seeds 5")]
pub(crate) struct Args {
    /// Labelled rows: CSV, TSV, JSONL, Parquet, or a folder with one folder per class
    #[arg(required_unless_present = "list")]
    data_file: Option<PathBuf>,
    /// Language model to start from: a folder, or the built-in `en` or `en-base` [default: `en`]
    #[arg(long, value_name = "MODEL")]
    base: Option<PathBuf>,
    /// Folder for the table and all runs
    #[arg(short, long, value_name = "DIR", value_parser = folder_name(), default_value = "ablation", help_heading = "Run")]
    output: PathBuf,
    /// Rows of the table, separated by commas [default: all that the base allows]
    #[arg(long, value_name = "NAME,..", value_delimiter = ',')]
    rows: Vec<String>,
    /// List the available rows and exit
    #[arg(long)]
    list: bool,
    /// Test set [default: the validation set]
    #[arg(long, value_name = "FILE")]
    test: Option<PathBuf>,
    /// Validation set [default: see --valid-share]
    #[arg(long, value_name = "FILE")]
    valid: Option<PathBuf>,
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
    let (Some(data_file), false) = (&args.data_file, args.list) else {
        return list(out);
    };
    let named = args.rows.iter().map(|name| Method::named(name.trim()));
    let named = named.collect::<Result<Vec<_>, _>>()?;
    let base = args.base.as_ref().map_or_else(LmBundle::english, |base| LmBundle::load(base))?;
    args.vocab
        .refuse_beside_base(base.text.config(), "make another model with `ulmfit pretrain`")?;
    let methods = if named.is_empty() { possible(&base) } else { named };
    let layers = base.networks[0].1.config().layers;
    let (recipe, overrides) = (args.learning.recipe()?, args.learning.overrides());
    let lm_overrides = args.learning.lm_overrides(args.lm_epochs, None);
    let selects = recipe.train.checked(&overrides, layers + 2)?.training.selects()
        | recipe.finetune.checked(&lm_overrides, layers + 1)?.training.selects();
    let mut terminal = Terminal::new(common);
    let mut files = Reader::new(args.data.read_options());
    let mut read = |path: &PathBuf| files.records(path, &mut terminal);
    let input = LabelledInput {
        train: read(data_file)?,
        valid: args.valid.as_ref().map(&mut read).transpose()?,
        test: args.test.as_ref().map(&mut read).transpose()?,
    };
    args.data.refuse_csv_options(files.formats())?;
    let shares = args.classifier.shares(0.0, args.test.is_some(), selects);
    let options = AblationOptions {
        methods,
        seeds: args.experiment.seeds(common.seed),
        recipe,
        overrides,
        lm_overrides,
        classify: args.classifier.classify(common.seed),
        shares,
        vocab: args.base_words.apply(args.vocab.vocab_config()),
    };
    let mut lab = args.experiment.lab(&args.output, &mut terminal)?;
    let report = ablate(&mut lab, input, &base, &options)?;
    lab.write("ablation.md", report.markdown().as_bytes())?;
    lab.write("ablation.json", &serde_json::to_vec_pretty(&report)?)?;
    let place = args.output.join("ablation.md");
    out.result(&report, &format!("{report}\nthe table is in {}", place.display()))
}

/// All rows that a base has the networks for; a single direction is not its own rival.
fn possible(base: &LmBundle) -> Vec<Method> {
    let has: Vec<Direction> = base.networks.iter().map(|(direction, _)| *direction).collect();
    let first = METHODS[0].directions(&has).ok();
    let same = |method: &Method| method.name == "backward" && method.directions(&has).ok() == first;
    let fits = |method: &Method| method.directions(&has).is_ok() && !same(method);
    METHODS.into_iter().filter(fits).collect()
}

fn list(out: &mut Output) -> anyhow::Result<()> {
    let mut table = Table::new(["row", "paper's table", "what"]);
    for Method { name, tables, title, .. } in METHODS {
        table.row([name.into(), tables.into(), title.into()]);
    }
    let rows = METHODS.map(|method| {
        serde_json::json!({ "row": method.name, "tables": method.tables, "what": method.title })
    });
    out.result(&serde_json::json!({ "rows": rows }), &table.to_string())
}
