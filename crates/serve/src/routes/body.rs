//! Reading request bodies, within limits.

use super::app::App;
use crate::problem::{Kind, Problem};
use axum::body::Body;
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::HeaderMap;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, EXPECT};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{timeout, timeout_at};

/// How long the rest of a body that is too large is read and discarded, so that a client that is still
/// sending can read the answer.
const LINGER: Duration = Duration::from_secs(2);

/// A body in memory, or a line of one.
pub(super) struct Held {
    pub(super) bytes: Vec<u8>,
    /// Its share of the memory for request bodies.
    _memory: Option<OwnedSemaphorePermit>,
}

/// What has arrived so far.
pub(super) struct Buffer {
    bytes: Vec<u8>,
    memory: Option<OwnedSemaphorePermit>,
    /// So many bytes do not count as memory for request bodies.
    free: usize,
}

impl Buffer {
    pub(super) fn new(free: usize) -> Self {
        Self { bytes: Vec::new(), memory: None, free }
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Adds a piece.
    ///
    /// # Errors
    /// A problem when the bodies of others take up the memory.
    pub(super) fn extend(&mut self, app: &App, piece: &[u8]) -> Result<(), Problem> {
        let counted = |bytes: usize| bytes.saturating_sub(self.free).div_ceil(1024);
        let more = counted(self.bytes.len() + piece.len()) - counted(self.bytes.len());
        if more > 0 {
            let more = u32::try_from(more).unwrap_or(u32::MAX);
            let permit = Arc::clone(&app.body_memory).try_acquire_many_owned(more);
            let permit = permit.map_err(|_| {
                Problem::new(Kind::QueueFull, "the memory for request bodies is exhausted")
                    .hint("try again after the time in `Retry-After`")
                    .retry_after(Duration::from_secs(1))
            })?;
            match &mut self.memory {
                Some(memory) => memory.merge(permit),
                None => self.memory = Some(permit),
            }
        }
        self.bytes.extend_from_slice(piece);
        Ok(())
    }

    /// All of it; the buffer is empty then.
    pub(super) fn take(&mut self) -> Held {
        Held { bytes: std::mem::take(&mut self.bytes), _memory: self.memory.take() }
    }
}

/// The media type of a request, in lower case and without parameters.
pub(super) fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// The next piece of a body; `None` at the end.
pub(super) async fn next(body: &mut Body, idle: Duration) -> Result<Option<Bytes>, Problem> {
    loop {
        let frame = timeout(idle, body.frame()).await.map_err(|_| slow(idle))?;
        match frame {
            None => return Ok(None),
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                } // trailers are ignored
            }
            Some(Err(_)) => {
                return Err(Problem::new(Kind::Syntax, "the request body is incomplete"));
            }
        }
    }
}

fn slow(idle: Duration) -> Problem {
    let detail = format!("no data of the request has arrived for {} s", idle.as_secs_f64());
    Problem::new(Kind::SlowBody, detail)
}

/// Reads a whole body.
pub(super) async fn read(
    app: &App,
    headers: &HeaderMap,
    mut body: Body,
    deadline: Instant,
) -> Result<Held, Problem> {
    let limit = app.limits.body;
    let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|bytes: u64| bytes > limit as u64) {
        if headers.contains_key(EXPECT) {
            return Err(too_large(app)); // the client waits for `100 Continue` before it sends anything
        }
        rest(&mut body).await;
        return Err(too_large(app));
    }
    let mut buffer = Buffer::new(0);
    loop {
        let piece = timeout_at(deadline.into(), next(&mut body, app.limits.idle)).await;
        let Some(piece) = piece.map_err(|_| slow(app.limits.deadline))?? else { break };
        if buffer.len() + piece.len() > limit {
            rest(&mut body).await;
            return Err(too_large(app));
        }
        buffer.extend(app, &piece)?;
    }
    Ok(buffer.take())
}

/// Discards the rest of a body, for a limited time.
async fn rest(body: &mut Body) {
    let rest = async { while let Ok(Some(_)) = next(body, LINGER).await {} };
    _ = timeout(LINGER, rest).await;
}

fn too_large(app: &App) -> Problem {
    let detail = format!("the body is larger than {} bytes", app.limits.body);
    Problem::new(Kind::TooLarge, detail)
        .hint("send fewer texts at a time, or a stream (application/x-ndjson)")
}
