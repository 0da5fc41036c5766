//! `ulmfit data`.

use crate::options::Common;
use crate::options::folder_name;
use crate::output::Output;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use ulmfit_datasets::{CATALOGUE, DataSet, Layout, Origin, Pulled, find, pull};

/// List and download published data sets.
///
/// These are the data sets of the ULMFiT paper, and text for pretraining.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// List names, sizes and licence terms
    #[command(after_help = "Example:\n  ulmfit data list")]
    List,
    /// Download a data set as CSV files; no other command downloads anything
    #[command(
        after_help = "Examples:\n  ulmfit data pull trec6\n  ulmfit data pull imdb -o data --from ~/Downloads"
    )]
    Pull {
        /// Name, as in `ulmfit data list`
        name: String,
        /// Where to create the folder of the data set
        #[arg(short, long, value_name = "DIR", value_parser = folder_name(), default_value = ".")]
        output: PathBuf,
        /// Folder or server (http:, https:) that has the published files
        #[arg(long, value_name = "FOLDER|URL")]
        from: Option<String>,
    },
}

pub(crate) fn run(args: &Args, common: &Common, out: &mut Output) -> anyhow::Result<()> {
    match &args.what {
        What::List => list(out),
        What::Pull { name, output, from } => {
            let set = find(name)?;
            let origin = match from {
                None => Origin::Published,
                Some(from) if from.starts_with("http:") || from.starts_with("https:") => {
                    Origin::Mirror(from.clone())
                }
                Some(from) => Origin::Folder(PathBuf::from(from)),
            };
            let output = output.strip_prefix(".").unwrap_or(output); // no `./` in what is printed
            let bar = bar(common);
            let pulled = pull(set, output, &origin, &mut |file, bytes, of| {
                bar.set_length(of);
                bar.set_message(file.to_owned());
                bar.set_position(bytes);
            });
            bar.finish_and_clear();
            told(set, &pulled?, out)
        }
    }
}

fn bar(common: &Common) -> ProgressBar {
    if common.quiet || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(0);
    let style = "{msg} {bar:24} {bytes}/{total_bytes} {bytes_per_sec} {eta} left";
    match ProgressStyle::with_template(style) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

fn list(out: &mut Output) -> anyhow::Result<()> {
    let text: Vec<String> = CATALOGUE.iter().map(about).collect();
    let documents: Vec<_> = CATALOGUE.iter().map(document).collect();
    out.result(&json!({ "data_sets": documents }), &text.join("\n"))
}

fn bytes(set: &DataSet) -> u64 {
    set.files.iter().map(|file| file.bytes).sum()
}

/// Two lines for people.
fn about(set: &DataSet) -> String {
    let rows = set.rows.iter().filter_map(|(name, rows)| Some(format!("{name} {}", (*rows)?)));
    let rows: Vec<String> = rows.collect();
    let rows = if rows.is_empty() {
        String::new()
    } else {
        format!("; {} classes; {}", set.labels.len(), rows.join(", "))
    };
    let megabytes = bytes(set) as f64 / 1e6;
    format!(
        "{:13} {}: {}{rows}\n{:13} {megabytes:.1} MB; terms: {}",
        set.name, set.title, set.task, "", set.terms
    )
}

fn document(set: &DataSet) -> Value {
    json!({
        "name": set.name,
        "title": set.title,
        "task": set.task,
        "labels": set.labels,
        "rows": set.rows.iter().copied().collect::<BTreeMap<_, _>>(),
        "bytes": bytes(set),
        "urls": set.files.iter().map(|file| file.url).collect::<Vec<_>>(),
        "terms": set.terms,
        "reference": set.reference,
    })
}

fn told(set: &DataSet, pulled: &Pulled, out: &mut Output) -> anyhow::Result<()> {
    let line = |(name, rows): &(&str, u64)| {
        format!("{}: {rows} rows\n", pulled.folder.join(name).display())
    };
    let lines: Vec<String> = pulled.files.iter().map(line).collect();
    let next = next(set, &pulled.folder);
    let text = format!("{}terms: {}\nnext: {next}", lines.concat(), set.terms);
    let rows: BTreeMap<_, _> = pulled.files.iter().copied().collect();
    out.result(&json!({ "folder": pulled.folder, "rows": rows, "next": next }), &text)
}

/// What most people will want to do with it.
fn next(set: &DataSet, folder: &Path) -> String {
    let path = |name: &str| folder.join(name).display().to_string();
    let model = format!("{}-model", set.name);
    if set.labels.is_empty() {
        return format!("ulmfit pretrain {} -o {model} --direction both", path("train.csv"));
    }
    let titles = match set.layout {
        Layout::Csv(columns) if columns.len() > 1 => " --text title --text text",
        _ => "",
    };
    let has_more = set.rows.iter().any(|(name, _)| *name == "unlabeled.csv");
    let more = has_more.then(|| format!(" --unlabeled {}", path("unlabeled.csv")));
    format!(
        "ulmfit fit {} --test {}{} -o {model} --label label{titles}",
        path("train.csv"),
        path("test.csv"),
        more.unwrap_or_default()
    )
}
