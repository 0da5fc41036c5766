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
#[cfg(test)]
mod testing;
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

#[cfg(test)]
mod tests {
    use super::testing::{app, get, predict, text};
    use crate::Limits;
    use serde_json::{Value, json};
    use std::sync::Arc;

    #[tokio::test]
    async fn a_request_that_never_fits_is_too_large_and_not_to_be_repeated() {
        let app = Arc::new(app(Limits { queue_texts: 4, ..Limits::default() }));
        let ask = async |count: usize| {
            let body = json!({ "texts": vec!["a film"; count] }).to_string();
            predict(&app, "application/json", body).await
        };
        assert_eq!(ask(4).await.status(), 200);
        let refused = ask(5).await;
        assert_eq!(refused.status(), 413);
        assert!(!refused.headers().contains_key("retry-after"));
        let problem: Value = serde_json::from_str(&text(refused.into_body()).await).unwrap();
        assert_eq!(problem["detail"], "the request has 5 texts; at most 4 are allowed");
        assert_eq!(get(&app, "/models").await["limits"]["texts"], 4);
        // one that would fit later
        let others = app.engine.try_reserve(4).unwrap();
        let refused = ask(1).await;
        assert_eq!(refused.status(), 429);
        assert!(refused.headers().contains_key("retry-after"));
        drop(others);
        assert_eq!(ask(1).await.status(), 200);
    }

    #[tokio::test]
    async fn the_description_lists_all_routes_and_their_errors() {
        let app = Arc::new(app(Limits::default()));
        let document = get(&app, "/openapi.json").await;
        let paths = document["paths"].as_object().unwrap();
        let of_version = "/v2/models/{model}/versions/{version}";
        for tail in ["", "/ready", "/infer"] {
            let operations = paths[&format!("{of_version}{tail}")].as_object().unwrap();
            for operation in operations.values() {
                assert_eq!(operation["parameters"][1]["name"], "version", "{operation}");
            }
        }
        let ids: Vec<&Value> = paths
            .values()
            .flat_map(|path| path.as_object().unwrap().values())
            .map(|operation| &operation["operationId"])
            .collect();
        assert!(ids.iter().enumerate().all(|(n, id)| !ids[..n].contains(id)), "{ids:?}");
        for status in ["401", "421", "500"] {
            assert!(paths["/predict"]["post"]["responses"][status].is_object(), "{status}");
        }
    }
}
