//! `ulmfit predict`.

mod predictor;
mod totals;

use crate::csv_style::CsvStyle;
use crate::options::{
    Common, DataOptions, DecisionOptions, DirectionOption, ExplainArg, FileTarget, PrecisionOption,
    Shard,
};
use crate::output::Output;
use crate::prediction_rows::{OutputFormat, PredictionRows, Word};
use crate::progress::Terminal;
use crate::read_ahead::ReadAhead;
use predictor::Predictor;
use std::io::Write;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use totals::Totals;
use ulmfit::data::Record;
use ulmfit::data::readers::{Columns, LabelUse, ReadOptions, Warnings, open};
use ulmfit::run::Progress;
use ulmfit::{Decision, Error, Prediction, describe_columns};

/// Predict the labels of texts.
///
/// Prints one row per row of the input, in order.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  echo 'Where is my parcel?' | ulmfit predict model\n  \
    ulmfit predict model new.csv.gz --format csv --echo -o labelled.csv\n  \
    ulmfit predict model new.csv --max-error 0.02")]
pub(crate) struct Args {
    /// Folder of the classifier; with --server, the name of a model on the server (optional)
    #[cfg_attr(feature = "serve", arg(required_unless_present = "server"))]
    #[cfg_attr(not(feature = "serve"), arg(required = true))]
    model: Option<PathBuf>,
    /// Texts: CSV, TSV, JSONL, Parquet, or one text per line; `-` is standard input [default: -]
    file: Option<PathBuf>,
    #[command(flatten)]
    target: FileTarget,
    /// Only every Nth row, beginning with row I, from 0: one part of a job of N processes
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    /// Output format [default: csv for an output file that ends with `.csv`, else jsonl]
    #[arg(long, value_enum)]
    format: Option<OutputFormat>,
    /// Copy the columns of the input to the output. If the input has a column with the name of an added one,
    /// the added names start with `predicted_`. A CSV keeps semicolons and a byte order mark. On a terminal,
    /// control characters are shown as \u{1b}
    #[arg(long)]
    echo: bool,
    /// Print only the N most probable labels, the most probable first, instead of the probability of each
    /// label; in a CSV, as the columns `top_1`, `top_1_probability` and so on
    #[arg(long, value_name = "N")]
    top: Option<NonZeroUsize>,
    /// Use only this direction of a model that has both
    #[arg(long, value_enum)]
    direction: Option<DirectionOption>,
    /// Use only this part of a model trained by `fit --method auto`; `inspect` lists the names
    #[arg(long, value_name = "NAME")]
    #[cfg_attr(feature = "serve", arg(conflicts_with = "server"))]
    part: Option<String>,
    /// Add the words that decided, with their positions in the text and their weights (not with `--format
    /// csv`)
    #[arg(long, value_enum, value_name = "HOW")]
    explain: Option<ExplainArg>,
    #[command(flatten)]
    decision: DecisionOptions,
    #[command(flatten)]
    precision: PrecisionOption,
    #[cfg(feature = "serve")]
    #[command(flatten)]
    server: crate::remote::ServerOptions,
    #[command(flatten)]
    data: DataOptions,
}

/// The most probable labels alone.
fn ranked(found: Prediction, top: NonZeroUsize) -> Result<Prediction, Error> {
    if found.value().is_some() {
        let message = "--top has no effect on a model that predicts numbers".into();
        return Err(Error::Usage { message, hint: Some("leave it out".into()) });
    }
    Ok(found.likeliest(top.get()))
}

/// The form of the output, if the options go with it.
fn output_format(args: &Args) -> Result<OutputFormat, Error> {
    let usual =
        if args.target.has_extension("csv") { OutputFormat::Csv } else { OutputFormat::Jsonl };
    let format = args.format.unwrap_or(usual);
    if format == OutputFormat::Jsonl {
        args.data
            .refuse_label_delimiter("`--format jsonl`, which prints several labels as a list")?;
        return Ok(format);
    }
    let refused =
        |message: String, hint: &str| Err(Error::Usage { message, hint: Some(hint.to_owned()) });
    let given = [("--echo", args.echo), ("--top", args.top.is_some())];
    if let Some((option, _)) = given.iter().find(|(_, is_given)| *is_given)
        && format == OutputFormat::Text
    {
        let message =
            format!("{option} has no effect with `--format text`, which prints only the label");
        return refused(message, "choose `--format csv` or `--format jsonl`");
    }
    if args.explain.is_some() {
        let message = "--explain needs JSON output, because it adds a list of words".to_owned();
        return refused(
            message,
            "choose `--format jsonl`, or use `ulmfit explain` for readable output",
        );
    }
    Ok(format)
}

pub(crate) fn run(args: &Args, common: &Common, out: &mut Output) -> anyhow::Result<()> {
    let format = output_format(args)?;
    let (mut model, input) = Predictor::open(args)?;
    if args.explain.is_some() {
        model.check_explains()?;
    }
    let mut terminal = Terminal::new(common);
    model.tell(&mut terminal);
    let mut file = args.target.create()?;
    let options = ReadOptions {
        labels: LabelUse::Ignored,
        columns: if args.echo { Columns::Keep } else { Columns::Drop },
        learned_text: model.text_columns().to_vec(),
        learned_label: model.label_column().map(str::to_owned),
        ..args.data.read_options()
    };
    let records = open(&input, &options)?;
    args.data.refuse_csv_options(&[records.format()])?;
    describe_columns(&input, &records, model.text_columns(), &mut terminal);
    let has_rule = args.decision.rule().is_some();
    let mut lines = PredictionRows::new(format, args.data.printed_delimiter(), has_rule);
    if args.top.is_some() {
        lines = lines.ranked();
    }
    if args.echo {
        lines = lines.with_style(CsvStyle::of(&records.columns()));
    }
    // a person who types gets an answer to each line at once, a pipe gets large batches
    let reader = ReadAhead::start(records, args.shard.unwrap_or(Shard::ALL))?;
    let mut failed = None;
    let mut totals = Totals::default();
    while failed.is_none() {
        let mut batch: Vec<Record> = Vec::new();
        for record in reader.batch() {
            match record {
                Ok(record) => batch.push(record),
                Err(error) => failed = Some(error), // the last that is read
            }
        }
        if batch.is_empty() {
            break;
        }
        let found: Vec<(Decision, Option<Vec<Word<'_>>>)> = match args.explain {
            Some(how) => {
                let found = model.explain(&batch, how.method())?;
                found.into_iter().map(|(found, words)| (found, Some(words))).collect()
            }
            None => {
                let found = model.decide(&batch, &mut terminal)?;
                found.into_iter().map(|found| (found, None)).collect()
            }
        };
        for (record, (mut found, words)) in batch.iter().zip(found) {
            if let Some(top) = args.top {
                found.prediction = ranked(found.prediction, top)?;
            }
            let line = lines.lines(record, &found, words.as_deref())?;
            totals.add(record, &found);
            match (&mut file, format) {
                (Some(file), _) => writeln!(file, "{line}")?,
                (None, OutputFormat::Jsonl) => out.json_line(&line)?,
                (None, OutputFormat::Csv | OutputFormat::Text) => out.line(&line)?,
            }
        }
        out.flush()?;
    }
    if let Some(error) = failed {
        return Err(error.into());
    }
    if let Some(file) = file {
        file.finish()?;
    }
    if has_rule {
        totals.tell_of_rule(&mut terminal);
    }
    let records = reader.finish();
    let advice = if has_rule { Warnings::WITHHELD } else { Warnings::PREDICTED };
    let warnings = records.warnings().advised(advice, terminal.spelling());
    warnings.iter().chain(&lines.warning()).for_each(|warning| terminal.warn(warning));
    totals.tell_of_silence(advice, &mut terminal);
    Ok(())
}
