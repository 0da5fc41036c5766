//! Serves text classifiers over HTTP: predictions with the bits of the command line, however many
//! clients there are; overload that refuses instead of collapsing; a page for people.
//!
//! [`serve`] runs until it is told to stop. [`Client`] asks such a server.
//!
//! From the bottom up: `engine` makes batches of waiting texts and predicts them on threads of its
//! own, `hosted` holds the models and swaps them, `routes` turns requests into texts and answers into
//! JSON, `net` listens, limits connections and drains. `api` has the types of both sides.

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

pub use client::{Client, ClientError, Columns, Decided, Question};
pub use error::ServeError;
pub use server::serve;
pub use settings::{Limits, Listen, LogForm, ModelSource, Settings};
