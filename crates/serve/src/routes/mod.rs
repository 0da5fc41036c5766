//! The routes: from requests to answers.

mod app;
mod body;
mod front;
mod health;
mod models;
mod openapi;
mod page;
mod predict;
mod problems;
mod protocol;
mod stream;
mod texts;

pub(crate) use app::{Access, App};
pub(crate) use front::is_loopback_host;
pub(crate) use page::Page;

use crate::problem::{Kind, Problem};
use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use std::any::Any;
use std::sync::Arc;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::CorsLayer;

/// Routes that need no token: they reveal only that there is a server, and its version.
const OPEN: [&str; 6] =
    ["/", "/health/live", "/health/ready", "/openapi.json", "/v2/health/live", "/v2/health/ready"];

/// All routes.
pub(crate) fn router(app: Arc<App>, cors: &[HeaderValue]) -> Router {
    let v2 = |tail: &str| {
        ["/v2/models/{model}", "/v2/models/{model}/versions/{version}"]
            .map(|path| format!("{path}{tail}"))
    };
    let mut router = Router::new()
        .route("/predict", post(predict::predict))
        .route("/models", get(models::list))
        .route("/models/{model}", get(models::one))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route("/metrics", get(metrics))
        .route("/openapi.json", get(openapi::document))
        .route("/v2", get(protocol::server))
        .route("/v2/health/live", get(protocol::live))
        .route("/v2/health/ready", get(protocol::ready));
    for path in v2("") {
        router = router.route(&path, get(protocol::model));
    }
    for path in v2("/ready") {
        router = router.route(&path, get(protocol::model_ready));
    }
    for path in v2("/infer") {
        router = router.route(&path, post(protocol::infer));
    }
    if app.page.is_some() {
        router = router.route("/", get(page::page));
    }
    let router = router
        .fallback(not_found)
        .method_not_allowed_fallback(wrong_method)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(Arc::clone(&app), front::observe));
    let router = if cors.is_empty() { router } else { router.layer(cors_layer(cors)) };
    router.with_state(app)
}

/// Lets pages of these origins send requests and read answers.
fn cors_layer(origins: &[HeaderValue]) -> CorsLayer {
    use hyper::Method;
    use hyper::header::AUTHORIZATION;
    let layer = CorsLayer::new()
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([AUTHORIZATION, CONTENT_TYPE, front::REQUEST_ID])
        .expose_headers([front::REQUEST_ID, HeaderName::from_static("server-timing")]);
    if origins.iter().any(|origin| origin == "*") {
        return layer.allow_origin(tower_http::cors::Any);
    }
    layer.allow_origin(origins.to_vec())
}

async fn not_found(request: Request) -> Problem {
    let detail = format!("there is no route `{}`", request.uri().path());
    Problem::new(Kind::NotFound, detail).hint("`/openapi.json` lists all routes")
}

async fn wrong_method(request: Request) -> Problem {
    let detail = format!("`{}` does not accept {}", request.uri().path(), request.method());
    Problem::new(Kind::Method, detail).hint(match request.uri().path() {
        "/predict" => "send the text with POST (curl does with `--json '{\"text\": \"...\"}'`)",
        _ => "the header `Allow` lists the accepted methods",
    })
}

/// A path that is not UTF-8 after percent-decoding.
fn bad_path() -> Problem {
    Problem::new(Kind::NotFound, "no model has this name")
}

/// The panic hook has reported it.
fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    let detail = "the request hit a bug of the server; its log has details";
    Problem::new(Kind::Internal, detail).into_response()
}

/// Metrics for Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "operation",
    responses((status = 200, description = "The text format of Prometheus", content_type = "text/plain", body = String)))]
async fn metrics(State(app): State<Arc<App>>) -> impl IntoResponse {
    app.engine.show_queue();
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], app.metrics.render())
}

/// A successful answer in JSON.
fn json(body: &impl serde::Serialize) -> Response {
    let bytes = serde_json::to_vec(body).unwrap_or_default();
    ([(CONTENT_TYPE, "application/json")], bytes).into_response()
}
