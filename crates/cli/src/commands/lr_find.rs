//! `ulmfit lr-find`.

use crate::options::{Common, DataOptions, LearningOptions, VocabOptions};
use crate::output::Output;
use crate::progress::Terminal;
use std::path::PathBuf;
use ulmfit::Error;
use ulmfit::data::{LabelOptions, LabelSet};
use ulmfit::report::svg::lr_finder;
use ulmfit::schedule::LrRange;
use ulmfit::stages::{
    LmBundle, encode, find_classifier_rate, find_lm_rate, labelled, read_texts, transfer,
};

/// Finds a learning rate: trains with growing rates until the loss explodes.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  ulmfit lr-find en reviews.txt --svg rates.svg\n  \
    ulmfit lr-find reviews-lm reviews.csv --classifier")]
pub(crate) struct Args {
    /// Folder of the language model
    lm: PathBuf,
    /// Texts, or labelled rows with --classifier
    data_file: PathBuf,
    /// For the head of a classifier instead of the language model
    #[arg(long)]
    classifier: bool,
    /// Steps at most
    #[arg(long, value_name = "N", default_value_t = 100)]
    steps: usize,
    /// First rate
    #[arg(long, value_name = "RATE", default_value_t = 1e-7)]
    start: f64,
    /// Last rate
    #[arg(long, value_name = "RATE", default_value_t = 10.0)]
    end: f64,
    /// Draw the curve
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    #[command(flatten)]
    vocab: VocabOptions,
    #[command(flatten)]
    data: DataOptions,
    #[command(flatten)]
    learning: LearningOptions,
}

pub(crate) fn run(args: &Args, common: &Common, out: &mut Output) -> anyhow::Result<()> {
    let lm = LmBundle::load(&args.lm)?;
    let layers = lm.networks[0].1.config().layers;
    let mut terminal = Terminal::new(common);
    let options = args.data.read_options();
    let range = LrRange { start: args.start, end: args.end, steps: args.steps };
    let (seed, recipe) = (common.seed, args.learning.recipe()?);
    let sweep = if args.classifier {
        let mut recipe = recipe.train;
        args.learning.apply(&mut recipe, layers + 2)?;
        let records = super::fit::read(&args.data_file, &options, &mut terminal)?;
        let labels = LabelSet::from_records(&records, &LabelOptions::default())?;
        let train = labelled(&lm.text, &records, &labels)?;
        find_classifier_rate(lm, &train, &labels, &recipe, range, seed, &mut terminal)?
    } else {
        let mut recipe = recipe.finetune;
        args.learning.apply(&mut recipe, layers + 1)?;
        let texts = read_texts(std::slice::from_ref(&args.data_file), &options, &mut terminal)?;
        let documents = texts.iter().cloned().map(Ok::<_, Error>);
        let text = lm.text.rebuild(&args.vocab.vocab_config(), documents)?;
        let train = encode(&text, &texts, &mut terminal);
        let directions = [lm.networks[0].0];
        let networks = transfer(lm, text.vocab(), &directions)?;
        let lm = LmBundle { text, networks };
        find_lm_rate(lm, &train, &recipe, range, seed, &mut terminal)?
    };
    let Some(found) = sweep.suggestions() else {
        anyhow::bail!("too few steps to tell; give more text or --steps");
    };
    let named = [("valley", found.valley), ("steep", found.steep), ("minimum", found.minimum)];
    if let Some(path) = &args.svg {
        let chart = lr_finder(sweep.rates(), sweep.losses(), &named).to_string();
        std::fs::write(path, chart)
            .map_err(|error| anyhow::Error::new(error).context(path.display().to_string()))?;
    }
    let text: Vec<String> =
        named.iter().map(|(name, rate)| format!("{name:<8} {rate:.2e}")).collect();
    let document = serde_json::json!({
        "valley": found.valley, "steep": found.steep, "minimum": found.minimum, "slide": found.slide,
        "rates": sweep.rates(), "losses": sweep.losses(),
    });
    out.result(&document, &text.join("\n"))
}
