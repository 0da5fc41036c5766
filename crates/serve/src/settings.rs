//! What a server is told at its start.

use crate::api::MOST;
use std::path::PathBuf;
use std::time::Duration;
use ulmfit::Precision;

/// A model folder and the name that requests call it.
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
    /// `HOST:PORT`; port 0 is any that is free.
    Tcp(String),
    /// A unix socket.
    Unix(PathBuf),
}

/// How events are written to standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogForm {
    /// A line for people.
    Text,
    /// A JSON object a line.
    Json,
    /// Warnings and errors only, for people.
    Quiet,
}

/// What one request, one batch and the queue may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Tokens of a batch. A text that has more forms a batch of its own.
    pub batch_tokens: usize,
    /// Texts of a batch.
    pub batch_texts: usize,
    /// How long a batch waits for as many texts as the one before had.
    pub batch_wait: Duration,
    /// Texts that wait, over all requests.
    pub queue_texts: usize,
    /// Texts of a request.
    pub texts: usize,
    /// Bytes of the body of a request; a stream may have any number.
    pub body: usize,
    /// Bytes of a text.
    pub document: usize,
    /// From the arrival of a request to its answer.
    pub deadline: Duration,
    /// From the signal to stop until requests that are not answered are given up.
    pub drain: Duration,
    /// Time in which a client must send or take something.
    pub idle: Duration,
    /// Connections at a time; more wait.
    pub connections: usize,
}

impl Limits {
    /// More texts than this cannot be allowed in one request.
    pub const MOST_TEXTS: usize = MOST;
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

/// What a server is told at its start.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The models; the first answers requests that name none.
    pub models: Vec<ModelSource>,
    /// Where to listen.
    pub listen: Listen,
    /// Tokens that allow requests, one per line; `None`: anyone who reaches the address may send requests.
    pub token_file: Option<PathBuf>,
    /// Whether others may reach it without a token.
    pub open: bool,
    /// Other names than those of loopback that requests may call this server by.
    pub allowed_hosts: Vec<String>,
    /// Origins whose pages may read answers.
    pub cors: Vec<String>,
    /// Whether there is a page at `/`.
    pub page: bool,
    /// Whether a model folder that has changed is loaded again without a signal.
    pub watch: bool,
    /// Numbers of matrix products.
    pub precision: Precision,
    /// How events are written.
    pub log: LogForm,
    /// Limits.
    pub limits: Limits,
}
