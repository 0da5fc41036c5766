//! `ulmfit predict`.

use crate::options::{Common, DataOptions, DecisionOptions, DirectionOption, PrecisionOption};
use crate::output::Output;
use crate::prediction_rows::{Found, OutputFormat, PredictionRows};
use crate::progress::Terminal;
use crate::read_ahead::ReadAhead;
use crate::whole_file::WholeFile;
use std::io::Write;
use std::path::PathBuf;
use ulmfit::data::Record;
use ulmfit::data::readers::{Columns, LabelUse, ReadOptions, open};
use ulmfit::run::Progress;
use ulmfit::{Classifier, Error, describe_columns};

/// Predicts the labels of texts: one row out per row in, in order.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  echo 'Where is my parcel?' | ulmfit predict model\n  \
    ulmfit predict model new.csv.gz --format csv --echo -o labelled.csv\n  \
    ulmfit predict model new.csv --max-error 0.02")]
pub(crate) struct Args {
    /// Folder of the classifier
    model: PathBuf,
    /// Texts: CSV, TSV, JSONL, Parquet, or one text per line; `-` is standard input
    #[arg(default_value = "-")]
    file: PathBuf,
    /// Write to this file instead of standard output; it appears complete or not at all
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
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
    decision: DecisionOptions,
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
    if args.format == OutputFormat::Jsonl {
        args.data
            .refuse_label_delimiter("`--format jsonl`, which prints several labels as a list")?;
    }
    let mut model = Classifier::load(&args.model)?;
    if let Some(direction) = args.direction {
        model = model.with_directions(&direction.directions())?;
    }
    let model = model.with_precision(args.precision.get());
    let mut terminal = Terminal::new(common);
    let policy = args.decision.rule().map(|rule| model.policy(rule)).transpose()?;
    if let Some(policy) = &policy {
        policy.told.iter().for_each(|told| terminal.note(told));
        policy.warnings.iter().for_each(|warning| terminal.warn(warning));
    }
    let mut file = args.output.as_deref().map(WholeFile::create).transpose()?;
    let options = ReadOptions {
        labels: LabelUse::Ignored,
        columns: if args.echo { Columns::Keep } else { Columns::Drop },
        learned_text: model.text_columns().to_vec(),
        learned_label: model.bundle().label_column.clone(),
        ..args.data.read_options()
    };
    let records = open(&args.file, &options)?;
    args.data.refuse_csv_options(&[records.format()])?;
    describe_columns(&args.file, &records, model.text_columns(), &mut terminal);
    let mut lines = PredictionRows::new(args.format, args.data.printed_delimiter());
    // a person who types gets an answer to each line at once, a pipe gets large batches
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
        let mut write = |record: &Record, found: Found<'_>| -> anyhow::Result<()> {
            let line = lines.lines(record, found)?;
            match (&mut file, args.format) {
                (Some(file), _) => writeln!(file, "{line}")?,
                (None, OutputFormat::Jsonl) => out.json_line(&line)?,
                (None, OutputFormat::Csv | OutputFormat::Text) => out.line(&line)?,
            }
            Ok(())
        };
        match &policy {
            Some(policy) => {
                let found = model.decide(documents, policy)?;
                batch.iter().zip(&found).try_for_each(|(r, d)| write(r, Found::Decision(d)))?;
            }
            None => {
                let found = model.predict(documents)?;
                batch.iter().zip(&found).try_for_each(|(r, p)| write(r, Found::Answer(p)))?;
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
    let records = reader.finish();
    let warnings = records.warnings().messages_of_predictions(terminal.spelling());
    warnings.iter().chain(&lines.warning()).for_each(|warning| terminal.warn(warning));
    Ok(())
}
