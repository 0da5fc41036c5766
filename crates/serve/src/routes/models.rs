//! `GET /models` and `/models/{model}`.

use super::app::App;
use super::json;
use crate::hosted::Loaded;
use crate::problem::Problem;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::{Map, Value, json as value};
use std::sync::Arc;

/// What `inspect --json` prints, with the name and the values of `explain` that the model allows.
fn card(model: &Loaded) -> Value {
    let mut card = Map::from_iter([("name".to_owned(), Value::from(model.name.as_str()))]);
    if let Value::Object(summary) = &model.summary {
        card.extend(summary.clone());
    }
    card.insert("explain".to_owned(), value!(["fast", "gradients", "exact"]));
    Value::Object(card)
}

/// All models: labels, sizes, scores, hashes. Requests without a model name go to the first.
#[utoipa::path(get, path = "/models", tag = "models",
    responses((status = 200, description = "`schema` and `models`, each as `/models/{model}` gives it", body = super::openapi::ModelList)))]
pub(super) async fn list(State(app): State<Arc<App>>) -> Response {
    let models: Vec<Value> = app.models.iter().map(|hosted| card(&hosted.current())).collect();
    let limits = value!({
        "texts": app.limits.request_texts(), "body_bytes": app.limits.body, "text_bytes": app.limits.document,
    });
    json(&value!({ "schema": 1, "models": models, "limits": limits }))
}

/// What is in a model, as `ulmfit inspect --json` prints it.
#[utoipa::path(get, path = "/models/{model}", tag = "models",
    params(("model" = String, Path, description = "Name of the model")),
    responses(
        (status = 200, description = "The model", body = super::openapi::ModelCard),
        (status = 404, description = "No such model", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ))]
pub(super) async fn one(
    State(app): State<Arc<App>>,
    name: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let Path(name) = name.map_err(|_| super::bad_path())?;
    let Value::Object(card) = card(&*app.model(Some(&name))?) else { return Ok(json(&())) };
    let mut document = Map::from_iter([("schema".to_owned(), Value::from(1))]);
    document.extend(card);
    Ok(json(&document))
}
