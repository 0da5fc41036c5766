//! `ulmfit lr-find`.

use crate::options::{Common, DataOptions, StepOptions, VocabSizeOptions};
use crate::output::Output;
use crate::progress::Terminal;
use std::fmt::Write;
use std::path::PathBuf;
use ulmfit::Error;
use ulmfit::Reader;
use ulmfit::data::labels::{LabelOptions, LabelSet};
use ulmfit::input::{encode, labelled, read_texts};
use ulmfit::models::LmBundle;
use ulmfit::report::svg::lr_finder;
use ulmfit::schedule::LrRange;
use ulmfit::stages::{find_classifier_rate, find_lm_rate, transfer};

/// Find a learning rate.
///
/// Trains with rising learning rates until the loss diverges. The trained weights are discarded.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  ulmfit lr-find en reviews.txt --svg rates.svg\n  \
    ulmfit lr-find reviews-lm reviews.csv --classifier")]
pub(crate) struct Args {
    /// Language model: a folder, or the built-in `en` or `en-base`
    lm: PathBuf,
    /// Texts, or labelled rows with --classifier
    data_file: PathBuf,
    /// Find the rate for a classifier's head instead of the language model
    #[arg(long, conflicts_with_all = ["min_freq", "max_vocab"])]
    classifier: bool,
    /// Maximum number of steps
    #[arg(long, value_name = "N", default_value_t = 100)]
    steps: usize,
    /// First rate
    #[arg(long, value_name = "RATE", default_value_t = 1e-7, value_parser = rate)]
    start: f64,
    /// Last rate
    #[arg(long, value_name = "RATE", default_value_t = 10.0, value_parser = rate)]
    end: f64,
    /// Write the curve to this SVG file
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    #[command(flatten)]
    vocab: VocabSizeOptions,
    #[command(flatten)]
    data: DataOptions,
    #[command(flatten)]
    step: StepOptions,
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if rate > 0.0 && rate.is_finite() => Ok(rate),
        _ => Err("give a number above 0".into()),
    }
}

pub(crate) fn run(args: &Args, common: &Common, out: &mut Output) -> anyhow::Result<()> {
    if args.start >= args.end {
        let message = format!("rates cannot grow from {} to {}", args.start, args.end);
        let hint = Some("let --start be below --end".to_owned());
        return Err(Error::Usage { message, hint }.into());
    }
    let lm = LmBundle::load(&args.lm)?;
    let layers = lm.networks[0].1.config().layers;
    let mut terminal = Terminal::new(common);
    let options = args.data.read_options();
    let range = LrRange { start: args.start, end: args.end, steps: args.steps };
    let (seed, recipe) = (common.seed, args.step.recipe()?);
    let sweep = if args.classifier {
        let recipe = recipe.train.checked(&args.step.overrides(), layers + 2)?;
        let records = Reader::new(options.clone()).records(&args.data_file, &mut terminal)?;
        let labels = LabelSet::from_records(&records, &LabelOptions::default())?;
        let train = labelled(&lm.text, &records, &labels)?;
        find_classifier_rate(lm, &train, &labels, &recipe, range, seed, &mut terminal)?
    } else {
        args.data.refuse_labels()?;
        let recipe = recipe.finetune.checked(&args.step.overrides(), layers + 1)?;
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
        let message = "too few steps to tell".to_owned();
        let hint = Some("give more text, a smaller --batch-size or more --steps".to_owned());
        return Err(Error::TooLittle { message, hint }.into());
    };
    let mut named = vec![
        ("valley", found.valley, "halfway down the longest fall of the loss"),
        ("steep", found.steep, "where the loss falls fastest"),
        ("minimum", found.minimum, "a tenth of the rate with the lowest loss"),
    ];
    named.extend(found.slide.map(|rate| ("slide", rate, "just before the loss stops falling")));
    if let Some(path) = &args.svg {
        let marks: Vec<_> = named.iter().map(|&(name, rate, _)| (name, rate)).collect();
        let chart = lr_finder(sweep.rates(), sweep.losses(), &marks).to_string();
        std::fs::write(path, chart)
            .map_err(|error| anyhow::Error::new(error).context(path.display().to_string()))?;
    }
    let mut text = String::new();
    for (name, rate, what) in &named {
        writeln!(text, "{name:<8} {rate:.1e}   {what}")?;
    }
    write!(text, "try --lr {:.1e} (valley)", found.valley)?;
    if !args.classifier {
        write!(text, "; `ulmfit fit` calls it --lm-lr")?;
    }
    let document = serde_json::json!({
        "suggestion": found.valley, "valley": found.valley, "steep": found.steep,
        "minimum": found.minimum, "slide": found.slide,
        "rates": sweep.rates(), "losses": sweep.losses(),
    });
    out.result(&document, &text)
}
