//! From texts to answers: what all routes that predict share.

use super::app::App;
use crate::api::{DirectionName, ExplainName, Options, Row, Seen};
use crate::engine::{Explain, Job, Outcome, Scored};
use crate::hosted::Loaded;
use crate::problem::{Kind, Problem};
use hyper::header::{HeaderName, HeaderValue};
use serde_json::Value;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tokio::task::spawn_blocking;
use tokio::time::timeout_at;
use ulmfit::decisions::Policy;
use ulmfit::text::Direction;
use ulmfit::{ExplainMethod, PreparedText};

/// Up to this many bytes are tokenized on the same thread, which is faster than handing them to another.
const SMALL: usize = 16 << 10;

/// A text's fields.
pub(super) type Fields = Vec<String>;

/// What a request asks for, besides its texts.
#[derive(Clone)]
pub(super) struct Asked {
    pub(super) model: Arc<Loaded>,
    /// The only direction to use; `None` for all.
    direction: Option<Direction>,
    /// When to answer.
    pub(super) policy: Option<Arc<Policy>>,
    /// How to explain the answers.
    explain: Option<ExplainMethod>,
}

impl Asked {
    /// Finds the model, checks its directions, and computes the thresholds of a rule.
    pub(super) async fn of(app: &App, options: &Options) -> Result<Self, Problem> {
        let model = app.model(options.model.as_deref())?;
        let direction = direction(&model, options.direction)?;
        let explain = explanation(options.explain, direction)?;
        let invalid = |detail: String| Problem::new(Kind::Invalid, detail);
        let rule = options.rule.rule().map_err(|detail| invalid(detail.into()))?;
        let Some(rule) = rule else {
            return Ok(Self { model, direction, policy: None, explain });
        };
        if direction.is_some() {
            let detail = "`direction` cannot be used with a rule: rules are calibrated for all directions together";
            return Err(invalid(detail.into()).hint("leave out `direction`"));
        }
        let of = Arc::clone(&model);
        let policy = spawn_blocking(move || of.policy(rule)).await;
        let policy =
            policy.map_err(|_| Problem::new(Kind::Internal, "the rule could not be computed"))?;
        let policy = policy.map_err(|error| {
            let problem = invalid(error.to_string());
            match error.hint() {
                Some(hint) => problem.hint(hint),
                None => problem,
            }
        })?;
        Ok(Self { model, direction, policy: Some(policy), explain })
    }

    /// How to explain the answer to each text, if they are explained.
    pub(super) fn explained(&self, texts: &[Fields]) -> Vec<Option<Explain>> {
        let passes = self.model.classifier.bundle().gradient_passes();
        let of = |fields: &Fields| Some(Explain::new(self.explain?, fields.clone(), passes));
        texts.iter().map(of).collect()
    }

    /// All directions, no rule.
    pub(super) fn plainly(model: Arc<Loaded>) -> Self {
        Self { model, direction: None, policy: None, explain: None }
    }
}

/// The only direction to use, if the request names one and the model has others, too.
fn direction(model: &Loaded, name: Option<DirectionName>) -> Result<Option<Direction>, Problem> {
    let has = |direction| model.directions.contains(&direction);
    let (wanted, there) = match name {
        None => return Ok(None),
        Some(DirectionName::Forward) => (Some(Direction::Forward), has(Direction::Forward)),
        Some(DirectionName::Backward) => (Some(Direction::Backward), has(Direction::Backward)),
        Some(DirectionName::Both) => (None, model.directions.len() == 2),
    };
    if there {
        return Ok(wanted.filter(|_| model.directions.len() > 1));
    }
    let detail = format!("the model `{}` does not read in this `direction`", model.name);
    Err(Problem::new(Kind::Invalid, detail).hint("leave it out"))
}

/// How to explain, if that is asked for and possible.
fn explanation(
    asked: Option<ExplainName>,
    direction: Option<Direction>,
) -> Result<Option<ExplainMethod>, Problem> {
    let Some(method) = asked.map(ExplainMethod::from) else { return Ok(None) };
    if direction.is_some() {
        let detail = "`direction` cannot be used with `explain`";
        return Err(Problem::new(Kind::Invalid, detail).hint("leave out one of them"));
    }
    Ok(Some(method))
}

/// Tokens that may be computed to explain a text: so long nobody should wait for it.
const MOST_EXPLAINED: usize = 1 << 18;

/// Refuses a text that would take too long to explain.
pub(super) fn check_explained(
    explain: Option<&Explain>,
    text: &PreparedText,
    number: usize,
) -> Result<(), Problem> {
    let tokens = text.tokens();
    if explain.is_none() || Explain::cost(explain, tokens) <= MOST_EXPLAINED {
        return Ok(());
    }
    let detail = format!("a text of {tokens} tokens is too long to be explained in this way");
    let hint = "use `fast` if the model allows it, or a shorter text";
    Err(Problem::new(Kind::TooLarge, detail).hint(hint).row(number))
}

/// The name under which a row may have its whole text, whatever the columns that a model learned from.
const TEXT: &str = "text";

/// The fields of a row of a table: the columns that the model learned from, or else `text`.
pub(super) fn row_fields(model: &Loaded, mut row: Row, number: usize) -> Result<Fields, Problem> {
    let learned = model.classifier.text_columns();
    let usual = [TEXT.to_owned()];
    let others = row.contains_key(TEXT) && !learned.iter().any(|name| row.contains_key(name));
    let columns = if learned.is_empty() || others { &usual[..] } else { learned };
    let field = |name: &String| match row.remove(name) {
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err(format!("the column `{name}` of a row is not a text")),
        None => Err(format!("a row does not have the column `{name}`")),
    };
    columns.iter().map(field).collect::<Result<_, _>>().map_err(|detail| {
        let other = if learned.is_empty() || learned.iter().any(|name| name == TEXT) {
            String::new()
        } else {
            format!(", or else `{TEXT}`")
        };
        let hint = format!("the model `{}` reads `{}`{other}", model.name, columns.join("`, `"));
        Problem::new(Kind::Invalid, detail).hint(hint).row(number)
    })
}

/// Refuses a text with another number of fields than the model has columns. A single field is the whole text.
pub(super) fn check_fields(
    model: &Loaded,
    fields: &[String],
    number: usize,
) -> Result<(), Problem> {
    let columns = model.classifier.text_columns();
    if columns.is_empty() || [1, columns.len()].contains(&fields.len()) {
        return Ok(());
    }
    let detail = format!("a text has {} fields; the model has {}", fields.len(), columns.len());
    let hint = format!("the model `{}` reads `{}`", model.name, columns.join("`, `"));
    Err(Problem::new(Kind::Invalid, detail).hint(hint).row(number))
}

/// Refuses a text that is too long.
pub(super) fn check_bytes(app: &App, fields: &[String], number: usize) -> Result<usize, Problem> {
    let bytes = fields.iter().map(String::len).sum();
    if bytes <= app.limits.document {
        return Ok(bytes);
    }
    let detail = format!("a text has {bytes} bytes; at most {} are allowed", app.limits.document);
    Err(Problem::new(Kind::TooLarge, detail).row(number))
}

/// Refuses requests with no texts or too many.
pub(super) fn check_count(app: &App, count: usize) -> Result<(), Problem> {
    if count == 0 {
        return Err(Problem::new(Kind::NoTexts, "the request has no texts")
            .hint("give at least one: {\"text\": \"...\"}"));
    }
    let most = app.limits.request_texts();
    if count > most {
        let detail = format!("the request has {count} texts; at most {most} are allowed");
        return Err(Problem::new(Kind::TooLarge, detail)
            .hint("send fewer at a time, or a stream (application/x-ndjson)"));
    }
    Ok(())
}

/// A text that was handed to the engine.
pub(super) struct Waiting {
    pub(super) seen: Seen,
    answer: oneshot::Receiver<Outcome>,
}

impl Waiting {
    /// Waits for the answer until the deadline.
    pub(super) async fn answer(self, app: &App, deadline: Instant) -> Result<Scored, Problem> {
        match timeout_at(deadline.into(), self.answer).await {
            Ok(Ok(outcome)) => outcome,
            // the engine drops texts whose deadline has passed
            Err(_) | Ok(Err(_)) if Instant::now() >= deadline => {
                let detail =
                    format!("no answer was ready within {} s", app.limits.deadline.as_secs_f64());
                Err(Problem::new(Kind::Deadline, detail)
                    .hint("send fewer or shorter texts, or send them less often"))
            }
            _ => Err(Problem::new(
                Kind::Internal,
                "the prediction failed; the server's log has details",
            )),
        }
    }
}

/// Hands a tokenized text to the engine.
pub(super) fn submit(
    app: &App,
    asked: &Asked,
    (text, explain): (PreparedText, Option<Explain>),
    place: OwnedSemaphorePermit,
    deadline: Instant,
) -> Waiting {
    let (reply, answer) = oneshot::channel();
    let seen = Seen::from(&text);
    let queued = Instant::now();
    let Asked { model, direction, policy, .. } = asked.clone();
    app.engine.submit(Job {
        model,
        direction,
        policy,
        text,
        explain,
        queued,
        deadline,
        reply,
        place,
    });
    Waiting { seen, answer }
}

/// Tokenizes texts: small ones directly, large ones on another thread.
pub(super) async fn prepare(
    model: &Arc<Loaded>,
    texts: Vec<Fields>,
    bytes: usize,
) -> Result<Vec<PreparedText>, Problem> {
    let all = |model: &Loaded, texts: &[Fields]| -> Vec<PreparedText> {
        texts.iter().map(|fields| model.classifier.prepare(fields)).collect()
    };
    if bytes <= SMALL {
        return Ok(all(model, &texts));
    }
    let model = Arc::clone(model);
    let prepared = spawn_blocking(move || all(&model, &texts)).await;
    prepared.map_err(|_| Problem::new(Kind::Internal, "a text could not be tokenized"))
}

/// The answers to all texts of a request, and its timings.
pub(super) struct Answered {
    pub(super) texts: Vec<(Seen, Scored)>,
    tokenize: Duration,
}

impl Answered {
    /// The header `server-timing`: the longest times of any text.
    pub(super) fn timing(&self) -> (HeaderName, HeaderValue) {
        let ms = |duration: Duration| duration.as_secs_f64() * 1000.0;
        let most = |of: fn(&Scored) -> Duration| {
            ms(self.texts.iter().map(|(_, scored)| of(scored)).max().unwrap_or_default())
        };
        let batch = self.texts.iter().map(|(_, scored)| scored.batch_texts).max().unwrap_or(0);
        let value = format!(
            "tokenize;dur={:.3}, queue;dur={:.3}, infer;dur={:.3}, batch;desc=\"{batch} texts\"",
            ms(self.tokenize),
            most(|scored| scored.waited),
            most(|scored| scored.took),
        );
        let value = HeaderValue::try_from(value);
        let value = value.unwrap_or_else(|_| HeaderValue::from_static("batch"));
        (HeaderName::from_static("server-timing"), value)
    }
}

/// Predicts all texts of a request, or fails.
pub(super) async fn answer(
    app: &App,
    asked: &Asked,
    texts: Vec<Fields>,
    deadline: Instant,
) -> Result<Answered, Problem> {
    check_count(app, texts.len())?;
    let mut bytes = 0;
    for (number, fields) in texts.iter().enumerate() {
        check_fields(&asked.model, fields, number)?;
        bytes += check_bytes(app, fields, number)?;
    }
    let mut places = app.engine.try_reserve(texts.len())?;
    let begun = Instant::now();
    let explained = asked.explained(&texts);
    let prepared = prepare(&asked.model, texts, bytes).await?;
    let tokenize = begun.elapsed();
    for (number, (text, explain)) in prepared.iter().zip(&explained).enumerate() {
        check_explained(explain.as_ref(), text, number)?;
        app.engine.check_wait(Explain::cost(explain.as_ref(), text.tokens()), deadline)?;
    }
    let mut waiting = Vec::with_capacity(prepared.len());
    for text in prepared.into_iter().zip(explained) {
        let place = places.split(1).ok_or_else(|| Problem::new(Kind::Internal, "no place left"))?;
        waiting.push(submit(app, asked, text, place, deadline));
    }
    let mut texts = Vec::with_capacity(waiting.len());
    for waiting in waiting {
        let seen = waiting.seen;
        texts.push((seen, waiting.answer(app, deadline).await?));
    }
    Ok(Answered { texts, tokenize })
}
