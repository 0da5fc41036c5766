//! `ulmfit evaluate`.

use crate::mistake_table::{MistakeTable, mistakes_as_json, mistakes_in_words};
use crate::options::{Common, DataOptions, DirectionOption, PrecisionOption};
use crate::output::Output;
use crate::progress::Terminal;
use std::path::PathBuf;
use ulmfit::data::readers::{Columns, ReadOptions};
use ulmfit::input::{LearnedTexts, read_texts};
use ulmfit::models::{ClassifierBundle, LmBundle, NetworkConfig, open_model, read_config};
use ulmfit::report::ClassifierEvaluation;
use ulmfit::stages::{evaluate_classifier, evaluate_language_model};
use ulmfit::{Error, Reader};

/// Score a model on labelled rows or running text.
///
/// A classifier needs labelled rows, a language model running text.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  ulmfit evaluate model test.csv --mistakes mistakes.csv\n  \
    ulmfit evaluate lm wiki.test.txt.xz --json")]
pub(crate) struct Args {
    /// Model folder, or a built-in language model, `en` or `en-base`
    model: PathBuf,
    /// Labelled rows, or text for a language model
    data_file: PathBuf,
    /// Batch size; it does not change results
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..))]
    batch_size: u16,
    /// Use only this direction of a model that has both
    #[arg(long, value_enum)]
    direction: Option<DirectionOption>,
    /// Write every wrong prediction to this CSV file, the most confident mistakes first: the other columns of
    /// the row, its record number, file, line and row in a spreadsheet, its text, its label and the
    /// prediction
    #[arg(long, value_name = "FILE")]
    mistakes: Option<PathBuf>,
    #[command(flatten)]
    precision: PrecisionOption,
    #[command(flatten)]
    data: DataOptions,
}

pub(crate) fn run(args: &Args, common: &Common, out: &mut Output) -> anyhow::Result<()> {
    let mut terminal = Terminal::new(common);
    let options = args.data.read_options();
    let batch_size = usize::from(args.batch_size);
    let folder = open_model(&args.model)?;
    match read_config(&folder)?.network {
        NetworkConfig::LanguageModel(_) => {
            if args.mistakes.is_some() {
                let message =
                    "`--mistakes` needs a classifier; a language model predicts no labels".into();
                return Err(Error::Usage { message, hint: None }.into());
            }
            args.data.refuse_labels()?;
            let mut model: LmBundle = LmBundle::load(&args.model)?;
            if let Some(direction) = args.direction {
                model.keep(&direction.directions())?;
            }
            model.set_precision(args.precision.get());
            let texts = read_texts(std::slice::from_ref(&args.data_file), &options, &mut terminal)?;
            let report = evaluate_language_model(&model, &texts, batch_size, &mut terminal)?;
            out.result(&report, &report.to_string())
        }
        NetworkConfig::SentenceEncoder(_) => {
            let (path, found, wanted) = (args.model.clone(), "sentence encoder", "classifier");
            Err(Error::WrongModel { path, found, wanted }.into())
        }
        NetworkConfig::Classifier(_)
        | NetworkConfig::SentenceClassifier(_)
        | NetworkConfig::LinearClassifier(_)
        | NetworkConfig::Portfolio(_) => {
            let mut model: ClassifierBundle = ClassifierBundle::from_folder(&folder)?;
            if let Some(direction) = args.direction {
                model.keep(&direction.directions())?;
            }
            model.set_precision(args.precision.get());
            let keep = args.mistakes.is_some() || common.json;
            let columns = if keep { Columns::Keep } else { Columns::Drop };
            let options = ReadOptions {
                learned_text: model.text_columns.clone(),
                learned_label: model.label_column.clone(),
                columns,
                ..options
            };
            let table = args.mistakes.as_deref().map(MistakeTable::create).transpose()?;
            let mut reader = Reader::new(options);
            let records = reader.records(&args.data_file, &mut terminal)?;
            args.data.refuse_csv_options(reader.formats())?;
            let found = {
                let learned = LearnedTexts::read(&folder)?;
                evaluate_classifier(&model, learned.as_ref(), &records, batch_size, &mut terminal)?
            };
            if let Some(table) = table {
                table.write(&reader.columns(), &records, &found.mistakes)?;
            }
            let mut text = found.scores.to_string();
            text += &mistakes_in_words(&found.mistakes)?;
            let mistakes = mistakes_as_json(&reader.columns(), &records, &found.mistakes);
            let (scores, learned) = (&found.scores, found.learned);
            out.result(&WithMistakes { scores, learned, mistakes }, &text)
        }
    }
}

/// Scores, and what was predicted wrong.
#[derive(serde::Serialize)]
struct WithMistakes<'a> {
    #[serde(flatten)]
    scores: &'a ClassifierEvaluation,
    /// Rows that the model was trained on, if that is known.
    #[serde(rename = "trained_on", skip_serializing_if = "Option::is_none")]
    learned: Option<usize>,
    mistakes: Vec<serde_json::Value>,
}
