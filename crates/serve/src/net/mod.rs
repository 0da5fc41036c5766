//! Connections.

mod bodies;
mod connection;
mod idle;
mod listener;
mod runtime;
mod unread;

pub(crate) use connection::{Connections, accept};
pub(crate) use listener::Listener;
pub(crate) use runtime::run as on_network_threads;
pub(crate) use unread::{Unread, Unsent};
