//! Settings of a server.

use crate::api::MOST;
use std::path::PathBuf;
use std::time::Duration;
use ulmfit::Precision;

/// A model folder and the model's name in requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelSource {
    /// Name in requests and metrics.
    pub name: String,
    /// The folder.
    pub path: PathBuf,
}

/// Where to listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listen {
    /// `HOST:PORT`; port 0 is any free port.
    Tcp(String),
    /// A Unix socket.
    Unix(PathBuf),
}

/// Format of the log on standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// One line per event, for people.
    Text,
    /// One JSON object per line.
    Json,
}

/// Which events are logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogLevel {
    /// All of them.
    Info,
    /// Warnings and errors only.
    Warning,
}

/// Limits of requests, batches and the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Tokens in a batch. A text with more is a batch by itself.
    pub batch_tokens: usize,
    /// Texts in a batch.
    pub batch_texts: usize,
    /// How long a batch waits to have as many texts as the one before it.
    pub batch_wait: Duration,
    /// Waiting texts of all requests.
    pub queue_texts: usize,
    /// Texts in a request; never more than `queue_texts`.
    pub texts: usize,
    /// Bytes of a request body; streams are not limited.
    pub body: usize,
    /// Bytes of a text.
    pub document: usize,
    /// Time from the arrival of a request to its answer.
    pub deadline: Duration,
    /// Time after the signal to stop in which requests can still be answered.
    pub drain: Duration,
    /// Time after which a client that neither sends nor receives is disconnected.
    pub idle: Duration,
    /// Open connections; for a further one, one that has waited a second for its client is closed.
    pub connections: usize,
}

impl Limits {
    /// Upper bound of the number of texts in a request.
    pub const MOST_TEXTS: usize = MOST;

    /// Texts that a request may have: not more than the queue has places, or it could never be accepted.
    pub(crate) fn request_texts(&self) -> usize {
        self.texts.min(self.queue_texts)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            batch_tokens: 8192,
            batch_texts: 64,
            batch_wait: Duration::from_millis(2),
            queue_texts: 1024,
            texts: 256,
            body: 4 << 20,
            document: 1 << 20,
            deadline: Duration::from_secs(30),
            drain: Duration::from_secs(30),
            idle: Duration::from_secs(30),
            connections: 1024,
        }
    }
}

/// Settings of a server.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The models; requests without a model name go to the first.
    pub models: Vec<ModelSource>,
    /// Where to listen.
    pub listen: Listen,
    /// File of tokens, one per line; `None`: anyone who can reach the address may send requests.
    pub token_file: Option<PathBuf>,
    /// Whether other machines may reach it without a token.
    pub open: bool,
    /// Names allowed in the `Host` header, besides those of loopback.
    pub allowed_hosts: Vec<String>,
    /// Origins whose pages may read answers (CORS).
    pub cors: Vec<String>,
    /// Whether there is a page at `/`.
    pub page: bool,
    /// Whether a model is reloaded when its folder changes, without a signal.
    pub watch: bool,
    /// Precision of matrix products.
    pub precision: Precision,
    /// Format of the log.
    pub log: LogFormat,
    /// What is logged.
    pub log_level: LogLevel,
    /// Limits.
    pub limits: Limits,
}
