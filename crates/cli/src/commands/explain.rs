//! `ulmfit explain`.

use crate::options::{Common, DataOptions, DirectionOption, ExplainArg, PrecisionOption};
use crate::output::Output;
use crate::prediction_rows::Word;
use crate::progress::Terminal;
use crate::shortened::shortened;
use serde_json::json;
use std::fmt::Write;
use std::path::PathBuf;
use ulmfit::data::Record;
use ulmfit::data::readers::{LabelUse, ReadOptions, open};
use ulmfit::printable::printable;
use ulmfit::run::Progress;
use ulmfit::{Classifier, describe_columns};

/// Show which words decided a prediction.
///
/// Shows how much each word added to the probability of the label. `predict --explain` prints the same
/// as JSON, with the position of each word.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  echo 'You won a free prize!' | ulmfit explain model\n  \
    ulmfit explain model mails.csv --method exact --words 5")]
pub(crate) struct Args {
    /// Folder of the classifier
    model: PathBuf,
    /// Texts: CSV, TSV, JSONL, Parquet, or one text per line; `-` is standard input
    #[arg(default_value = "-")]
    file: PathBuf,
    /// How the weights are computed
    #[arg(long, value_enum, value_name = "HOW", default_value = "gradients")]
    method: ExplainArg,
    /// Number of words to show per text, those with the largest weights first
    #[arg(long, value_name = "N", default_value_t = 10)]
    words: usize,
    /// Use only this direction of a model that has both
    #[arg(long, value_enum)]
    direction: Option<DirectionOption>,
    #[command(flatten)]
    precision: PrecisionOption,
    #[command(flatten)]
    data: DataOptions,
}

/// Texts explained together.
const CHUNK: usize = 64;
/// Characters of a text that are shown above its words.
const SHOWN: usize = 70;

pub(crate) fn run(args: &Args, common: &Common, out: &mut Output) -> anyhow::Result<()> {
    let mut model = Classifier::load(&args.model)?;
    if let Some(direction) = args.direction {
        model = model.with_directions(&direction.directions())?;
    }
    let model = model.with_precision(args.precision.get());
    let method = args.method.method();
    let mut terminal = Terminal::new(common);
    let options = ReadOptions {
        labels: LabelUse::Ignored,
        learned_text: model.text_columns().to_vec(),
        ..args.data.read_options()
    };
    let mut records = open(&args.file, &options)?;
    describe_columns(&args.file, &records, model.text_columns(), &mut terminal);
    loop {
        let batch = records.by_ref().take(CHUNK).collect::<Result<Vec<Record>, _>>()?;
        if batch.is_empty() {
            break;
        }
        let documents = batch.iter().map(|record| &record.fields[..]);
        let found = model.explain(documents, method)?;
        for (record, found) in batch.iter().zip(&found) {
            let answer = model.bundle().prediction(&found.row);
            let mut words = Word::all(record, found);
            words.sort_by(|a, b| b.weight().abs().total_cmp(&a.weight().abs()));
            let all = words.len();
            words.truncate(args.words);
            if common.json {
                let (place, empty) = (&record.place, found.empty);
                let document =
                    json!({ "place": place, "answer": answer, "empty": empty, "words": words });
                out.json_line(&document.to_string())?;
                continue;
            }
            let mut text = format!(
                "{}: {}\n",
                record.place,
                printable(&shortened(&record.fields.join(" "), SHOWN))
            );
            match answer.value() {
                Some(value) => write!(text, "{value:.4} (for an empty text {:.4})", found.empty)?,
                None => {
                    let label = &model.labels()[found.output];
                    let (now, empty) = (found.row[found.output], found.empty);
                    write!(
                        text,
                        "{}: probability {now:.3} (for an empty text {empty:.3})",
                        printable(label)
                    )?;
                }
            }
            if all > words.len() {
                write!(text, "; {} of {all} words", words.len())?;
            }
            text += match args.method {
                _ if all == 0 => "; the text has no words",
                _ if words.is_empty() => "",
                ExplainArg::Fast | ExplainArg::Gradients => "; each word adds",
                ExplainArg::Exact => "; without the word it would be lower by",
            };
            for word in &words {
                write!(text, "\n  {:+.3}  {}", word.weight(), printable(word.text()))?;
            }
            out.line(&(text + "\n"))?;
        }
        out.flush()?;
    }
    let warnings = records.warnings().messages_of_predictions(terminal.spelling());
    warnings.iter().for_each(|warning| terminal.warn(warning));
    Ok(())
}
