//! Running a server from start to stop.

use crate::engine::Engine;
use crate::hosted::Models;
use crate::log::Log;
use crate::metrics::Metrics;
use crate::net::{Connections, Listener, accept, on_network_threads};
use crate::reload::{Sights, reload_all, watch};
use crate::routes::{Access, App, Page, router};
use crate::tokens::Tokens;
use crate::{Listen, ServeError, Settings};
use hyper::header::HeaderValue;
use serde_json::Value;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::signal::unix::{Signal, SignalKind, signal};
use ulmfit::{share_memory, trim_memory};

/// How a server ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// All requests were answered.
    Drained,
    /// A second signal came before they were.
    Cut {
        /// Its number.
        signal: i32,
    },
}

/// Serves until SIGTERM or SIGINT. Then it accepts no new requests, answers those it has, and returns; at a
/// second signal it returns at once, and the caller should end the process, whose threads may still compute.
///
/// `listening` is called with the address as soon as clients can connect: `http://127.0.0.1:8080`, or
/// `unix:PATH`.
///
/// # Errors
/// [`ServeError`] when it cannot start, or when requests were not answered before
/// [`Limits::drain`](crate::Limits::drain) was over.
///
/// # Panics
/// If there is no model.
pub fn serve(settings: &Settings, listening: impl FnOnce(&str)) -> Result<Ended, ServeError> {
    share_memory();
    on_network_threads(run(settings, listening))
}

async fn run(settings: &Settings, listening: impl FnOnce(&str)) -> Result<Ended, ServeError> {
    let started = Instant::now();
    let log = Log::new(settings.log, settings.log_level);
    // first what fails quickly, then the models
    let listener = Listener::bind(&settings.listen).await?;
    let access = access(settings, &listener)?;
    let sights = settings.watch.then(|| Sights::first(&settings.models));
    let models = Models::open(&settings.models, settings.precision)?;
    let metrics = Arc::new(Metrics::new());
    let failed = |what| move |source| ServeError::Io { what, source };
    let engine = Engine::start(&settings.limits, &metrics)
        .map_err(failed("cannot start the prediction threads"))?;
    let page = settings.page.then(Page::new);
    let limits = settings.limits.clone();
    let app = Arc::new(App::new(models, engine, Arc::clone(&metrics), limits, log, access, page));
    let signal = |kind| signal(kind).map_err(failed("cannot handle signals"));
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;

    let origins: Vec<HeaderValue> =
        settings.cors.iter().filter_map(|origin| HeaderValue::try_from(origin).ok()).collect();
    let router = router(Arc::clone(&app), &origins);
    let connections = Connections::new(&settings.limits, router, Arc::clone(&metrics));
    let address = listener.address();
    listening(&address);
    log.info(
        "listening",
        &[
            ("address", Value::from(address)),
            ("models", Value::from(app.models.names())),
            ("ms", Value::from(started.elapsed().as_millis() as u64)),
        ],
    );
    let upkeep = tokio::spawn(upkeep(Arc::clone(&app)));
    let watcher = sights.map(|sights| tokio::spawn(watch(Arc::clone(&app), sights)));

    let left = {
        let clients = accept(&listener, &connections);
        tokio::pin!(clients);
        tokio::select! {
            () = &mut clients => {}
            () = until_told(&mut terminate, &mut interrupt, &mut hang_up, &app) => {}
        }
        log.info("stopping", &[]);
        app.stop();
        // clients may still connect, and are told that the server is stopping
        tokio::select! {
            () = &mut clients => 0,
            left = app.drained(settings.limits.drain) => left,
            _ = terminate.recv() => return Ok(cut(SignalKind::terminate())),
            _ = interrupt.recv() => return Ok(cut(SignalKind::interrupt())),
        }
    };
    connections.close(Duration::from_secs(if left == 0 { 5 } else { 0 })).await;
    upkeep.abort();
    if let Some(watcher) = watcher {
        watcher.abort();
    }
    log.info("stopped", &[]);
    match left {
        0 => Ok(Ended::Drained),
        requests => Err(ServeError::NotDrained { requests }),
    }
}

fn cut(signal: SignalKind) -> Ended {
    Ended::Cut { signal: signal.as_raw_value() }
}

/// Who may send requests. Refuses to be open to other machines unless the settings say so.
fn access(settings: &Settings, listener: &Listener) -> Result<Access, ServeError> {
    if let Some(path) = &settings.token_file {
        return Ok(Access::Token(Tokens::open(path)?));
    }
    if !listener.is_local() {
        if settings.open {
            return Ok(Access::Anybody);
        }
        return Err(ServeError::Exposed { address: listener.address() });
    }
    Ok(match settings.listen {
        Listen::Tcp(_) => Access::Loopback(settings.allowed_hosts.clone()),
        Listen::Unix(_) => Access::Anybody, // the file's permissions decide; browsers cannot use it
    })
}

/// Waits for a signal to stop; SIGHUP reloads models and tokens.
async fn until_told(
    terminate: &mut Signal,
    interrupt: &mut Signal,
    hang_up: &mut Signal,
    app: &Arc<App>,
) {
    loop {
        tokio::select! {
            _ = terminate.recv() => return,
            _ = interrupt.recv() => return,
            _ = hang_up.recv() => {
                let app = Arc::clone(app);
                tokio::spawn(async move { reload_all(&app).await });
            }
        }
    }
}

/// Aggregates the metrics from time to time, and gives memory back that is not used after the last text.
async fn upkeep(app: Arc<App>) {
    let [mut before, mut at_rest] = [0; 2];
    loop {
        tokio::time::sleep(Duration::from_secs(5)).await;
        app.metrics.upkeep();
        let texts = app.engine.texts();
        if texts == before && texts != at_rest {
            _ = tokio::task::spawn_blocking(trim_memory).await;
            at_rest = texts;
        }
        before = texts;
    }
}
