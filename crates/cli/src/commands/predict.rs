//! `ulmfit predict`.

use crate::options::{Common, DataOptions, DirectionOption, PrecisionOption};
use crate::output::Output;
use crate::progress::Terminal;
use std::path::{Path, PathBuf};
use ulmfit::data::{Columns, LabelUse, ReadOptions, Record, open};
use ulmfit::stages::{ClassifierBundle, Prediction, Progress};

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
    format: FormatArg,
    /// Repeat the input's columns before the prediction
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum FormatArg {
    /// An object a line
    Jsonl,
    /// Comma-separated, with a header
    Csv,
    /// The label alone
    Text,
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
        ..args.data.read_options()
    };
    let mut records = open(&args.file, &options)?;
    // people typing and pipes want an answer a line; files want speed
    let chunk = if args.file == Path::new("-") { 1 } else { CHUNK };
    let mut writer = Writer::new(args, &model);
    loop {
        let batch = records.by_ref().take(chunk).collect::<Result<Vec<Record>, _>>()?;
        if batch.is_empty() {
            break;
        }
        let documents: Vec<Vec<String>> =
            batch.iter().map(|record| record.fields.clone()).collect();
        let rows = model.probabilities(&documents, 64);
        for (record, row) in batch.iter().zip(rows) {
            writer.write(record, &model.prediction(&row), out)?;
        }
        out.flush()?;
    }
    records.warnings().messages().iter().for_each(|warning| terminal.warn(warning));
    Ok(())
}

struct Writer {
    format: FormatArg,
    names: Vec<String>,
    started: bool,
}

impl Writer {
    fn new(args: &Args, model: &ClassifierBundle) -> Self {
        Self { format: args.format, names: model.output_names(), started: false }
    }

    fn write(
        &mut self,
        record: &Record,
        found: &Prediction,
        out: &mut Output,
    ) -> anyhow::Result<()> {
        let line = match self.format {
            FormatArg::Text => found.label.clone(),
            FormatArg::Jsonl => {
                let mut object = serde_json::Map::new();
                object.extend(record.columns.iter().cloned());
                if let serde_json::Value::Object(fields) = serde_json::to_value(found)? {
                    object.extend(fields);
                }
                serde_json::to_string(&object)?
            }
            FormatArg::Csv => {
                if !std::mem::replace(&mut self.started, true) {
                    let echoed = record.columns.iter().map(|(name, _)| name.clone());
                    let ours = ["label", "confidence"].map(str::to_owned);
                    let probabilities = self.names.iter().map(|name| format!("p({name})"));
                    out.line(&csv_line(echoed.chain(ours).chain(probabilities))?)?;
                }
                let echoed = record.columns.iter().map(|(_, value)| match value {
                    serde_json::Value::String(text) => text.clone(),
                    other => other.to_string(),
                });
                let ours = [found.label.clone(), found.confidence.to_string()];
                let probabilities = found.probabilities.values().map(ToString::to_string);
                csv_line(echoed.chain(ours).chain(probabilities))?
            }
        };
        Ok(out.line(&line)?)
    }
}

fn csv_line(cells: impl Iterator<Item = String>) -> anyhow::Result<String> {
    let mut writer =
        csv::WriterBuilder::new().terminator(csv::Terminator::Any(b'\n')).from_writer(Vec::new());
    writer.write_record(cells)?;
    let bytes = writer.into_inner().map_err(csv::IntoInnerError::into_error)?;
    Ok(String::from_utf8_lossy(&bytes).trim_end_matches('\n').to_owned())
}
