//! The life of a connection, with time limits for slow clients.

use super::listener::{Listener, Stream};
use crate::Limits;
use crate::metrics::Metrics;
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Semaphore;
use tokio_io_timeout::TimeoutStream;

/// All connections of a server.
pub(crate) struct Connections {
    places: Arc<Semaphore>,
    most: usize,
    graceful: GracefulShutdown,
    router: Router,
    metrics: Arc<Metrics>,
    idle: Duration,
}

impl Connections {
    pub(crate) fn new(limits: &Limits, router: Router, metrics: Arc<Metrics>) -> Self {
        Self {
            places: Arc::new(Semaphore::new(limits.connections)),
            most: limits.connections,
            graceful: GracefulShutdown::new(),
            router,
            metrics,
            idle: limits.idle,
        }
    }

    /// Waits for the requests in flight and closes idle connections.
    pub(crate) async fn close(self, most: Duration) {
        _ = tokio::time::timeout(most, self.graceful.shutdown()).await;
    }

    fn start<S>(&self, stream: S, place: tokio::sync::OwnedSemaphorePermit)
    where
        S: AsyncRead + AsyncWrite + Send + 'static,
    {
        let (router, idle, watcher) = (self.router.clone(), self.idle, self.graceful.watcher());
        let (metrics, places, most) =
            (Arc::clone(&self.metrics), Arc::clone(&self.places), self.most);
        let show = move || metrics.connections.set((most - places.available_permits()) as f64);
        tokio::spawn(async move {
            show();
            connection(stream, router, idle, watcher).await;
            drop(place);
            show();
        });
    }
}

/// Accepts clients until this future is dropped.
pub(crate) async fn accept(listener: &Listener, connections: &Connections) {
    loop {
        // above the limit, clients wait in the system's queue
        let place = Arc::clone(&connections.places).acquire_owned().await;
        let Ok(place) = place else { return };
        match listener.accept().await {
            Ok(Stream::Tcp(stream)) => connections.start(stream, place),
            Ok(Stream::Unix(stream)) => connections.start(stream, place),
            // the client has gone already, or there is no file descriptor until another connection closes
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

async fn connection<S>(stream: S, router: Router, idle: Duration, watcher: Watcher)
where
    S: AsyncRead + AsyncWrite + Send + 'static,
{
    // a client that reads nothing of an answer for this long is disconnected
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(idle));
    let mut builder = http1::Builder::new();
    // covers the time from the end of an answer to the end of the next request's headers, also for the first one
    builder.timer(TokioTimer::new()).header_read_timeout(idle).max_buf_size(64 << 10);
    let service = TowerToHyperService::new(router);
    let connection = builder.serve_connection(TokioIo::new(Box::pin(stream)), service);
    _ = watcher.watch(connection).await; // errors of one client do not concern the server
}
