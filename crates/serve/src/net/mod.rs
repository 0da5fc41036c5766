//! Connections.

mod connection;
mod listener;

pub(crate) use connection::{Connections, accept};
pub(crate) use listener::Listener;
