//! `ulmfit predict`.

use crate::options::{Common, DataOptions, DirectionOption, PrecisionOption};
use crate::output::Output;
use crate::prediction_rows::{Form, PredictionRows};
use crate::progress::Terminal;
use std::path::{Path, PathBuf};
use ulmfit::data::Record;
use ulmfit::data::readers::open;
use ulmfit::data::readers::{Columns, LabelUse, ReadOptions};
use ulmfit::describe_columns;
use ulmfit::models::ClassifierBundle;
use ulmfit::run::Progress;

/// Rows predicted together: memory stays flat however long the input is.
const CHUNK: usize = 512;

/// Labels for texts: rows in, rows out, in order.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  echo 'Where is my parcel?' | ulmfit predict model\n  \
    ulmfit predict model new.csv.gz --format csv --echo > labelled.csv")]
pub(crate) struct Args {
    /// Folder of the classifier
    model: PathBuf,
    /// Texts: CSV, TSV, JSONL, Parquet, a text a line; `-` is standard input
    #[arg(default_value = "-")]
    file: PathBuf,
    /// Form of the output
    #[arg(long, value_enum, default_value = "jsonl")]
    format: Form,
    /// Repeat the input's columns before the prediction, whose names begin with `predicted_` if the
    /// input has one of them; control characters are shown as \u{1b} on a terminal
    #[arg(long)]
    echo: bool,
    /// Use only this reading direction of a model that has both
    #[arg(long, value_enum)]
    direction: Option<DirectionOption>,
    #[command(flatten)]
    precision: PrecisionOption,
    #[command(flatten)]
    data: DataOptions,
}

pub(crate) fn run(args: &Args, common: &Common, out: &mut Output) -> anyhow::Result<()> {
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
    let mut records = open(&args.file, &options)?;
    describe_columns(&args.file, &records, &model.text_columns, &mut terminal);
    // people typing and pipes want an answer a line; files want speed
    let chunk = if args.file == Path::new("-") { 1 } else { CHUNK };
    let mut lines = PredictionRows::new(args.format, args.data.printed_delimiter());
    loop {
        let batch = records.by_ref().take(chunk).collect::<Result<Vec<Record>, _>>()?;
        if batch.is_empty() {
            break;
        }
        let documents: Vec<&[String]> = batch.iter().map(|record| &record.fields[..]).collect();
        let rows = model.probabilities(&documents, 64)?;
        for (record, row) in batch.iter().zip(rows) {
            let line = lines.lines(record, &model.prediction(&row))?;
            match args.format {
                Form::Jsonl => out.json_line(&line)?,
                Form::Csv | Form::Text => out.line(&line)?,
            }
        }
        out.flush()?;
    }
    let warnings = records.warnings().messages_of_predictions();
    warnings.iter().chain(&lines.warning()).for_each(|warning| terminal.warn(warning));
    Ok(())
}
