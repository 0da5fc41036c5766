//! A server without a network, for tests.

use super::{Access, App, router};
use crate::engine::Engine;
use crate::hosted::Models;
use crate::log::Log;
use crate::metrics::Metrics;
use crate::{Limits, LogFormat, LogLevel, ModelSource};
use axum::body::Body;
use axum::response::Response;
use http_body_util::BodyExt;
use hyper::Request;
use hyper::header::CONTENT_TYPE;
use serde_json::Value;
use std::sync::Arc;
use tower::Service;
use ulmfit::{Examples, Method, Precision, Trainer};

/// A server of a small model, which is named `model` and tells `good` from `bad`.
pub(super) fn app(limits: Limits) -> App {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("model");
    let example = |row: usize| match row % 2 {
        0 => (format!("a lovely film {row}"), "good"),
        _ => (format!("a dull book {row}"), "bad"),
    };
    let examples: Examples = (0..20).map(example).collect();
    let trainer = Trainer::new().method(Method::TfIdf).test_share(0.0).validation_share(0.0);
    trainer.fit(examples).unwrap().save(&path).unwrap();
    let source = ModelSource { name: "model".to_owned(), path };
    let models = Models::open(&[source], Precision::F32).unwrap();
    let metrics = Arc::new(Metrics::new());
    let engine = Engine::start(&limits, &metrics).unwrap();
    let log = Log::new(LogFormat::Text, LogLevel::Warning);
    App::new(models, engine, metrics, limits, log, Access::Anybody, None)
}

/// The answer to a request.
pub(super) async fn ask(app: &Arc<App>, request: Request<Body>) -> Response {
    let Ok(answer) = router(Arc::clone(app), &[]).call(request).await;
    answer
}

/// The answer to `POST /predict`.
pub(super) async fn predict(app: &Arc<App>, kind: &str, body: impl Into<Body>) -> Response {
    let request = Request::post("/predict").header(CONTENT_TYPE, kind).body(body.into());
    ask(app, request.unwrap()).await
}

/// All of a body, as text.
pub(super) async fn text(body: Body) -> String {
    let bytes = body.collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The document of `GET`.
pub(super) async fn get(app: &Arc<App>, path: &str) -> Value {
    let answer = ask(app, Request::get(path).body(Body::empty()).unwrap()).await;
    serde_json::from_str(&text(answer.into_body()).await).unwrap()
}
