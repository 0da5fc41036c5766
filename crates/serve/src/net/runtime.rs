//! The threads that serve the network.

use crate::ServeError;
use std::time::Duration;
use tokio::runtime::Builder;

/// Threads for the network; predictions have their own.
const THREADS: usize = 2;

/// Runs a server on threads of its own, until it is done.
///
/// # Errors
/// [`ServeError`] when the threads cannot be started, and those of the server.
pub(crate) fn run<T>(server: impl Future<Output = Result<T, ServeError>>) -> Result<T, ServeError> {
    let what = "cannot start the network threads";
    let runtime = Builder::new_multi_thread()
        .worker_threads(THREADS)
        .thread_name("network")
        .enable_all()
        .build()
        .map_err(|source| ServeError::Io { what, source })?;
    let result = runtime.block_on(server);
    // loading a model or predicting a long text must not delay the end
    runtime.shutdown_timeout(Duration::from_millis(100));
    result
}
