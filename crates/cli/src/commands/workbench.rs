//! `ulmfit workbench`.

use crate::options::Common;
use crate::options::folder_name;
use crate::output::Output;
use anyhow::Context;
use std::path::{Path, PathBuf};
use ulmfit_serve::{Ended, LogLevel, WorkbenchSettings, workbench};

/// Open a web page for labelling texts and training a classifier.
///
/// The page checks the data, trains, chooses more texts to label, and trains again. Only this machine
/// can open it. Trainings are `ulmfit fit` in processes of their own: they outlive a crash of the
/// workbench, and continue when it is started again.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  ulmfit workbench mails.csv\n  ulmfit workbench -o project")]
pub(crate) struct Args {
    /// Texts, with or without labels: CSV, TSV, JSONL, Parquet, or one text per line [default: the file used
    /// last time, or one chosen on the page]
    data: Option<PathBuf>,
    /// Folder for labels, trainings and models [default: the name of the data file with `-workbench` added]
    #[arg(short, long, value_name = "DIR", value_parser = folder_name())]
    output: Option<PathBuf>,
    /// Address on this machine: HOST:PORT (port 0 is any free one)
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8090")]
    listen: String,
}

pub(crate) fn run(args: &Args, common: &Common, out: &mut Output) -> anyhow::Result<()> {
    let settings = WorkbenchSettings {
        folder: args.output.clone().unwrap_or_else(|| usual_folder(args.data.as_deref())),
        data: args.data.clone(),
        listen: args.listen.clone(),
        program: std::env::current_exe().context("cannot find this program")?,
        shared: shared(common),
        log_level: if common.quiet { LogLevel::Warning } else { LogLevel::Info },
    };
    let mut printed = Ok(());
    let ended = workbench(&settings, |address| {
        let line = if common.json {
            out.json_line(&serde_json::json!({ "listening": address }).to_string())
        } else {
            out.line(&format!("open {address}"))
        };
        printed = line.and_then(|()| out.flush());
    })?;
    if let Ended::Cut { signal } = ended {
        std::process::exit(128 + signal); // at once, as was asked
    }
    Ok(printed?)
}

/// Beside where the user is, not beside the data, whose folder may be read-only.
fn usual_folder(data: Option<&Path>) -> PathBuf {
    let name = data.and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    let stem = name.as_deref().and_then(|name| name.split('.').find(|part| !part.is_empty()));
    stem.map_or_else(|| "workbench".into(), |stem| format!("{stem}-workbench").into())
}

/// What the commands of a workbench have in common.
fn shared(common: &Common) -> Vec<String> {
    let mut words = Vec::new();
    if common.seed != Common::SEED {
        words.extend(["--seed".to_owned(), common.seed.to_string()]);
    }
    if let Some(threads) = common.threads {
        words.extend(["--threads".to_owned(), threads.to_string()]);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_the_name_of_its_data() {
        let of = |data: &str| usual_folder(Some(Path::new(data)));
        assert_eq!(of("a/mails.jsonl.xz"), Path::new("mails-workbench"));
        assert_eq!(of("mails"), Path::new("mails-workbench"));
        assert_eq!(usual_folder(None), Path::new("workbench"));
    }
}
