//! `ulmfit encode`.

use crate::npy::Npy;
use crate::options::{Common, DataOptions, DirectionOption, FileTarget, PrecisionOption};
use crate::output::Output;
use crate::progress::Terminal;
use crate::whole_file::WholeFile;
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::io::Write;
use std::path::PathBuf;
use ulmfit::data::Record;
use ulmfit::data::readers::{ColumnUse, Columns, LabelUse, ReadOptions, open};
use ulmfit::models::vectors::VectorModel;
use ulmfit::run::Progress;
use ulmfit::{Error, describe_columns};

/// Turn texts into vectors.
///
/// Prints one vector per text, in order. A classifier and a language model give the last, the maximum
/// and the mean state, a sentence encoder the mean state.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  ulmfit encode minilm tickets.csv -o vectors.npy\n  \
    ulmfit encode model new.jsonl > vectors.jsonl")]
pub(crate) struct Args {
    /// Model folder, or a built-in model: `en`, `en-base` or `minilm`
    model: PathBuf,
    /// Texts: CSV, TSV, JSONL, Parquet, or one text per line; `-` is standard input
    #[arg(default_value = "-")]
    file: PathBuf,
    #[command(flatten)]
    target: FileTarget,
    /// Output format [default: npy if the name of --output ends with `.npy`, else jsonl]
    #[arg(long, value_enum)]
    format: Option<VectorFormat>,
    /// Use only this direction of a model that has both
    #[arg(long, value_enum)]
    direction: Option<DirectionOption>,
    #[command(flatten)]
    precision: PrecisionOption,
    #[command(flatten)]
    data: DataOptions,
}

/// How vectors are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum VectorFormat {
    /// One JSON object per line: the columns that are not text, such as an id, and `vector`
    Jsonl,
    /// A matrix of 32-bit floats for NumPy, one row per text; needs --output
    Npy,
}

/// Texts that are read at a time.
const CHUNK: usize = 512;

/// Where vectors go.
enum Sink {
    Npy(Npy),
    File(WholeFile),
    Stdout,
}

impl Sink {
    fn open(args: &Args) -> anyhow::Result<Self> {
        let file = args.target.create()?;
        let is_npy = |path: &std::path::Path| path.extension().is_some_and(|end| end == "npy");
        let usual = match args.target.path() {
            Some(path) if is_npy(path) => VectorFormat::Npy,
            _ => VectorFormat::Jsonl,
        };
        match (args.format.unwrap_or(usual), file) {
            (VectorFormat::Npy, Some(file)) => Ok(Self::Npy(Npy::new(file)?)),
            (VectorFormat::Npy, None) => {
                let message = "`--format npy` needs the name of an output file".to_owned();
                let hint = Some("pass `-o vectors.npy`".to_owned());
                Err(Error::Usage { message, hint }.into())
            }
            (VectorFormat::Jsonl, Some(file)) => Ok(Self::File(file)),
            (VectorFormat::Jsonl, None) => Ok(Self::Stdout),
        }
    }

    fn finish(self) -> anyhow::Result<()> {
        match self {
            Self::Npy(npy) => npy.finish(),
            Self::File(file) => file.finish(),
            Self::Stdout => Ok(()),
        }
    }
}

/// A vector after the columns that are not text.
struct Row<'a> {
    record: &'a Record,
    columns: &'a ColumnUse,
    vector: &'a [f32],
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { record, columns, vector } = self;
        let own = record.columns.iter().filter(|(name, _)| !columns.text.contains(name));
        let mut prefix = String::new();
        while own.clone().any(|(name, _)| *name == format!("{prefix}vector")) {
            prefix.push_str("text_");
        }
        let mut row = serializer.serialize_map(None)?;
        own.into_iter().try_for_each(|(name, value)| row.serialize_entry(name, value))?;
        row.serialize_entry(&format!("{prefix}vector"), vector)?;
        row.end()
    }
}

pub(crate) fn run(args: &Args, common: &Common, out: &mut Output) -> anyhow::Result<()> {
    let mut model = VectorModel::load(&args.model)?;
    if let Some(direction) = args.direction {
        model.keep(&direction.directions())?;
    }
    model.set_precision(args.precision.get());
    let mut sink = Sink::open(args)?;
    let mut terminal = Terminal::new(common);
    let columns = if matches!(sink, Sink::Npy(_)) { Columns::Drop } else { Columns::Keep };
    let options = ReadOptions {
        labels: LabelUse::Ignored,
        columns,
        learned_text: model.text_columns().to_vec(),
        ..args.data.read_options()
    };
    let mut records = open(&args.file, &options)?;
    args.data.refuse_csv_options(&[records.format()])?;
    describe_columns(&args.file, &records, model.text_columns(), &mut terminal);
    let columns = records.columns();
    let mut done = 0;
    loop {
        let batch = records.by_ref().take(CHUNK).collect::<Result<Vec<Record>, _>>()?;
        if batch.is_empty() {
            break;
        }
        let documents: Vec<&[String]> = batch.iter().map(|record| &record.fields[..]).collect();
        for (record, vector) in batch.iter().zip(model.vectors(&documents)?) {
            let line =
                || serde_json::to_string(&Row { record, columns: &columns, vector: &vector });
            match &mut sink {
                Sink::Npy(npy) => npy.row(&vector)?,
                Sink::File(file) => writeln!(file, "{}", line()?)?,
                Sink::Stdout => out.json_line(&line()?)?,
            }
        }
        out.flush()?;
        done += batch.len();
        terminal.tick("texts encoded", done, None);
    }
    sink.finish()?;
    let warnings = records.warnings().messages_of_predictions(terminal.spelling());
    warnings.iter().for_each(|warning| terminal.warn(warning));
    Ok(())
}
