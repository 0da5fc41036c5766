//! `ulmfit predict`.

use crate::csv_style::CsvStyle;
use crate::options::{
    Common, DataOptions, DecisionOptions, DirectionOption, ExplainArg, FileTarget, PrecisionOption,
    Shard,
};
use crate::output::Output;
use crate::prediction_rows::{OutputFormat, PredictionRows, Word};
use crate::progress::Terminal;
use crate::read_ahead::ReadAhead;
use std::io::Write;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use ulmfit::data::readers::{Columns, LabelUse, ReadOptions, Warnings, open};
use ulmfit::data::{Place, Record};
use ulmfit::decisions::Policy;
use ulmfit::run::Progress;
use ulmfit::{Classifier, Decision, Error, Prediction, describe_columns};

/// Predicts the labels of texts: one row out per row in, in order.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  echo 'Where is my parcel?' | ulmfit predict model\n  \
    ulmfit predict model new.csv.gz --format csv --echo -o labelled.csv\n  \
    ulmfit predict model new.csv --max-error 0.02")]
pub(crate) struct Args {
    /// Folder of the classifier; with --server it may be left out, or is a name there
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
    /// Copy the columns of the input to the output; the names of the added ones start with
    /// `predicted_` where the input has the same name; a CSV keeps semicolons and a byte order mark; on a
    /// terminal control characters are shown as \u{1b}
    #[arg(long)]
    echo: bool,
    /// Only the N most probable labels, the most probable first, instead of the probability of each
    /// label; in a CSV the columns `top_1`, `top_1_probability` and so on
    #[arg(long, value_name = "N")]
    top: Option<NonZeroUsize>,
    /// Use only this direction of a model that has both
    #[arg(long, value_enum)]
    direction: Option<DirectionOption>,
    /// Use only this part of a model that `fit --method auto` has made, as `inspect` names it
    #[arg(long, value_name = "NAME")]
    #[cfg_attr(feature = "serve", arg(conflicts_with = "server"))]
    part: Option<String>,
    /// Add the words that decided, as places in the text with weights (not with `--format csv`): `fast`
    /// takes one pass, `gradients` about 30 of a sentence encoder, `exact` leaves each word out in turn
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

/// What predicts.
enum Predictor {
    Here {
        model: Box<Classifier>,
        policy: Option<Policy>,
    },
    #[cfg(feature = "serve")]
    There(crate::remote::Remote),
}

impl Predictor {
    /// Where the predictions come from, and the file with the texts.
    fn open(args: &Args) -> anyhow::Result<(Self, PathBuf)> {
        let standard_input = || PathBuf::from("-");
        #[cfg(feature = "serve")]
        if let Some(url) = args.server.url() {
            // a name alone is that of the file: the server has a model that needs no name
            let (model, file) = match (&args.model, &args.file) {
                (file, None) => (None, file),
                (model, file) => (model.as_ref(), file),
            };
            let model = model.map(|name| name.to_string_lossy().into_owned());
            let (direction, rule) = (args.direction, args.decision.rule());
            let remote = crate::remote::Remote::open(url, &args.server, model, direction, rule)?;
            return Ok((Self::There(remote), file.clone().unwrap_or_else(standard_input)));
        }
        let mut model = Classifier::load(args.model.clone().unwrap_or_default())?;
        if let Some(part) = &args.part {
            model = model.with_part(part)?;
        }
        if let Some(direction) = args.direction {
            model = model.with_directions(&direction.directions())?;
        }
        let model = model.with_precision(args.precision.get());
        let policy = args.decision.rule().map(|rule| model.policy(rule)).transpose()?;
        let model = Box::new(model);
        Ok((Self::Here { model, policy }, args.file.clone().unwrap_or_else(standard_input)))
    }

    fn text_columns(&self) -> &[String] {
        match self {
            Self::Here { model, .. } => model.text_columns(),
            #[cfg(feature = "serve")]
            Self::There(remote) => remote.text_columns(),
        }
    }

    /// The column that its labels came from, if it had a name.
    fn label_column(&self) -> Option<&str> {
        match self {
            Self::Here { model, .. } => model.bundle().label_column.as_deref(),
            #[cfg(feature = "serve")]
            Self::There(remote) => remote.label_column(),
        }
    }

    /// The classifier itself, and the thresholds of a rule.
    #[cfg_attr(not(feature = "serve"), allow(clippy::unnecessary_wraps))]
    fn here(&self) -> anyhow::Result<(&Classifier, Option<&Policy>)> {
        match self {
            Self::Here { model, policy } => Ok((model, policy.as_ref())),
            #[cfg(feature = "serve")]
            Self::There(_) => {
                let message = "--explain has no effect with --server".into();
                let hint = Some("explain with the model's folder".into());
                Err(Error::Usage { message, hint }.into())
            }
        }
    }

    /// The predictions in order, and whether they are given; says what the rule promises once.
    #[cfg_attr(not(feature = "serve"), allow(unused_variables))]
    fn predict(
        &mut self,
        documents: &[&[String]],
        terminal: &mut Terminal,
    ) -> anyhow::Result<Vec<Decision>> {
        match self {
            Self::Here { model, policy } => Ok(model.decide(documents, policy.as_ref())?),
            #[cfg(feature = "serve")]
            Self::There(remote) => {
                let found = remote.predict(documents)?;
                if remote.has_rule() && remote.first_time() {
                    tell(found.promise.as_deref(), &found.warnings, terminal);
                }
                Ok(found.decisions)
            }
        }
    }
}

/// What a rule promises, and what it cannot.
fn tell(promise: Option<&str>, warnings: &[String], terminal: &mut Terminal) {
    promise.iter().for_each(|told| terminal.note(told));
    warnings.iter().for_each(|warning| terminal.warn(warning));
}

/// The most probable labels alone.
fn ranked(found: Prediction, top: NonZeroUsize) -> Result<Prediction, Error> {
    if found.value().is_some() {
        let message = "--top has no effect on a model that predicts numbers".into();
        return Err(Error::Usage { message, hint: Some("leave it out".into()) });
    }
    Ok(found.likeliest(top.get()))
}

pub(crate) fn run(args: &Args, common: &Common, out: &mut Output) -> anyhow::Result<()> {
    let usual =
        if args.target.has_extension("csv") { OutputFormat::Csv } else { OutputFormat::Jsonl };
    let format = args.format.unwrap_or(usual);
    if args.echo && format == OutputFormat::Text {
        let message = "--echo has no effect on `--format text`, which is the label alone".into();
        let hint = Some("choose `--format csv` or `--format jsonl`".into());
        return Err(Error::Usage { message, hint }.into());
    }
    if args.top.is_some() && format == OutputFormat::Text {
        let message = "--top has no effect on `--format text`, which is the label alone".into();
        let hint = Some("choose `--format csv` or `--format jsonl`".into());
        return Err(Error::Usage { message, hint }.into());
    }
    if format == OutputFormat::Jsonl {
        args.data
            .refuse_label_delimiter("`--format jsonl`, which prints several labels as a list")?;
    }
    if args.explain.is_some() && format != OutputFormat::Jsonl {
        let message = "--explain gives a list of words, which only JSON has room for".into();
        let hint = Some("choose `--format jsonl`, or `ulmfit explain` to read it".into());
        return Err(Error::Usage { message, hint }.into());
    }
    let (mut model, input) = Predictor::open(args)?;
    if args.explain.is_some() {
        model.here()?;
    }
    let mut terminal = Terminal::new(common);
    if let Predictor::Here { policy: Some(policy), .. } = &model {
        tell(policy.told.as_deref(), &policy.warnings, &mut terminal);
    }
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
    let (mut rows, mut abstained) = (0_u64, 0_u64);
    let mut sets = [0_u64; 2]; // of one label, of another number of them
    let mut silent: (u64, Option<Place>) = (0, None); // texts of unknown words only
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
        let mut write = |record: &Record, mut found: Decision, words: Option<&[Word<'_>]>| {
            if let Some(top) = args.top {
                found.prediction = ranked(found.prediction, top)?;
            }
            let line = lines.lines(record, &found, words)?;
            rows += 1;
            abstained += u64::from(found.abstained);
            if let Some(set) = found.set.as_ref().filter(|_| !found.abstained) {
                sets[usize::from(set.len() != 1)] += 1;
            }
            if found.no_known_word && !record.is_blank() {
                silent.0 += 1;
                silent.1.get_or_insert_with(|| record.place.clone());
            }
            match (&mut file, format) {
                (Some(file), _) => writeln!(file, "{line}")?,
                (None, OutputFormat::Jsonl) => out.json_line(&line)?,
                (None, OutputFormat::Csv | OutputFormat::Text) => out.line(&line)?,
            }
            anyhow::Ok(())
        };
        match args.explain {
            Some(method) => {
                let (model, policy) = model.here()?;
                let bundle = model.bundle();
                let found = model.explain(documents.iter().copied(), method.method())?;
                let encoded = bundle.encode_all(&documents);
                for ((record, encoded), found) in batch.iter().zip(&encoded).zip(&found) {
                    let words = Word::all(record, found);
                    let knows = bundle.knows_a_word(encoded);
                    write(record, bundle.decision(&found.row, policy, knows), Some(&words))?;
                }
            }
            None => {
                let found = model.predict(&documents, &mut terminal)?;
                let mut rows = batch.iter().zip(found);
                rows.try_for_each(|(record, found)| write(record, found, None))?;
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
    if has_rule && rows > 0 {
        let rest = if abstained > 0 { "; the others are for a person" } else { "" };
        let sets = match sets {
            [0, 0] => String::new(),
            [one, others] => format!("; {one} of the sets have one label, {others} another number"),
        };
        terminal.note(&format!("answered {} of {rows} texts{rest}{sets}", rows - abstained));
    }
    let records = reader.finish();
    let advice = if has_rule { Warnings::WITHHELD } else { Warnings::PREDICTED };
    let warnings = records.warnings().advised(advice, terminal.spelling());
    warnings.iter().chain(&lines.warning()).for_each(|warning| terminal.warn(warning));
    if let (count, Some(first)) = silent {
        let texts =
            if count == 1 { "1 text has".to_owned() } else { format!("{count} texts have") };
        terminal
            .warn(&format!("{texts} no word that the model knows, the first at {first}; {advice}"));
    }
    Ok(())
}
