//! `POST /predict`.

use super::app::App;
use super::front::{Arrival, TextCount};
use super::texts::{Answered, Asked, Fields, answer, check_count, row_fields};
use super::{body, json, stream};
use crate::api::{
    Answer, Element, ModelName, Object, PredictRequest, Promise, StreamOptions, Text, in_words,
};
use crate::engine::Scored;
use crate::hosted::Loaded;
use crate::problem::{Kind, Problem};
use axum::Extension;
use axum::extract::{Query, Request, State};
use axum::response::Response;
use serde::de::DeserializeOwned;
use std::num::NonZeroU32;
use std::sync::Arc;
use ulmfit::decisions::Policy;

/// Predicts texts.
///
/// The body is one text, several texts, or rows of a table by column name. An answer does not depend
/// on the other texts or on other requests, to the bit.
///
/// With `application/x-ndjson` the body is a stream with one JSON value per line: a text, a list with one
/// text per column, or an object (a row). The answer is a stream with one line for each, in order. A line
/// that cannot be answered gets `{"row":17,"error":"..."}`, counted from 0, and the stream goes on.
#[utoipa::path(post, path = "/predict", tag = "predictions",
    params(
        ("model" = Option<String>, Query, description = "For a stream: name of the model"),
        ("top" = Option<u32>, Query, description = "For a stream: as in the body"),
        ("direction" = Option<crate::api::DirectionName>, Query, description = "For a stream: as in the body"),
        ("explain" = Option<crate::api::ExplainName>, Query, description = "For a stream: as in the body"),
        ("threshold" = Option<f32>, Query, description = "For a stream: as in the body"),
        ("max_error" = Option<f64>, Query, description = "For a stream: as in the body"),
        ("coverage" = Option<f64>, Query, description = "For a stream: as in the body"),
        ("per_class" = Option<bool>, Query, description = "For a stream: as in the body"),
    ),
    request_body(content(
        (super::openapi::PredictBody = "application/json"),
        (String = "application/x-ndjson"),
    )),
    responses(
        (status = 200, description = "One element per text, in order", content(
            (Answer = "application/json"), (String = "application/x-ndjson"))),
        super::problems::PredictionErrors,
    ))]
pub(super) async fn predict(
    State(app): State<Arc<App>>,
    Extension(arrival): Extension<Arrival>,
    request: Request,
) -> Result<Response, Problem> {
    if app.is_stopping() {
        return Err(Problem::stopping());
    }
    let (parts, body) = request.into_parts();
    match &body::media_type(&parts.headers)[..] {
        "application/x-ndjson" | "application/ndjson" | "application/jsonl" => {
            let options = Query::<StreamOptions>::try_from_uri(&parts.uri).map_err(|error| {
                let message = error.body_text();
                let message = message.trim_start_matches("Failed to deserialize query string: ");
                let (field, message) = message.split_once(": ").unwrap_or(("", message));
                Problem::new(Kind::Invalid, format!("the query: {}", in_words(field, message)))
                    .hint("`/openapi.json` describes the options of a stream")
            })?;
            stream::predict(app, &options.0.options(), body, arrival).await
        }
        "application/json" => {
            if let Some(query) = parts.uri.query().filter(|query| !query.is_empty()) {
                let detail = format!("the query `{query}` has no effect");
                return Err(Problem::new(Kind::Invalid, detail)
                    .hint("options of a JSON request are fields of its body"));
            }
            let deadline = arrival.at + app.limits.deadline;
            let held = body::read(&app, &parts.headers, body, deadline).await?;
            let request: PredictRequest = parse(&held.bytes)?;
            let options = request.options();
            let asked = Asked::of(&app, &options).await?;
            let texts = texts_of(&app, &asked.model, request)?;
            drop(held);
            let answered = answer(&app, &asked, texts, deadline).await?;
            let mut response = json(&document(&asked, &answered, options.top));
            let (name, value) = answered.timing();
            response.headers_mut().insert(name, value);
            response.extensions_mut().insert(TextCount(answered.texts.len()));
            Ok(response)
        }
        other => Err(unsupported(other)),
    }
}

pub(super) fn unsupported(found: &str) -> Problem {
    let detail = match found {
        "" => "the request has no content type".to_owned(),
        other => format!("the content type `{other}` is not supported"),
    };
    Problem::new(Kind::MediaType, detail).hint(
        "send `content-type: application/json` (with curl: `--json '{\"text\": \"...\"}'`); for a stream \
         `application/x-ndjson`",
    )
}

/// A body, or a line of one, that is not JSON.
pub(super) fn not_json(what: &str, error: &serde_json::Error) -> Problem {
    let detail = match (error.line(), error.column()) {
        _ if error.is_eof() => format!("the {what} is not JSON: it ends too early"),
        (1, column) => format!("the {what} is not JSON (character {column})"),
        (line, column) => format!("the {what} is not JSON (line {line}, character {column})"),
    };
    Problem::new(Kind::Syntax, detail)
}

/// A JSON object in untrusted input.
pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    const HINT: &str =
        "`/openapi.json` describes the requests; the simplest is {\"text\": \"...\"}";
    if bytes.trim_ascii().is_empty() {
        return Err(Problem::new(Kind::Syntax, "the body is empty").hint(HINT));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let found = serde_path_to_error::deserialize(&mut reader);
    let found = found.map_err(|error| (error.path().to_string(), error.into_inner()));
    let found = found.and_then(|Object(body)| match reader.end() {
        Ok(()) => Ok(body),
        Err(error) => Err((String::new(), error)),
    });
    found.map_err(|(path, error)| {
        let problem = if error.is_data() {
            Problem::new(Kind::Invalid, in_words(&path, &error.to_string()))
        } else {
            not_json("body", &error)
        };
        problem.hint(HINT)
    })
}

/// The fields of each text of a request.
fn texts_of(app: &App, model: &Loaded, request: PredictRequest) -> Result<Vec<Fields>, Problem> {
    match (request.text, request.texts, request.rows) {
        (Some(text), None, None) => Ok(vec![text.into_fields()]),
        (None, Some(texts), None) => {
            check_count(app, texts.count)?;
            Ok(texts.items.into_iter().map(Text::into_fields).collect())
        }
        (None, None, Some(rows)) => {
            check_count(app, rows.count)?;
            let rows = rows.items.into_iter().enumerate();
            rows.map(|(number, row)| row_fields(model, row, number)).collect()
        }
        (None, None, None) => check_count(app, 0).map(|()| Vec::new()),
        _ => {
            let detail = "more than one of `text`, `texts` and `rows`";
            Err(Problem::new(Kind::Invalid, detail).hint("give one of them"))
        }
    }
}

fn document(asked: &Asked, answered: &Answered, top: Option<NonZeroU32>) -> Answer {
    let element = |(seen, scored): &(_, Scored)| {
        Element::new(scored.prediction.clone(), scored.decision.clone(), seen, top)
            .with_words(scored.words.clone())
    };
    let promise = |policy: &Arc<Policy>| Promise {
        promise: policy.told.clone(),
        warnings: policy.warnings.clone(),
    };
    let model = &asked.model;
    Answer {
        schema: 1,
        model: ModelName { name: model.name.clone(), hash: model.hash.clone() },
        rule: asked.policy.as_ref().map(promise),
        predictions: answered.texts.iter().map(element).collect(),
    }
}
