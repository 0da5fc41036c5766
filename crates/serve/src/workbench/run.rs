//! Running a workbench from start to stop.

use super::access::new_key;
use super::bench::Bench;
use super::pages::{Workbench, router};
use super::table::Choice;
use crate::log::Log;
use crate::metrics::Metrics;
use crate::net::{Connections, Listener, accept, on_network_threads};
use crate::{Limits, Listen, LogForm, ServeError};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// Settings of a workbench.
#[derive(Clone, Debug)]
pub struct WorkbenchSettings {
    /// Where labels, trainings and models are kept.
    pub folder: PathBuf,
    /// The file of texts to open; `None`: the one of last time, or none.
    pub data: Option<PathBuf>,
    /// `HOST:PORT`, which must be of this machine; port 0 is any free port.
    pub listen: String,
    /// The program `ulmfit`, which trains.
    pub program: PathBuf,
    /// Options of every command, such as `--threads 4`.
    pub shared: Vec<String>,
    /// Format of the log.
    pub log: LogForm,
}

/// Runs a workbench until SIGTERM or SIGINT. Then trainings save a checkpoint and stop; they continue
/// when the workbench is started again.
///
/// `listening` is called with the address, which has a key in it, as soon as a browser can open it.
///
/// # Errors
/// [`ServeError`] when it cannot start.
pub fn workbench(
    settings: &WorkbenchSettings,
    listening: impl FnOnce(&str),
) -> Result<(), ServeError> {
    on_network_threads(run(settings, listening))
}

async fn run(settings: &WorkbenchSettings, listening: impl FnOnce(&str)) -> Result<(), ServeError> {
    let failed = |what| move |source| ServeError::Io { what, source };
    let log = Log::new(settings.log);
    let listener = Listener::bind(&Listen::Tcp(settings.listen.clone())).await?;
    let address = listener.address();
    if !listener.is_local() {
        return Err(ServeError::NotLocal { address });
    }
    let shared = settings.shared.clone();
    let bench = Bench::open(&settings.folder, settings.program.clone(), shared, log)?;
    bench.pick_up();
    match &settings.data {
        Some(path) => open(&bench, path)?,
        None => bench.reopen(),
    }
    let key = new_key().map_err(failed("cannot make a key"))?;
    let port = address.rsplit(':').next().and_then(|port| port.parse().ok()).unwrap_or_default();
    let url = format!("{address}/?key={key}");
    let router = router(Arc::new(Workbench::new(Arc::clone(&bench), key, port)));
    let limits = Limits::default();
    let connections = Connections::new(&limits, router, Arc::new(Metrics::new()));
    let signal = |kind| signal(kind).map_err(failed("cannot handle signals"));
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    listening(&url);
    tokio::select! {
        () = accept(&listener, &connections) => {}
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    log.info("stopping", &[]);
    let closing = tokio::task::spawn_blocking(move || bench.close());
    tokio::select! {
        _ = closing => {}
        _ = terminate.recv() => std::process::exit(143),
        _ = interrupt.recv() => std::process::exit(130),
    }
    connections.close(Duration::from_secs(1)).await;
    Ok(())
}

/// Opens the file that was named; the columns that were chosen for it last time stay.
fn open(bench: &Arc<Bench>, path: &std::path::Path) -> Result<(), ServeError> {
    let full = path.canonicalize();
    let full = full.map_err(|source| ServeError::File { path: path.to_owned(), source })?;
    let known = bench.lock().saved.data.as_ref().is_some_and(|data| data.path == full);
    if known {
        bench.reopen();
        return Ok(());
    }
    bench.open_data(&full, &Choice::default()).map_err(|problem| ServeError::DamagedState {
        path: bench.folder.clone(),
        message: problem.detail().to_owned(),
    })
}
