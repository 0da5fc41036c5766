//! `POST /predict` as a stream: lines in, lines out.
//!
//! There are two tasks: one reads lines and hands texts to the engine, the other writes answers in order,
//! with a bounded number of texts between them. If a client does not read its answers, its texts are not read
//! either, so memory does not grow with the length of the stream. Nor does it with the number of such clients: their
//! lines count as memory for request bodies, their answers as memory for answers that were not read.

use super::app::App;
use super::body::{self, Buffer, Held};
use super::front::Arrival;
use super::predict::not_json;
use super::texts::{
    Asked, Waiting, check_bytes, check_explained, check_fields, prepare, row_fields, submit,
};
use crate::api::{Element, Options, Row, Text, in_words};
use crate::net::Unsent;
use crate::problem::{Kind, Problem};
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http_body_util::channel::{Channel, Sender};
use hyper::header::CONTENT_TYPE;
use serde_json::Value;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::mpsc;

/// Texts of a stream in the queue at a time.
const AHEAD: usize = 128;

/// Bytes of a line that do not count as memory for request bodies: the number of connections limits them.
const SMALL: usize = 64 << 10;

/// Memory of an answer, about, without its labels and words.
const ANSWER: usize = 512;
/// Memory of a label in an answer, about, without its name.
const LABEL: usize = 64;
/// Memory of the words of an explanation for each byte of a text, about; its shortest words take most.
const WORDS: usize = 48;

/// What a line may be.
const HINT: &str =
    "a line is a text in quotes, a list with one text per column, or a row: {\"text\": \"...\"}";
/// What to do where others take up the memory.
const LATER: &str = "send this line and all that follow later, in another request";

/// A line of the answer that is not computed yet.
struct Pending {
    row: usize,
    deadline: Instant,
    text: Result<Waiting, Problem>,
    /// Memory of the line, until it is sent.
    memory: Option<Unsent>,
}

/// A line of the answer.
struct Line {
    text: String,
    _memory: Option<Unsent>,
}

impl AsRef<[u8]> for Line {
    fn as_ref(&self) -> &[u8] {
        self.text.as_bytes()
    }
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
    let labels = asked.model.classifier.labels();
    let answer = ANSWER + labels.iter().map(|label| LABEL + label.len()).sum::<usize>();
    let words = if options.explain.is_some() { WORDS } else { 0 };
    let (app_of_reader, of_reader) = (Arc::clone(&app), arrival.clone());
    let reader =
        Reader { app: app_of_reader, asked, pending, row: 0, answer, words, _arrival: of_reader };
    tokio::spawn(reader.run(body));
    tokio::spawn(write(app, options.top, rows, sender, arrival));
    Ok(([(CONTENT_TYPE, "application/x-ndjson")], Body::new(answers)).into_response())
}

struct Reader {
    app: Arc<App>,
    asked: Asked,
    pending: mpsc::Sender<Pending>,
    row: usize,
    /// Memory of an answer without words.
    answer: usize,
    /// Memory of its words for each byte of the text.
    words: usize,
    /// The request is in flight until the last answer is written.
    _arrival: Arrival,
}

/// The client has gone.
struct Gone;

impl Reader {
    async fn run(mut self, mut body: Body) {
        if let Ok(Err(problem)) = self.lines(&mut body).await {
            // ends the stream: what follows cannot be parsed
            _ = self.give(Err(problem), Instant::now(), None).await;
        }
    }

    /// Reads until the end, or an error that ends the stream.
    async fn lines(&mut self, body: &mut Body) -> Result<Result<(), Problem>, Gone> {
        // JSON may write one byte of a text as six characters (\u0001)
        let longest = self.app.limits.document.saturating_mul(6).saturating_add(4096);
        let mut buffer = Buffer::new(SMALL);
        loop {
            if self.app.is_stopping() {
                return Ok(Err(Problem::stopping()));
            }
            let piece = match body::next(body, self.app.limits.idle).await {
                Ok(Some(piece)) => piece,
                Ok(None) => {
                    self.line(&buffer.take()).await?;
                    return Ok(Ok(()));
                }
                Err(problem) => return Ok(Err(problem)),
            };
            let mut rest = &piece[..];
            while let Some(end) = rest.iter().position(|&byte| byte == b'\n') {
                if let Err(problem) = buffer.extend(&self.app, &rest[..end]) {
                    return Ok(Err(problem.hint(LATER)));
                }
                rest = &rest[end + 1..];
                self.line(&buffer.take()).await?;
                if self.app.is_stopping() {
                    return Ok(Err(Problem::stopping()));
                }
            }
            if let Err(problem) = buffer.extend(&self.app, rest) {
                return Ok(Err(problem.hint(LATER)));
            }
            if buffer.len() > longest {
                let detail = format!("a line is longer than {longest} bytes");
                return Ok(Err(Problem::new(Kind::TooLarge, detail)));
            }
        }
    }

    /// Hands the text of a line to the engine; blank lines are skipped.
    async fn line(&mut self, line: &Held) -> Result<(), Gone> {
        let line = &line.bytes;
        if line.trim_ascii().is_empty() {
            return Ok(());
        }
        let bytes = self.answer.saturating_add(self.words.saturating_mul(line.len()));
        let memory = tokio::select! {
            memory = self.app.unread.wait_for(bytes as u64) => memory,
            () = self.pending.closed() => return Err(Gone),
        };
        let text = self.submit(line).await;
        let deadline = Instant::now() + self.app.limits.deadline;
        self.give(text, deadline, memory).await
    }

    async fn give(
        &mut self,
        text: Result<Waiting, Problem>,
        deadline: Instant,
        memory: Option<Unsent>,
    ) -> Result<(), Gone> {
        let row = self.row;
        self.row += 1;
        self.pending.send(Pending { row, deadline, text, memory }).await.map_err(|_| Gone)
    }

    async fn submit(&self, line: &[u8]) -> Result<Waiting, Problem> {
        let fields = self.fields(line)?;
        check_fields(&self.asked.model, &fields, self.row)?;
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
    while let Some(Pending { row, deadline, text, memory }) = rows.recv().await {
        let mut text = match text {
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
        text.push('\n');
        let line = Bytes::from_owner(Line { text, _memory: memory });
        if sender.send_data(line).await.is_err() {
            return; // the client has gone
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{app, predict, text};
    use crate::Limits;
    use crate::net::Unread;
    use http_body_util::BodyExt;
    use std::sync::Arc;
    use tokio::sync::Semaphore;

    const STREAM: &str = "application/x-ndjson";

    #[tokio::test(flavor = "multi_thread")]
    async fn answers_that_nobody_reads_are_limited_by_their_memory() {
        let mut app = app(Limits::default());
        app.unread = Unread::new(4); // an answer takes one of them
        let app = Arc::new(app);
        let answer = predict(&app, STREAM, "\"a lovely film\"\n".repeat(100)).await;
        while app.engine.texts() < 4 {
            tokio::task::yield_now().await;
        }
        assert!(app.unread.take(1).is_none(), "the fifth text waits for memory");
        assert_eq!(app.engine.texts(), 4);
        let (mut body, mut lines) = (answer.into_body(), Vec::new());
        while let Some(frame) = body.frame().await {
            lines.extend_from_slice(&frame.unwrap().into_data().unwrap()); // sent: its memory is given back
        }
        assert_eq!(String::from_utf8(lines).unwrap().matches("\"label\":\"good\"").count(), 100);
        assert!(app.unread.take(4 << 10).is_some(), "all memory has been given back");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_long_line_takes_the_memory_for_bodies() {
        let mut app = app(Limits::default());
        app.body_memory = Arc::new(Semaphore::new(8));
        let app = Arc::new(app);
        let line = |bytes: usize| format!("\"{}\"\n", "dull ".repeat(bytes / 5));
        let lines = line(70 << 10) + &line(80 << 10) + &line(10);
        let answer = predict(&app, STREAM, lines).await;
        let lines = text(answer.into_body()).await;
        let [first, second] = lines.lines().collect::<Vec<_>>()[..] else { panic!("{lines}") };
        assert!(first.contains("\"label\":\"bad\""), "{first}");
        assert!(second.contains("the memory for request bodies is exhausted"), "{second}");
        assert_eq!(app.body_memory.available_permits(), 8);
    }
}
