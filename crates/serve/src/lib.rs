//! Serves text classifiers over HTTP. Answers have the same bits as on the command line, for any number of
//! clients; requests above the limits are refused instead of slowing down all others; there is a page for
//! people.
//!
//! [`serve`] runs until it is told to stop. [`Client`] sends requests to such a server.
//!
//! From the bottom up: `api` has the types of requests and answers. `engine` batches waiting texts and
//! predicts them on its own threads. `hosted` holds the models and reloads them. `routes` turns requests into
//! texts and predictions into JSON. `net` accepts, limits and drains connections. `workbench` is another
//! server on the same ground: [`workbench()`] leads from a file of texts to a classifier on a page.

mod api;
mod client;
mod engine;
mod error;
mod hosted;
mod log;
mod metrics;
mod net;
mod problem;
mod reload;
mod routes;
mod server;
mod settings;
mod tokens;
mod workbench;

pub use client::{Client, ClientError, Columns, Decided, Question};
pub use error::ServeError;
pub use server::{Ended, serve};
pub use settings::{Limits, Listen, LogFormat, LogLevel, ModelSource, Settings};
pub use workbench::{WorkbenchSettings, workbench};
