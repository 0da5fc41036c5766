//! `ulmfit suspects`.

use crate::options::{Common, DataOptions, LabelArgs};
use crate::output::Output;
use crate::progress::Terminal;
use crate::suspect_table::{SuspectTable, next_command};
use crate::whole_file::{Existing, WholeFile};
use serde_json::json;
use std::path::{Path, PathBuf};
use ulmfit::checkpoint::ModelFolder;
use ulmfit::data::labels::LabelOptions;
use ulmfit::data::readers::{Columns, ReadOptions};
use ulmfit::labelling::suspects::{AnswerSource, Suspects};
use ulmfit::report::percent;
use ulmfit::run::Progress;
use ulmfit::{Base, Error, Reader};

/// Find rows whose label is probably wrong.
///
/// Lists the most suspicious rows first. Every row is predicted by a model that was not trained on its
/// label (confident learning, Northcutt et al. 2021). The models are linear layers on a sentence
/// encoder, which takes seconds; or, with --scored, those of `fit --folds`, which have been trained
/// already.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  ulmfit suspects tickets.csv -o check.csv\n  \
    ulmfit suspects tickets.csv --scored tickets-model")]
pub(crate) struct Args {
    /// Labelled rows: CSV, TSV, JSONL, Parquet, or a folder with one folder per class
    #[arg(value_name = "DATA")]
    data_file: PathBuf,
    /// Predictions for these rows: the folder of a model trained with `fit --folds` on DATA, or its
    /// `scored.csv`
    #[arg(long, value_name = "PATH", conflicts_with_all = ["base", "folds"])]
    scored: Option<PathBuf>,
    /// Sentence encoder: a folder, or the built-in `minilm`, which is for English
    #[arg(long, value_name = "MODEL", default_value = "minilm")]
    base: PathBuf,
    /// Number of cross-validation folds
    #[arg(long, value_name = "K", default_value_t = 5)]
    #[arg(value_parser = clap::value_parser!(u16).range(2..=100))]
    folds: u16,
    /// Number of rows to list here; the file and the JSON have all of them
    #[arg(short = 'n', long, value_name = "N", default_value_t = 20)]
    rows: usize,
    /// Write DATA to this CSV file, the listed rows first, with the suggested labels in columns of
    /// their own: correct the label column, and train on the file. It appears complete or not at all
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    labels: LabelArgs,
    #[command(flatten)]
    data: DataOptions,
}

/// `scored.csv` of a model folder, or the file itself.
fn scored_file(path: &Path) -> Result<PathBuf, Error> {
    if !path.is_dir() {
        return Ok(path.to_owned());
    }
    if ModelFolder::open(path)?.has(SCORED) {
        return Ok(path.join(SCORED));
    }
    let message = format!("{}: the model was trained without cross-validation", path.display());
    let hint = "train it with `ulmfit fit --folds 5`, or leave out --scored".to_owned();
    Err(Error::Missing { message, hint: Some(hint) })
}

/// The file in a model folder.
const SCORED: &str = "scored.csv";

/// A classifier that agrees with fewer of the labels cannot tell the wrong ones. With 41 % of them "probably wrong" in a
/// set that was labelled with care, one agreed with 59 %.
const TRUSTED: f64 = 0.7;

pub(crate) fn run(args: &Args, common: &Common, out: &mut Output) -> anyhow::Result<()> {
    let scored = args.scored.as_deref().map(scored_file).transpose()?;
    let create = |path| WholeFile::create(path, Existing::Refuse { hint: "remove it" });
    let file = args.output.as_deref().map(create).transpose()?;
    let mut terminal = Terminal::new(common);
    let options = ReadOptions { columns: Columns::Keep, ..args.data.read_options() };
    let delimiter = options.label_delimiter;
    let mut reader = Reader::new(options);
    let records = reader.records(&args.data_file, &mut terminal)?;
    args.data.refuse_csv_options(reader.formats())?;
    let LabelOptions { task, max_labels } = args.labels.label_options();
    let labels = LabelOptions { task: task.with_delimiter(delimiter), max_labels };
    let encoder = match &scored {
        Some(_) => None,
        None => Some(Base::from(args.base.as_path()).load_encoder()?.model),
    };
    let source = match (&scored, &encoder) {
        (Some(path), _) => AnswerSource::Scored(path),
        (None, Some(encoder)) => {
            AnswerSource::Encoder { encoder, folds: usize::from(args.folds), seed: common.seed }
        }
        (None, None) => unreachable!("an encoder was loaded"),
    };
    let found = Suspects::find(records, &source, &labels, &mut terminal)?;
    let columns = reader.columns();
    let table = SuspectTable { found: &found, columns: &columns };
    let (rows, suspects) = (found.records.len(), found.found.len());
    let share = percent(suspects as f64 / rows as f64);
    let is_weak = found.agreement < TRUSTED && suspects > 0;
    let verdict = match (suspects == 1, is_weak) {
        (true, true) => "has a label that the classifier doubts",
        (false, true) => "have a label that the classifier doubts",
        (true, false) => "has a label that is probably wrong",
        (false, false) => "have a label that is probably wrong",
    };
    let text = match suspects {
        0 => format!("0 of {rows} rows have a label that is probably wrong"),
        _ => format!(
            "{suspects} of {rows} rows ({share} %) {verdict}; the most suspicious first\n{}",
            table.in_words(args.rows)
        ),
    };
    if is_weak {
        terminal.warn(&format!(
            "the classifier behind this list agrees with only {} % of the labels, so many of the labels that it doubts \
             may be right; more examples, or the predictions of a better classifier (--scored), give a more reliable list",
            percent(found.agreement)
        ));
    }
    let document =
        json!({ "rows": rows, "agreement": found.agreement, "suspects": table.as_json() });
    if let (Some(file), Some(path)) = (file, &args.output) {
        let written = table.write(file)?;
        terminal.note(&format!(
            "{}: correct the column `{}`, then run: {}",
            path.display(),
            written.label,
            next_command(path, &written)
        ));
    }
    out.result(&document, &text)
}
