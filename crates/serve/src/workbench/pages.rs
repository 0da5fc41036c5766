//! The routes of a workbench.

use super::access::{guard, same};
use super::archive;
use super::bench::Bench;
use super::compose::labelled_csv;
use super::requests::{AddLabel, By, ChooseColumns, GiveLabel, OpenFile, StartTraining, parse};
use super::rounds::Phase;
use super::saved::model_name;
use super::table::Choice;
use super::upload::receive;
use crate::problem::{Kind, Problem};
use crate::routes::Page;
use axum::Router;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Query, Request, State};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post, put};
use bytes::Bytes;
use http_body_util::channel::Channel;
use hyper::header::{
    CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue,
    X_FRAME_OPTIONS,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::any::Any;
use std::io;
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;
use tower_http::catch_panic::CatchPanicLayer;

/// The page: one file without external resources.
const HTML: &str = include_str!("workbench.html");

/// What all requests share.
pub(super) struct Workbench {
    bench: Arc<Bench>,
    page: Page,
    key: String,
    cookie: String,
}

impl Workbench {
    /// `port` tells the cookies of several workbenches apart, which browsers do not.
    pub(super) fn new(bench: Arc<Bench>, key: String, port: u16) -> Self {
        Self { bench, page: Page::of(HTML), key, cookie: format!("ulmfit-{port}") }
    }

    pub(super) fn key(&self) -> &str {
        &self.key
    }

    pub(super) fn cookie(&self) -> &str {
        &self.cookie
    }

    pub(super) fn is_key(&self, given: &str) -> bool {
        same(given, &self.key)
    }
}

type Shared = State<Arc<Workbench>>;
type Number = Result<Path<usize>, PathRejection>;

/// All routes.
pub(super) fn router(workbench: Arc<Workbench>) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/api/state", get(state))
        .route("/api/file", put(upload))
        .route("/api/open", post(open))
        .route("/api/columns", post(columns))
        .route("/api/train", post(train))
        .route("/api/rounds/{number}/stop", with_training(|bench, number| bench.pause(number)))
        .route("/api/rounds/{number}/continue", with_training(Bench::resume))
        .route("/api/rounds/{number}/serve", with_training(Bench::serve))
        .route("/api/serve/stop", post(stop_serving))
        .route("/api/label/current", post(current))
        .route("/api/label", post(label))
        .route("/api/label/undo", post(undo))
        .route("/api/labels", post(add_label))
        .route("/rounds/{number}/report", get(report))
        .route("/rounds/{number}/model.tar", get(model))
        .route("/labelled.csv", get(labelled))
        .fallback(not_found)
        .method_not_allowed_fallback(wrong_method)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(Arc::clone(&workbench), guard))
        .with_state(workbench)
}

async fn page(State(workbench): Shared) -> Response {
    workbench.page.response()
}

/// Does something that may wait for the disk.
async fn work<T: Serialize + Send + 'static>(
    workbench: &Arc<Workbench>,
    what: impl FnOnce(&Arc<Bench>) -> Result<T, Problem> + Send + 'static,
) -> Result<Response, Problem> {
    let bench = Arc::clone(&workbench.bench);
    let done = spawn_blocking(move || what(&bench)).await;
    let done = done.map_err(|_| Problem::new(Kind::Internal, "the request hit a bug"))??;
    let bytes = serde_json::to_vec(&done).unwrap_or_default();
    Ok(([(CONTENT_TYPE, "application/json")], bytes).into_response())
}

/// Refuses what a form of another page could send.
fn check_json(request: &Request) -> Result<(), Problem> {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    match kind {
        Some("application/json") => Ok(()),
        _ => Err(Problem::new(Kind::MediaType, "send `content-type: application/json`")),
    }
}

/// The body of a request, which must be JSON.
async fn read<T: DeserializeOwned>(request: Request) -> Result<T, Problem> {
    check_json(&request)?;
    parse(request.into_body()).await
}

async fn state(State(workbench): Shared) -> Result<Response, Problem> {
    work(&workbench, |bench| Ok(bench.state())).await
}

#[derive(Deserialize)]
struct UploadName {
    name: String,
}

async fn upload(
    State(workbench): Shared,
    Query(UploadName { name }): Query<UploadName>,
    request: Request,
) -> Result<Response, Problem> {
    let upload = receive(&workbench.bench, &name, request.into_body()).await?;
    work(&workbench, move |bench| bench.open_upload(upload)).await
}

async fn open(State(workbench): Shared, request: Request) -> Result<Response, Problem> {
    let OpenFile { path } = read(request).await?;
    work(&workbench, move |bench| bench.open_data(&path, &Choice::default())).await
}

async fn columns(State(workbench): Shared, request: Request) -> Result<Response, Problem> {
    let chosen: ChooseColumns = read(request).await?;
    work(&workbench, move |bench| bench.choose_columns(&chosen.into())).await
}

async fn train(State(workbench): Shared, request: Request) -> Result<Response, Problem> {
    let StartTraining { method, unlabelled } = read(request).await?;
    work(&workbench, move |bench| bench.train(method, unlabelled)).await
}

fn number(path: Number) -> Result<usize, Problem> {
    path.map(|Path(number)| number)
        .map_err(|_| Problem::new(Kind::NotFound, "there is no such training"))
}

/// Does something with a training.
fn with_training<T: Serialize + Send + 'static>(
    what: fn(&Arc<Bench>, usize) -> Result<T, Problem>,
) -> MethodRouter<Arc<Workbench>> {
    post(move |State(workbench): Shared, path: Number, request: Request| async move {
        check_json(&request)?;
        let number = number(path)?;
        work(&workbench, move |bench| what(bench, number)).await
    })
}

async fn stop_serving(State(workbench): Shared, request: Request) -> Result<Response, Problem> {
    check_json(&request)?;
    work(&workbench, |bench| bench.stop_serving()).await
}

async fn current(State(workbench): Shared, request: Request) -> Result<Response, Problem> {
    let By { by } = read(request).await?;
    work(&workbench, move |bench| bench.current(&by)).await
}

/// A label that is on disk, and the next text.
#[derive(Serialize)]
struct Saved<T> {
    saved: u64,
    next: T,
}

async fn label(State(workbench): Shared, request: Request) -> Result<Response, Problem> {
    let GiveLabel { by, text, label } = read(request).await?;
    let save = move |bench: &Arc<Bench>| {
        let (saved, next) = bench.label(&by, &text, label.as_deref())?;
        Ok(Saved { saved, next })
    };
    work(&workbench, save).await
}

async fn undo(State(workbench): Shared, request: Request) -> Result<Response, Problem> {
    let By { by } = read(request).await?;
    work(&workbench, move |bench| bench.undo(&by)).await
}

async fn add_label(State(workbench): Shared, request: Request) -> Result<Response, Problem> {
    let AddLabel { label } = read(request).await?;
    work(&workbench, move |bench| bench.add_label(&label)).await
}

/// The round, if its model is there.
fn finished(bench: &Bench, number: usize) -> Result<(), Problem> {
    let round = bench.lock().round(number)?.clone();
    match bench.phase(&round) {
        Phase::Done => Ok(()),
        _ => Err(Problem::new(Kind::NotFound, format!("training {number} has no model yet"))),
    }
}

/// The report, which may do nothing but be looked at.
async fn report(State(workbench): Shared, path: Number) -> Result<Response, Problem> {
    let number = number(path)?;
    finished(&workbench.bench, number)?;
    let file = workbench.bench.folder.join(model_name(number)).join("report.html");
    let html = std::fs::read(file);
    let html = html.map_err(|_| Problem::new(Kind::NotFound, "this model has no report"))?;
    let policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; \
        frame-ancestors 'self'";
    let headers: [(HeaderName, HeaderValue); 3] = [
        (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy)),
        (X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN")),
    ];
    Ok((headers, html).into_response())
}

fn attachment(kind: &'static str, name: &str) -> [(HeaderName, HeaderValue); 2] {
    let name = format!("attachment; filename=\"{name}\"");
    let name = HeaderValue::try_from(name);
    let name = name.unwrap_or_else(|_| HeaderValue::from_static("attachment"));
    [(CONTENT_TYPE, HeaderValue::from_static(kind)), (CONTENT_DISPOSITION, name)]
}

/// The model folder as a tar archive.
async fn model(State(workbench): Shared, path: Number) -> Result<Response, Problem> {
    let number = number(path)?;
    finished(&workbench.bench, number)?;
    let name = model_name(number);
    let (sender, body) = Channel::<Bytes, io::Error>::new(4);
    let (bench, on) = (Arc::clone(&workbench.bench), Handle::current());
    let headers = attachment("application/x-tar", &format!("{name}.tar"));
    spawn_blocking(move || {
        if let Err(error) = archive::send(&bench.folder.join(&name), &name, sender, on) {
            bench.log.warn("archive not sent", &[("error", error.to_string().into())]);
        }
    });
    Ok((headers, Body::new(body)).into_response())
}

/// All labelled texts.
async fn labelled(State(workbench): Shared) -> Result<Response, Problem> {
    let mut inner = workbench.bench.lock();
    let table = inner.texts()?;
    let sets = inner.sets(&table);
    drop(inner);
    let csv = labelled_csv(&table, &sets);
    let csv = csv.map_err(|error| Problem::new(Kind::Internal, error.to_string()))?;
    Ok((attachment("text/csv; charset=utf-8", "labelled.csv"), csv).into_response())
}

async fn not_found() -> Problem {
    Problem::new(Kind::NotFound, "there is nothing at this address")
}

async fn wrong_method() -> Problem {
    Problem::new(Kind::Method, "this address does not accept this method")
}

/// The panic hook has reported it.
fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    Problem::new(Kind::Internal, "the request hit a bug; the terminal has details").into_response()
}
