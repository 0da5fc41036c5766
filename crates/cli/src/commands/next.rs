//! `ulmfit next`.

use crate::options::{Common, DataOptions, FileTarget};
use crate::output::Output;
use crate::pool_table::PoolTable;
use crate::progress::Terminal;
use serde_json::json;
use std::io::Write;
use std::path::PathBuf;
use ulmfit::data::Record;
use ulmfit::data::readers::{Columns, LabelUse, ReadOptions};
use ulmfit::input::texts;
use ulmfit::labelling::next::{Pool, Strategy};
use ulmfit::run::Progress;
use ulmfit::{Base, Classifier, Error, Reader};

/// Choose the texts to label next.
///
/// Chooses texts that the classifier is uncertain about, and that differ from each other. Without
/// MODEL, for the first labels, it chooses texts of different kinds, one per cluster of sentence
/// vectors. Rows of POOL that have a label already are not chosen. Prints rows of CSV with an empty
/// label column.
#[derive(Debug, clap::Args)]
#[command(allow_missing_positional = true)]
#[command(after_help = "Examples:\n  ulmfit next pool.csv -n 50 -o first.csv\n  \
    ulmfit next model pool.csv --labelled first.csv -n 50 -o second.csv")]
pub(crate) struct Args {
    /// Folder of the classifier
    model: Option<PathBuf>,
    /// Unlabelled texts: CSV, TSV, JSONL, Parquet, or one text per line; `-` is standard input
    #[arg(required = true)]
    pool: Option<PathBuf>,
    /// Number of texts to choose
    #[arg(short = 'n', long, value_name = "N", default_value_t = 50)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    count: u32,
    /// How texts are chosen [default: mixed]
    #[arg(long, value_enum, value_name = "HOW", requires = "model")]
    strategy: Option<Strategy>,
    /// Texts that are labelled already: they are not chosen again, nor are near-duplicates of them
    #[arg(long, value_name = "DATA")]
    labelled: Vec<PathBuf>,
    /// Sentence encoder whose vectors are clustered: a folder, or the built-in `minilm`, which is for English
    /// [default: the classifier itself; minilm if there is none, or if it reads n-grams]
    #[arg(long, value_name = "MODEL")]
    base: Option<PathBuf>,
    #[command(flatten)]
    target: FileTarget,
    #[command(flatten)]
    data: DataOptions,
}

pub(crate) fn run(args: &Args, common: &Common, out: &mut Output) -> anyhow::Result<()> {
    let model = args.model.as_ref().map(Classifier::load).transpose()?;
    let own = model.as_ref().map(Classifier::bundle).filter(|model| model.has_vectors());
    let encoder = match (&args.base, own) {
        (None, Some(_)) => None,
        (base, _) => Some(base.as_deref().map_or(Base::MiniLm, Base::from).load_encoder()?.model),
    };
    let encode = |texts: &[&[String]]| match (&encoder, own) {
        (None, Some(model)) => model.vectors(texts),
        (encoder, _) => Ok(encoder.iter().flat_map(|encoder| encoder.vectors(texts)).collect()),
    };
    let mut file = args.target.create()?;
    let mut terminal = Terminal::new(common);
    let usual = args.data.read_options();
    let label = usual.label.clone();
    let learned = |model: &Classifier| model.bundle().label_column.clone();
    let label = label.or_else(|| model.as_ref().and_then(learned));
    let options = ReadOptions {
        labels: LabelUse::IfNamed,
        columns: Columns::Keep,
        learned_text: model.as_ref().map(|m| m.text_columns().to_vec()).unwrap_or_default(),
        learned_label: label.clone(),
        ..usual
    };
    let mut reader = Reader::new(options);
    let pool_file = args.pool.clone().unwrap_or_default();
    let rows = reader.records(&pool_file, &mut terminal)?;
    let columns = reader.columns();
    let (mut labelled, records): (Vec<Record>, Vec<Record>) =
        rows.into_iter().partition(Record::is_labelled);
    if !labelled.is_empty() {
        let (count, file) = (labelled.len(), pool_file.display());
        terminal.note(&format!("{count} rows of {file} have a label already and are not chosen"));
    }
    for path in &args.labelled {
        let rows = reader.records(path, &mut terminal)?;
        let has_labels = reader.columns().label.is_some();
        labelled.extend(rows.into_iter().filter(|row| !has_labels || row.is_labelled()));
    }
    args.data.refuse_csv_options(reader.formats())?;
    let pool = Pool { records: &records, labelled: &labelled };
    let count = args.count as usize;
    let foreign = encoder.as_ref().and_then(|encoder| encoder.language_warning(&texts(&records)));
    foreign.iter().for_each(|warning| terminal.warn(warning));
    let chosen = match &model {
        Some(model) => {
            let how = (args.strategy.unwrap_or_default(), count, common.seed);
            pool.next(model.bundle(), &encode, how, &mut terminal)?
        }
        None => pool.cold_start(&encode, count, common.seed, &mut terminal)?,
    };
    if chosen.is_empty() {
        let message = format!("there is no text to label in {}", pool_file.display());
        let hint = "all are blank, or are labelled already".to_owned();
        return Err(Error::TooLittle { message, hint: Some(hint) }.into());
    }
    if chosen.len() < count {
        terminal.note(&match (chosen.len(), records.len()) {
            (1, 1) => "there is only 1 text without a label".to_owned(),
            (all, there) if all == there => format!("there are only {all} texts without a label"),
            (some, there) => format!(
                "only {some} of {there} texts can be chosen: the others are empty, or near-duplicates \
                 of chosen or labelled texts"
            ),
        });
    }
    let label = columns.label.clone().or(label);
    let table = PoolTable {
        records: &records,
        columns: &columns,
        label: label.as_deref().unwrap_or("label"),
        model: model.as_ref().map(Classifier::bundle),
    };
    if let Some(file) = &mut file {
        file.write_all(&table.as_csv(&chosen)?)?;
    }
    let text = match (&file, args.target.path()) {
        (Some(_), Some(path)) => {
            format!(
                "{} texts to label are in {}: fill in the column `{}`, then add these rows to the \
                 examples that you train with",
                chosen.len(),
                path.display(),
                table.label
            )
        }
        _ => String::from_utf8(table.as_csv(&chosen)?)?,
    };
    if let Some(file) = file {
        file.finish()?;
    }
    if common.json || args.target.path().is_some() {
        return out.result(&json!({ "texts": table.as_json(&chosen) }), &text);
    }
    text.trim_end_matches('\n').split('\n').try_for_each(|line| out.line(line))?; // a stream
    Ok(out.flush()?)
}
