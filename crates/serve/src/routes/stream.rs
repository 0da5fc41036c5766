//! `POST /predict` as a stream: lines in, lines out.
//!
//! There are two tasks: one reads lines and hands texts to the engine, the other writes answers in order,
//! with a bounded number of texts between them. If a client does not read its answers, its texts are not read
//! either, so memory does not grow with the length of the stream.

use super::app::App;
use super::body;
use super::front::Arrival;
use super::predict::not_json;
use super::texts::{Asked, Waiting, check_bytes, check_explained, prepare, row_fields, submit};
use crate::api::{Element, Options, Row, Text, in_words};
use crate::problem::{Kind, Problem};
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use http_body_util::channel::{Channel, Sender};
use hyper::header::CONTENT_TYPE;
use serde_json::Value;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::mpsc;

/// Texts of a stream in the queue at a time.
const AHEAD: usize = 128;

/// What a line may be.
const HINT: &str =
    "a line is a text in quotes, a list with one text per column, or a row: {\"text\": \"...\"}";

/// A line of the answer that is not computed yet.
struct Pending {
    row: usize,
    deadline: Instant,
    text: Result<Waiting, Problem>,
}

pub(super) async fn predict(
    app: Arc<App>,
    options: &Options,
    body: Body,
    arrival: Arrival,
) -> Result<Response, Problem> {
    let asked = Asked::of(&app, options).await?;
    let (sender, answers) = Channel::<Bytes>::new(4);
    let (pending, rows) = mpsc::channel(AHEAD);
    let reader =
        Reader { app: Arc::clone(&app), asked, pending, row: 0, _arrival: arrival.clone() };
    tokio::spawn(reader.run(body));
    tokio::spawn(write(app, options.top, rows, sender, arrival));
    Ok(([(CONTENT_TYPE, "application/x-ndjson")], Body::new(answers)).into_response())
}

struct Reader {
    app: Arc<App>,
    asked: Asked,
    pending: mpsc::Sender<Pending>,
    row: usize,
    /// The request is in flight until the last answer is written.
    _arrival: Arrival,
}

/// The client has gone.
struct Gone;

impl Reader {
    async fn run(mut self, mut body: Body) {
        if let Ok(Err(problem)) = self.lines(&mut body).await {
            // ends the stream: what follows cannot be parsed
            _ = self.give(Err(problem), Instant::now()).await;
        }
    }

    /// Reads until the end, or an error that ends the stream.
    async fn lines(&mut self, body: &mut Body) -> Result<Result<(), Problem>, Gone> {
        // JSON may write one byte of a text as six characters (\u0001)
        let longest = self.app.limits.document.saturating_mul(6).saturating_add(4096);
        let mut buffer = BytesMut::new();
        loop {
            if self.app.is_stopping() {
                return Ok(Err(Problem::stopping()));
            }
            let piece = match body::next(body, self.app.limits.idle).await {
                Ok(Some(piece)) => piece,
                Ok(None) => {
                    let line = buffer.split().freeze();
                    self.line(&line).await?;
                    return Ok(Ok(()));
                }
                Err(problem) => return Ok(Err(problem)),
            };
            let mut rest = &piece[..];
            while let Some(end) = rest.iter().position(|&byte| byte == b'\n') {
                buffer.extend_from_slice(&rest[..end]);
                rest = &rest[end + 1..];
                let line = buffer.split().freeze();
                self.line(&line).await?;
                if self.app.is_stopping() {
                    return Ok(Err(Problem::stopping()));
                }
            }
            buffer.extend_from_slice(rest);
            if buffer.len() > longest {
                let detail = format!("a line is longer than {longest} bytes");
                return Ok(Err(Problem::new(Kind::TooLarge, detail)));
            }
        }
    }

    /// Hands the text of a line to the engine; blank lines are skipped.
    async fn line(&mut self, line: &[u8]) -> Result<(), Gone> {
        if line.trim_ascii().is_empty() {
            return Ok(());
        }
        let text = self.submit(line).await;
        let deadline = Instant::now() + self.app.limits.deadline;
        self.give(text, deadline).await
    }

    async fn give(
        &mut self,
        text: Result<Waiting, Problem>,
        deadline: Instant,
    ) -> Result<(), Gone> {
        let row = self.row;
        self.row += 1;
        self.pending.send(Pending { row, deadline, text }).await.map_err(|_| Gone)
    }

    async fn submit(&self, line: &[u8]) -> Result<Waiting, Problem> {
        let fields = self.fields(line)?;
        let bytes = check_bytes(&self.app, &fields, self.row)?;
        let place = self.app.engine.reserve().await?;
        let explain = self.asked.explained(std::slice::from_ref(&fields)).pop().flatten();
        let mut prepared = prepare(&self.asked.model, vec![fields], bytes).await?;
        let text = prepared.pop().ok_or_else(|| Problem::new(Kind::Internal, "a text was lost"))?;
        check_explained(explain.as_ref(), &text, self.row)?;
        let deadline = Instant::now() + self.app.limits.deadline;
        Ok(submit(&self.app, &self.asked, (text, explain), place, deadline))
    }

    fn fields(&self, line: &[u8]) -> Result<Vec<String>, Problem> {
        let value: Value =
            serde_json::from_slice(line).map_err(|error| not_json("line", &error).hint(HINT))?;
        match value {
            Value::Object(row) => {
                row_fields(&self.asked.model, row.into_iter().collect::<Row>(), self.row)
            }
            other => serde_json::from_value::<Text>(other)
                .map(Text::into_fields)
                .map_err(|error| Problem::new(Kind::Invalid, in_words("", &error.to_string()))),
        }
    }
}

/// Writes the answers in order.
async fn write(
    app: Arc<App>,
    top: Option<NonZeroU32>,
    mut rows: mpsc::Receiver<Pending>,
    mut sender: Sender<Bytes>,
    _arrival: Arrival,
) {
    while let Some(Pending { row, deadline, text }) = rows.recv().await {
        let line = match text {
            Ok(waiting) => {
                let seen = waiting.seen;
                match waiting.answer(&app, deadline).await {
                    Ok(scored) => {
                        let element = Element::new(scored.prediction, scored.decision, &seen, top)
                            .with_words(scored.words);
                        serde_json::to_string(&element).unwrap_or_default()
                    }
                    Err(problem) => problem.line(row),
                }
            }
            Err(problem) => problem.line(row),
        };
        if sender.send_data(Bytes::from(line + "\n")).await.is_err() {
            return; // the client has gone
        }
    }
}
