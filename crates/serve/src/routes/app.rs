//! State that all requests share.

use super::Page;
use crate::Limits;
use crate::engine::Engine;
use crate::hosted::{Loaded, Models};
use crate::log::Log;
use crate::metrics::Metrics;
use crate::net::Unread;
use crate::problem::{Kind, Problem};
use crate::tokens::Tokens;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::{Notify, Semaphore};

/// Who may send requests.
pub(crate) enum Access {
    /// Anyone with a token.
    Token(Tokens),
    /// Anyone on this machine. The `Host` header must be a loopback name or one of these, so that a page
    /// of another origin cannot reach the server (DNS rebinding).
    Loopback(Vec<String>),
    /// Anyone who can reach it.
    Anybody,
}

/// State that all requests share.
pub(crate) struct App {
    pub(crate) models: Models,
    pub(crate) engine: Engine,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) limits: Limits,
    pub(crate) log: Log,
    pub(crate) access: Access,
    pub(crate) page: Option<Page>,
    /// Memory left for request bodies, in KiB.
    pub(crate) body_memory: Arc<Semaphore>,
    /// Memory for answers.
    pub(crate) unread: Unread,
    stopping: AtomicBool,
    in_flight: Arc<InFlight>,
}

impl App {
    pub(crate) fn new(
        models: Models,
        engine: Engine,
        metrics: Arc<Metrics>,
        limits: Limits,
        log: Log,
        access: Access,
        page: Option<Page>,
    ) -> Self {
        // in practice enough for a full queue of requests with one text each
        let kib = (limits.body / 1024 + 1).saturating_mul(16).max(64 << 10);
        let kib = kib.min(Semaphore::MAX_PERMITS);
        Self {
            models,
            engine,
            metrics,
            limits,
            log,
            access,
            page,
            body_memory: Arc::new(Semaphore::new(kib)),
            unread: Unread::new(kib),
            stopping: AtomicBool::new(false),
            in_flight: Arc::default(),
        }
    }

    /// The model of that name, or the first.
    pub(crate) fn model(&self, name: Option<&str>) -> Result<Arc<Loaded>, Problem> {
        self.models.find(name).ok_or_else(|| {
            let detail = format!("there is no model `{}`", name.unwrap_or_default());
            let hint = format!("this server has `{}`", self.models.names().join("`, `"));
            Problem::new(Kind::NotFound, detail).hint(hint)
        })
    }

    /// Refuses new predictions from now on.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    /// Counts a request as in flight until the guard is dropped.
    pub(crate) fn enter(&self) -> Guard {
        self.in_flight.count.fetch_add(1, Ordering::SeqCst);
        Guard(Arc::clone(&self.in_flight))
    }

    /// Waits until no request is in flight, but at most `most`; returns the number still in flight.
    pub(crate) async fn drained(&self, most: Duration) -> usize {
        let all = async {
            loop {
                let changed = self.in_flight.changed.notified();
                if self.in_flight.count.load(Ordering::SeqCst) == 0 {
                    return;
                }
                // also wakes by the clock, as a notification between load and wait would be lost
                _ = tokio::time::timeout(Duration::from_millis(50), changed).await;
            }
        };
        _ = tokio::time::timeout(most, all).await;
        self.in_flight.count.load(Ordering::SeqCst)
    }
}

#[derive(Default)]
struct InFlight {
    count: AtomicUsize,
    changed: Notify,
}

/// A request in flight.
pub(crate) struct Guard(Arc<InFlight>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.count.fetch_sub(1, Ordering::SeqCst);
        self.0.changed.notify_waiters();
    }
}
