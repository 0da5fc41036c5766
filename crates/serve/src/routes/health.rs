//! `GET /health/live` and `/health/ready`.

use super::app::App;
use super::json;
use crate::problem::Problem;
use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// State of the server.
#[derive(Serialize, ToSchema)]
pub(super) struct Health {
    /// `live` or `ready`.
    status: &'static str,
}

/// Whether the process runs.
#[utoipa::path(get, path = "/health/live", tag = "operation",
    responses((status = 200, description = "The process runs", body = Health)))]
pub(super) async fn live() -> Response {
    json(&Health { status: "live" })
}

/// Whether it accepts requests: not after the signal to stop.
#[utoipa::path(get, path = "/health/ready", tag = "operation",
    responses(
        (status = 200, description = "The server is ready", body = Health),
        (status = 503, description = "It is stopping", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ))]
pub(super) async fn ready(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    if app.is_stopping() {
        return Err(Problem::stopping());
    }
    Ok(json(&Health { status: "ready" }))
}
