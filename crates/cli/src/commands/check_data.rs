//! `ulmfit check-data`.

use crate::options::{Common, DataOptions, LabelArgs};
use crate::output::Output;
use crate::progress::Terminal;
use std::fmt::Write;
use std::path::PathBuf;
use ulmfit::Error;
use ulmfit::Reader;
use ulmfit::data::labels::LabelOptions;
use ulmfit::data::quality::{CheckOptions, Severity, check_data};
use ulmfit::data::readers::{LabelUse, ReadOptions};
use ulmfit::printable::printable;

/// Check a data set for duplicates, conflicting labels and other problems.
///
/// Reports duplicates, conflicting labels, spelling variants of labels, and empty or huge documents.
/// The exit code is 65 if training would refuse the data.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  ulmfit check-data train.csv --test test.csv")]
pub(crate) struct Args {
    /// Training set
    data_file: PathBuf,
    /// Validation set
    #[arg(long, value_name = "FILE")]
    valid: Option<PathBuf>,
    /// Test set
    #[arg(long, value_name = "FILE")]
    test: Option<PathBuf>,
    #[command(flatten)]
    labels: LabelArgs,
    #[command(flatten)]
    data: DataOptions,
}

/// Labels that are listed at most; JSON has all.
const LABELS: usize = 40;

pub(crate) fn run(args: &Args, common: &Common, out: &mut Output) -> anyhow::Result<()> {
    let options = ReadOptions { labels: LabelUse::Optional, ..args.data.read_options() };
    let label_delimiter = options.label_delimiter;
    let (mut files, mut terminal) = (Reader::new(options), Terminal::new(common));
    let mut read = |path: &PathBuf| files.records(path, &mut terminal);
    let train = read(&args.data_file)?;
    let valid = args.valid.as_ref().map(&mut read).transpose()?;
    let test = args.test.as_ref().map(&mut read).transpose()?;
    args.data.refuse_csv_options(files.formats())?;
    let others = [("valid", valid.as_deref()), ("test", test.as_deref())];
    let others: Vec<_> =
        others.into_iter().filter_map(|(name, rows)| Some((name, rows?))).collect();
    let LabelOptions { task, max_labels } = args.labels.label_options();
    let task = task.with_delimiter(label_delimiter);
    let spelling = crate::failure::options();
    let check = CheckOptions { task, max_labels, spelling, ..CheckOptions::default() };
    let report = check_data(&train, &others, &check);
    let mut text = String::new();
    for part in &report.parts {
        let name = if report.parts.len() == 1 { "" } else { &*format!("{}: ", part.name) };
        writeln!(
            text,
            "{name}{} rows, {} bytes at the median, {} at most",
            part.rows, part.median_bytes, part.max_bytes
        )?;
        part.labels
            .iter()
            .take(LABELS)
            .try_for_each(|(label, rows)| writeln!(text, "  {rows:>7} {}", printable(label)))?;
        let more = part.labels.len().saturating_sub(LABELS);
        if more > 0 {
            writeln!(text, "  and {more} more labels")?;
        }
    }
    for finding in &report.findings {
        writeln!(text, "{}: {}", finding.severity, printable(&finding.message))?;
        for (number, place) in finding.examples.iter().enumerate() {
            let line = match finding.first.get(number) {
                Some(first) => format!("{place}, first at {first}"),
                None => place.to_string(),
            };
            writeln!(text, "  {}", printable(&line))?;
        }
        let more = finding.count - finding.examples.len();
        if more > 0 && !finding.examples.is_empty() {
            writeln!(text, "  and {more} more")?;
        }
    }
    if report.findings.is_empty() {
        writeln!(text, "no problems found")?;
    }
    out.result(&report, &text)?;
    if report.worst() == Some(Severity::Error) {
        let message = "training would refuse this data".to_owned();
        return Err(Error::TooLittle { message, hint: None }.into());
    }
    Ok(())
}
