//! The life of a connection, with time limits for slow clients.

use super::bodies::{Watched, Way};
use super::idle::{Client, Idle};
use super::listener::{Listener, Stream};
use super::unread::Unsent;
use crate::Limits;
use crate::metrics::Metrics;
use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_io_timeout::TimeoutStream;

/// All connections of a server.
pub(crate) struct Connections {
    places: Arc<Semaphore>,
    most: usize,
    graceful: GracefulShutdown,
    router: Router,
    metrics: Arc<Metrics>,
    limit: Duration,
    idle: Arc<Idle>,
}

impl Connections {
    pub(crate) fn new(limits: &Limits, router: Router, metrics: Arc<Metrics>) -> Self {
        Self {
            places: Arc::new(Semaphore::new(limits.connections)),
            most: limits.connections,
            graceful: GracefulShutdown::new(),
            router,
            metrics,
            limit: limits.idle,
            idle: Arc::default(),
        }
    }

    /// Waits for the requests in flight and closes idle connections.
    pub(crate) async fn close(self, most: Duration) {
        _ = timeout(most, self.graceful.shutdown()).await;
    }

    /// A place for one more connection: a free one, or that of the client that is waited for longest.
    async fn place(&self) -> Option<OwnedSemaphorePermit> {
        let mut wait = Duration::ZERO;
        loop {
            let place = Arc::clone(&self.places).acquire_owned();
            match timeout(wait, place).await {
                Ok(place) => return place.ok(),
                Err(_) => wait = self.idle.close_longest(Instant::now()),
            }
        }
    }

    fn start<S>(&self, stream: S, place: OwnedSemaphorePermit)
    where
        S: AsyncRead + AsyncWrite + Send + 'static,
    {
        let (router, watcher) = (self.router.clone(), self.graceful.watcher());
        let (client, limit) = (Client::new(&self.idle), self.limit);
        let (metrics, places, most) =
            (Arc::clone(&self.metrics), Arc::clone(&self.places), self.most);
        let show = {
            let metrics = Arc::clone(&metrics);
            move || metrics.connections.set((most - places.available_permits()) as f64)
        };
        tokio::spawn(async move {
            show();
            if connection(stream, router, client, limit, watcher).await == End::Dismissed {
                metrics.dismissed.increment(1);
            }
            drop(place);
            show();
        });
    }
}

/// Accepts clients until this future is dropped.
pub(crate) async fn accept(listener: &Listener, connections: &Connections) {
    loop {
        let Ok(stream) = listener.accept().await else {
            // the client has gone already, or there is no file descriptor until another connection closes
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        // above the limit, this one waits, and the others in the system's queue
        let Some(place) = connections.place().await else { return };
        match stream {
            Stream::Tcp(stream) => connections.start(stream, place),
            Stream::Unix(stream) => connections.start(stream, place),
        }
    }
}

/// How a connection ended.
#[derive(PartialEq)]
enum End {
    /// By itself: closed by a side, lost, or too slow.
    Done,
    /// To make room for a new one.
    Dismissed,
}

async fn connection<S>(
    stream: S,
    router: Router,
    client: Arc<Client>,
    limit: Duration,
    watcher: Watcher,
) -> End
where
    S: AsyncRead + AsyncWrite + Send + 'static,
{
    // a client that reads nothing of an answer for this long is disconnected
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(limit));
    let mut builder = http1::Builder::new();
    // covers the time from the end of an answer to the end of the next request's headers, also for the first one
    builder.timer(TokioTimer::new()).header_read_timeout(limit).max_buf_size(64 << 10);
    let router = TowerToHyperService::new(router);
    let service = service_fn(|request: Request<Incoming>| {
        let answering = client.request();
        let client = Arc::clone(&client);
        let answer = router.call(request.map(|body| Watched::new(body, Way::In(client))));
        async move {
            let mut answer = answer.await?;
            let way =
                Way::Out { to: answering, _memory: answer.extensions_mut().remove::<Unsent>() };
            Ok::<_, Infallible>(answer.map(|body| Watched::new(body, way)))
        }
    });
    let connection = builder.serve_connection(TokioIo::new(Box::pin(stream)), service);
    tokio::select! {
        biased; // a request that has arrived is seen first
        _ = watcher.watch(connection) => End::Done, // errors of one client do not concern the server
        () = client.dismissed() => End::Dismissed,
    }
}
