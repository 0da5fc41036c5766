//! A connection from its beginning to its end, however slow the client is.

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

    /// Lets requests in flight end, and closes idle connections.
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

/// Takes clients in until this future is dropped.
pub(crate) async fn accept(listener: &Listener, connections: &Connections) {
    loop {
        // beyond the limit clients wait in the system's queue
        let place = Arc::clone(&connections.places).acquire_owned().await;
        let Ok(place) = place else { return };
        match listener.accept().await {
            Ok(Stream::Tcp(stream)) => connections.start(stream, place),
            Ok(Stream::Unix(stream)) => connections.start(stream, place),
            // a client that is gone already, or no file descriptor is left: others may go
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

async fn connection<S>(stream: S, router: Router, idle: Duration, watcher: Watcher)
where
    S: AsyncRead + AsyncWrite + Send + 'static,
{
    // who takes nothing of an answer for so long gets no more of it
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(idle));
    let mut builder = http1::Builder::new();
    // from the end of an answer to the end of the next request's header, and for the first one
    builder.timer(TokioTimer::new()).header_read_timeout(idle).max_buf_size(64 << 10);
    let service = TowerToHyperService::new(router);
    let connection = builder.serve_connection(TokioIo::new(Box::pin(stream)), service);
    _ = watcher.watch(connection).await; // whatever a client does wrong is its own affair
}
