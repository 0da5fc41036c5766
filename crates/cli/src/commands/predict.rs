//! `ulmfit predict`.

use crate::options::{Common, DataOptions, DirectionOption, PrecisionOption};
use crate::output::Output;
use crate::prediction_rows::{OutputFormat, PredictionRows};
use crate::progress::Terminal;
use crate::read_ahead::ReadAhead;
use std::path::PathBuf;
use ulmfit::Error;
use ulmfit::data::Record;
use ulmfit::data::readers::open;
use ulmfit::data::readers::{Columns, LabelUse, ReadOptions};
use ulmfit::describe_columns;
use ulmfit::models::ClassifierBundle;
use ulmfit::run::Progress;

/// Predicts the labels of texts: one row out per row in, in order.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  echo 'Where is my parcel?' | ulmfit predict model\n  \
    ulmfit predict model new.csv.gz --format csv --echo > labelled.csv")]
pub(crate) struct Args {
    /// Folder of the classifier
    model: PathBuf,
    /// Texts: CSV, TSV, JSONL, Parquet, or one text per line; `-` is standard input
    #[arg(default_value = "-")]
    file: PathBuf,
    /// Output format
    #[arg(long, value_enum, default_value = "jsonl")]
    format: OutputFormat,
    /// Copy the columns of the input to the output; the names of the added ones start with
    /// `predicted_` where the input has the same name; on a terminal control characters are shown
    /// as \u{1b}
    #[arg(long)]
    echo: bool,
    /// Use only this direction of a model that has both
    #[arg(long, value_enum)]
    direction: Option<DirectionOption>,
    #[command(flatten)]
    precision: PrecisionOption,
    #[command(flatten)]
    data: DataOptions,
}

pub(crate) fn run(args: &Args, common: &Common, out: &mut Output) -> anyhow::Result<()> {
    if args.echo && args.format == OutputFormat::Text {
        let message = "--echo has no effect on `--format text`, which is the label alone".into();
        let hint = Some("choose `--format csv` or `--format jsonl`".into());
        return Err(Error::Usage { message, hint }.into());
    }
    let mut model: ClassifierBundle = ClassifierBundle::load(&args.model)?;
    if let Some(direction) = args.direction {
        model.keep(&direction.directions())?;
    }
    model.set_precision(args.precision.get());
    let mut terminal = Terminal::new(common);
    let options = ReadOptions {
        labels: LabelUse::Ignored,
        columns: if args.echo { Columns::Keep } else { Columns::Drop },
        learned_text: model.text_columns.clone(),
        ..args.data.read_options()
    };
    let records = open(&args.file, &options)?;
    describe_columns(&args.file, &records, &model.text_columns, &mut terminal);
    let mut lines = PredictionRows::new(args.format, args.data.printed_delimiter());
    // whoever types gets an answer to each line at once, whoever pipes gets speed
    let reader = ReadAhead::start(records)?;
    let mut failed = None;
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
        let documents: Vec<&[String]> = batch.iter().map(|record| &record.fields[..]).collect();
        let rows = model.probabilities(&documents, 64)?;
        for (record, row) in batch.iter().zip(rows) {
            let line = lines.lines(record, &model.prediction(&row))?;
            match args.format {
                OutputFormat::Jsonl => out.json_line(&line)?,
                OutputFormat::Csv | OutputFormat::Text => out.line(&line)?,
            }
        }
        out.flush()?;
    }
    if let Some(error) = failed {
        return Err(error.into());
    }
    let records = reader.finish();
    let warnings = records.warnings().messages_of_predictions();
    warnings.iter().chain(&lines.warning()).for_each(|warning| terminal.warn(warning));
    Ok(())
}
