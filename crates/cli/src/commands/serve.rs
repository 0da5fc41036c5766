//! `ulmfit serve`.

use crate::options::{Common, PrecisionOption, size, time};
use crate::output::Output;
use crate::progress::Terminal;
use std::path::{Path, PathBuf};
use std::time::Duration;
use ulmfit::run::Progress;
use ulmfit_serve::{
    Ended, Limits, Listen, LogFormat, LogLevel, ModelSource, ServeError, Settings, serve,
};

/// Serve models over HTTP, with a web page.
///
/// The predictions have the same bits as those of `ulmfit predict`. By default only this machine can
/// connect. SIGTERM ends the server when all accepted requests are answered; SIGHUP reloads models and
/// tokens.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  ulmfit serve model     then open http://127.0.0.1:8080\n  \
    ulmfit serve spam=mails topics=topics --listen 0.0.0.0:80 --token-file tokens\n  \
    curl 127.0.0.1:8080/predict --json '{\"text\": \"Where is my parcel?\"}'")]
pub(crate) struct Args {
    /// Folders of classifiers; the first answers requests without a model name. A model is called by the name
    /// of its folder unless NAME is given
    #[arg(required = true, value_name = "MODEL[=NAME]")]
    models: Vec<String>,
    /// Address: HOST:PORT (port 0 is any free one) or unix:PATH. It is printed as JSON when clients can
    /// connect
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: String,
    /// Require one of the tokens in this file, which has one per line
    #[arg(long, value_name = "FILE", conflicts_with = "open")]
    token_file: Option<PathBuf>,
    /// Let other machines send requests without a token
    #[arg(long)]
    open: bool,
    /// Also accept this host name; repeat for several. Without a token only localhost and addresses of
    /// this machine are accepted
    #[arg(long, value_name = "NAME")]
    allow_host: Vec<String>,
    /// Allow requests from pages of this origin (CORS), such as https://example.org; repeat for several
    #[arg(long, value_name = "ORIGIN")]
    cors: Vec<String>,
    /// Leave out the page at `/`
    #[arg(long)]
    no_page: bool,
    /// Reload a model when its folder changes
    #[arg(long)]
    watch: bool,
    /// Format of the log on standard error, one line per request; texts are never logged
    #[arg(long, value_name = "FORM", default_value = "text", value_parser = ["text", "json"])]
    log: String,
    #[command(flatten)]
    limits: LimitOptions,
    #[command(flatten)]
    precision: PrecisionOption,
}

/// Limits of requests, batches and the queue.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Limits")]
struct LimitOptions {
    /// Maximum number of tokens in a batch; a longer text is a batch of its own
    #[arg(long, value_name = "N", default_value = "8192")]
    #[arg(value_parser = clap::value_parser!(u32).range(16..))]
    max_batch_tokens: u32,
    /// Maximum number of texts in a batch
    #[arg(long, value_name = "N", default_value = "64")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=4096))]
    max_batch_texts: u32,
    /// How long a batch may wait for more texts, until it is as large as the one before
    #[arg(long, value_name = "TIME", default_value = "2ms", value_parser = short_time)]
    batch_wait: Duration,
    /// Maximum number of waiting texts; more are refused with status 429
    #[arg(long, value_name = "N", default_value = "1024")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    queue_texts: u32,
    /// Maximum number of texts in a request, within --queue-texts; a stream may have any number
    #[arg(long, value_name = "N", default_value = "256")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=Limits::MOST_TEXTS as i64))]
    max_texts: u32,
    /// Maximum size of a request; a stream may have any size
    #[arg(long, value_name = "SIZE", default_value = "4M", value_parser = size)]
    max_body: u64,
    /// Maximum size of a text
    #[arg(long, value_name = "SIZE", default_value = "1M", value_parser = size)]
    max_doc_bytes: u64,
    /// Maximum time from a request to its answer, else status 504
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = short_time)]
    deadline: Duration,
    /// Maximum time to finish requests after the signal to stop
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = short_time)]
    drain: Duration,
    /// Maximum time without data from or to a client
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = short_time)]
    idle: Duration,
    /// Maximum number of connections; to accept one more, a connection that has waited a second for its
    /// client is closed
    #[arg(long, value_name = "N", default_value = "1024")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    max_connections: u32,
}

pub(crate) fn run(args: &Args, common: &Common, out: &mut Output) -> anyhow::Result<()> {
    let limits = &args.limits;
    let settings = Settings {
        models: args.models.iter().map(|model| source(model)).collect(),
        listen: match args.listen.strip_prefix("unix:") {
            Some(path) => Listen::Unix(path.into()),
            None => Listen::Tcp(args.listen.clone()),
        },
        token_file: args.token_file.clone(),
        open: args.open,
        allowed_hosts: args.allow_host.clone(),
        cors: args.cors.clone(),
        page: !args.no_page,
        watch: args.watch,
        precision: args.precision.get(),
        log: match &args.log[..] {
            "json" => LogFormat::Json,
            _ => LogFormat::Text,
        },
        log_level: if common.quiet { LogLevel::Warning } else { LogLevel::Info },
        limits: Limits {
            batch_tokens: limits.max_batch_tokens as usize,
            batch_texts: limits.max_batch_texts as usize,
            batch_wait: limits.batch_wait,
            queue_texts: limits.queue_texts as usize,
            texts: limits.max_texts as usize,
            body: limits.max_body as usize,
            document: limits.max_doc_bytes as usize,
            deadline: limits.deadline,
            drain: limits.drain,
            idle: limits.idle,
            connections: limits.max_connections as usize,
        },
    };
    let mut printed = Ok(());
    let mut terminal = Terminal::new(common);
    let for_people =
        settings.page && settings.log == LogFormat::Text && settings.log_level == LogLevel::Info;
    let served = serve(&settings, |address| {
        let line = serde_json::json!({ "listening": address }).to_string();
        printed = out.json_line(&line).and_then(|()| out.flush());
        if for_people && address.starts_with("http") {
            terminal.note(&format!("open {address} in a browser; Ctrl-C stops the server"));
        }
    });
    let ended = served.map_err(|error| match error {
        ServeError::Model(error) => error.into(),
        other => anyhow::Error::from(other),
    })?;
    if let Ended::Cut { signal } = ended {
        std::process::exit(128 + signal); // at once, as was asked: threads may still compute
    }
    Ok(printed?)
}

/// `FOLDER` or `FOLDER=NAME`; an existing folder whose name contains `=` takes precedence.
fn source(argument: &str) -> ModelSource {
    if !Path::new(argument).exists()
        && let Some((path, name)) = argument.rsplit_once('=')
    {
        return ModelSource { name: name.to_owned(), path: path.into() };
    }
    let path = PathBuf::from(argument);
    let full = path.canonicalize().unwrap_or_else(|_| path.clone());
    let name = full.file_name().map_or("model".into(), |name| name.to_string_lossy().into_owned());
    ModelSource { name, path }
}

/// A time of at most a day.
fn short_time(text: &str) -> Result<Duration, String> {
    match time(text)? {
        time if time > Duration::from_hours(24) => Err("give at most a day".to_owned()),
        time => Ok(time),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_time_is_longer_than_a_day() {
        assert_eq!(short_time("24h"), Ok(Duration::from_hours(24)));
        assert_eq!(short_time("0ms"), Ok(Duration::ZERO));
        assert!(short_time("90000s").is_err());
    }

    #[test]
    fn a_model_has_the_name_of_its_folder_or_another() {
        assert_eq!(source("none/such/spam").name, "spam");
        let named = source("none/such=spam");
        assert_eq!((named.name.as_str(), named.path), ("spam", PathBuf::from("none/such")));
    }
}
