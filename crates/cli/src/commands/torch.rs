//! `ulmfit export torch` and `ulmfit import torch`.

use crate::options::{
    BaseWordsOption, Common, DataOptions, DirectionOption, LmLearningOptions, NetworkOptions,
    Target, VocabOptions, thread_count,
};
use crate::output::Output;
use crate::progress::Terminal;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use ulmfit::Key;
use ulmfit::data::batches::TokenSource;
use ulmfit::input::{HoldOut, LmInput, Texts, VocabSource};
use ulmfit::models::{BaseModel, LmBundle, open_base};
use ulmfit::recipe::LmStart;
use ulmfit::run::{CheckpointInterval, Progress, Runner};
use ulmfit::torch::{TorchJob, TorchStart, export_torch, import_torch};

/// What `ulmfit export torch` needs.
#[derive(Debug, clap::Args)]
pub(super) struct ExportArgs {
    /// Language model to start from: a folder, `en` or `en-base`, or `none` for random weights
    base: PathBuf,
    /// Files of text: plain, CSV, JSONL, Parquet, compressed or not; `-` is standard input
    #[arg(required = true)]
    texts: Vec<PathBuf>,
    /// Validation text [default: 10 % of the documents are held out; 1 % with `none`]
    #[arg(long, value_name = "FILE")]
    valid: Option<PathBuf>,
    /// Reading direction [default: the base model's; forward with `none`]
    #[arg(long, value_enum)]
    direction: Option<DirectionOption>,
    #[command(flatten)]
    network: NetworkOptions,
    #[command(flatten)]
    vocab: VocabOptions,
    #[command(flatten)]
    base_words: BaseWordsOption,
    #[command(flatten)]
    data: DataOptions,
    #[command(flatten)]
    learning: LmLearningOptions,
    #[command(flatten)]
    target: Target,
}

/// Writes the folder for PyTorch.
pub(super) fn export(args: &ExportArgs, common: &Common, out: &mut Output) -> anyhow::Result<()> {
    args.data.refuse_labels()?;
    let (seed, overrides) = (common.seed, args.learning.overrides());
    let recipes = args.learning.recipe()?;
    let target = args.target.create()?;
    let base = if args.base == Path::new("none") {
        None
    } else {
        args.network.refuse_beside_base()?;
        let folder = open_base(&args.base)?;
        let bundle = LmBundle::from_folder(&folder)?;
        args.vocab
            .refuse_beside_base(bundle.text.config(), "start from random weights with `none`")?;
        Some((bundle, BaseModel::of(&folder)))
    };
    let (recipe, directions, layers) = match &base {
        Some((bundle, _)) => {
            let directions = DirectionOption::or_those_of(args.direction, bundle);
            bundle.require(&directions)?;
            (recipes.finetune, directions, bundle.networks[0].1.config().layers)
        }
        None => {
            let direction = args.direction.unwrap_or(DirectionOption::Forward);
            (recipes.pretrain, direction.directions(), args.network.sizes(0).layers)
        }
    };
    recipe.checked(&overrides, layers + 1)?;
    let key = Key::new(seed);
    let files = |files: &[PathBuf]| Texts { files: files.to_owned(), ..Texts::default() };
    let input = LmInput {
        train: files(&args.texts),
        valid: args.valid.as_ref().map(|path| files(std::slice::from_ref(path))),
        hold_out: match &base {
            Some(_) => HoldOut::new(10, key.child(51)), // as `finetune`
            None => HoldOut::new(100, key.child(50)),   // as `pretrain`
        },
        options: args.data.read_options(),
    };
    let mut terminal = Terminal::new(common);
    let adapted = args.base_words.apply(args.vocab.vocab_config());
    let (config, fresh) = (args.vocab.text_config(), args.vocab.vocab_config());
    let own = base.as_ref().map(|(bundle, _)| bundle.text.clone());
    let vocabulary = match &own {
        Some(own) => VocabSource::Adapt(own, &adapted),
        None => VocabSource::Build(&config, &fresh),
    };
    let (text, corpora) = input.tokenize(vocabulary, None, &mut terminal)?;
    let tokens = corpora.train.token_count();
    let resolved = recipe.resolve(&overrides, LmStart::AsWritten, tokens);
    let resolved = resolved.expect("only `fit` leaves weights random");
    if let Some(changes) = recipe.changes_by_rules(&overrides, &resolved) {
        terminal.note(&changes);
    }
    let sizes = args.network.sizes(text.vocab().len());
    let (start, origin) = match base {
        Some((bundle, origin)) => (TorchStart::Base(bundle), Some(origin)),
        None => (TorchStart::Random(sizes), None),
    };
    let job = TorchJob {
        corpora: &corpora,
        directions: &directions,
        recipe: &resolved,
        seed,
        base: origin,
    };
    export_torch(start, text, job, target)?;
    let path = &args.target.output;
    let text = format!(
        "{tokens} tokens to train on are in {0}; where the GPU is, run `python {0}/train.py`, then `ulmfit import torch {0} -o MODEL`",
        path.display()
    );
    out.result(&serde_json::json!({ "job": path, "tokens": tokens }), &text)
}

/// Reads what PyTorch has trained.
pub(super) fn import(
    job: &Path,
    target: &Target,
    common: &Common,
    out: &mut Output,
) -> anyhow::Result<()> {
    let folder = target.create()?;
    let mut terminal = Terminal::new(common);
    let runner = Runner::new(&mut terminal, None, CheckpointInterval::default());
    let scores = import_torch(job, &runner, thread_count(), folder)?;
    let mut text = String::new();
    for score in &scores {
        write!(text, "{}: validation perplexity {:.2}", score.direction, score.perplexity)?;
        if let Some(before) = score.perplexity_before {
            write!(text, " ({before:.2} before)")?;
        }
        writeln!(text)?;
    }
    write!(text, "the model is in {}", target.output.display())?;
    out.result(&serde_json::json!({ "model": target.output, "validation": scores }), &text)
}
