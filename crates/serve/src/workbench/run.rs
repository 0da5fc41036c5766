//! Running a workbench from start to stop.

use super::access::new_key;
use super::bench::Bench;
use super::pages::{Workbench, router};
use super::saved::{Data, STATE};
use super::table::Choice;
use crate::log::Log;
use crate::metrics::Metrics;
use crate::net::{Connections, Listener, accept, on_network_threads};
use crate::{Ended, Limits, Listen, LogFormat, LogLevel, ServeError};
use std::path::{Path, PathBuf};
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
    /// What is logged on standard error.
    pub log_level: LogLevel,
}

/// Runs a workbench until SIGTERM or SIGINT. Then trainings save a checkpoint and stop; they continue
/// when the workbench is started again. At a second signal it returns at once, and the caller should end the process.
///
/// `listening` is called with the address, which has a key in it, as soon as a browser can open it.
///
/// # Errors
/// [`ServeError`] when it cannot start.
pub fn workbench(
    settings: &WorkbenchSettings,
    listening: impl FnOnce(&str),
) -> Result<Ended, ServeError> {
    on_network_threads(run(settings, listening))
}

async fn run(
    settings: &WorkbenchSettings,
    listening: impl FnOnce(&str),
) -> Result<Ended, ServeError> {
    let failed = |what| move |source| ServeError::Io { what, source };
    let log = Log::new(LogFormat::Text, settings.log_level);
    let listener = Listener::bind(&Listen::Tcp(settings.listen.clone())).await?;
    let address = listener.address();
    if !listener.is_local() {
        return Err(ServeError::NotLocal { address });
    }
    let shared = settings.shared.clone();
    let bench = Bench::open(&settings.folder, settings.program.clone(), shared, log)?;
    let key = new_key().map_err(failed("cannot make a key"))?;
    let port = address.rsplit(':').next().and_then(|port| port.parse().ok()).unwrap_or_default();
    let url = format!("{address}/?key={key}");
    let router = router(Arc::new(Workbench::new(Arc::clone(&bench), key, port)));
    let limits = Limits::default();
    let connections = Connections::new(&limits, router, Arc::new(Metrics::new()));
    let signal = |kind| signal(kind).map_err(failed("cannot handle signals"));
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    match &settings.data {
        Some(path) => open(&bench, path)?,
        None => bench.reopen(),
    }
    // last: a workbench that cannot start must not leave a training behind
    bench.pick_up();
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
        _ = terminate.recv() => return Ok(Ended::Cut { signal: SignalKind::terminate().as_raw_value() }),
        _ = interrupt.recv() => return Ok(Ended::Cut { signal: SignalKind::interrupt().as_raw_value() }),
    }
    connections.close(Duration::from_secs(1)).await;
    Ok(Ended::Drained)
}

/// Opens the file that was named; the columns that were chosen for it last time stay.
fn open(bench: &Arc<Bench>, path: &Path) -> Result<(), ServeError> {
    let full = path.canonicalize();
    let full = full.map_err(|source| ServeError::File { path: path.to_owned(), source })?;
    let mut inner = bench.lock();
    let known = inner.saved.data.as_ref().is_some_and(|data| data.path == full);
    if known {
        drop(inner);
        bench.reopen();
        return Ok(());
    }
    if let Some(training) = bench.running(&inner) {
        return Err(ServeError::Training { folder: bench.folder.clone(), training });
    }
    let opened = bench.open_file(&mut inner, Data::new(full, &Choice::default()));
    opened.map_err(|source| ServeError::File { path: bench.folder.join(STATE), source })
}

#[cfg(test)]
mod tests {
    use super::super::saved::{Round, Saved};
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn another_file_is_refused_before_a_training_is_continued() {
        let place = tempfile::tempdir().unwrap();
        let path = |name: &str| place.path().join(name);
        // leaves a trace of each of its starts
        std::fs::write(path("program"), format!("#!/bin/sh\ntouch {}\n", path("trace").display()))
            .unwrap();
        std::fs::set_permissions(path("program"), PermissionsExt::from_mode(0o755)).unwrap();
        for name in ["mails.csv", "notes.csv"] {
            std::fs::write(path(name), "text,label\na,b\n").unwrap();
        }
        let arguments = vec!["fit".to_owned()];
        let round =
            Round { number: 1, arguments, train: 1, test: None, wanted: true, failed: None };
        let mails = path("mails.csv").canonicalize().unwrap();
        let data = Some(Data::new(mails, &Choice::default()));
        std::fs::create_dir(path("bench")).unwrap();
        let mut saved = Saved::read(&path("bench")).unwrap();
        (saved.data, saved.rounds) = (data, vec![round]);
        saved.write(&path("bench")).unwrap();
        let settings = WorkbenchSettings {
            folder: path("bench"),
            data: Some(path("notes.csv")),
            listen: "127.0.0.1:0".to_owned(),
            program: path("program"),
            shared: Vec::new(),
            log_level: LogLevel::Warning,
        };
        let error = workbench(&settings, |_| panic!("it cannot start")).unwrap_err();
        assert!(matches!(error, ServeError::Training { training: 1, .. }), "{error}");
        assert!(!path("trace").exists() && !path("bench/jobs").exists(), "nothing was started");
    }
}
