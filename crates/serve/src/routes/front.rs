//! What every request passes through: request id, access, log, metrics.

use super::OPEN;
use super::app::{Access, App, Guard};
use crate::net::Unread;
use crate::problem::{Kind, Problem};
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hyper::HeaderMap;
use hyper::body::Body as _;
use hyper::header::{
    AUTHORIZATION, CACHE_CONTROL, HOST, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS,
};
use serde_json::Value;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

/// Header with the request's id, for the logs of client and server.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// When a request arrived, and the guard that counts it.
#[derive(Clone)]
pub(super) struct Arrival {
    pub(super) at: Instant,
    /// Held until the answer is complete.
    _guard: Arc<Guard>,
}

/// How many texts a request had, for the log.
#[derive(Clone, Copy)]
pub(super) struct TextCount(pub(super) usize);

pub(super) async fn observe(
    State(app): State<Arc<App>>,
    mut request: Request,
    next: Next,
) -> Response {
    let at = Instant::now();
    let id = request_id(request.headers());
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let route = route.unwrap_or_else(|| "other".into());
    let method = request.method().clone();
    request.extensions_mut().insert(Arrival { at, _guard: Arc::new(app.enter()) });
    let mut response = match refusal(&app.access, &route, request.headers()) {
        Some(problem) => problem.into_response(),
        None => held(&app, next.run(request).await),
    };
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, id.clone());
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let (status, took) = (response.status().as_u16(), at.elapsed());
    app.metrics.request(&route, status, took);
    let is_probe = route.contains("/health/") || route == "/metrics";
    if status >= 500 || !is_probe {
        let mut fields = vec![
            ("method", Value::from(method.as_str())),
            ("route", Value::from(route)),
            ("status", Value::from(status)),
            ("ms", Value::from((took.as_secs_f64() * 1e5).round() / 100.0)),
            ("id", Value::from(id.to_str().unwrap_or_default())),
        ];
        if let Some(TextCount(texts)) = response.extensions().get() {
            fields.push(("texts", Value::from(*texts)));
        }
        match status {
            500 | 504 => app.log.warn("request", &fields),
            _ => app.log.info("request", &fields),
        }
    }
    response
}

/// Counts the memory of a large answer, or refuses it.
fn held(app: &App, mut response: Response) -> Response {
    let bytes = response.body().size_hint().exact();
    let Some(bytes) = bytes.filter(|&bytes| Unread::counts(bytes)) else { return response };
    match app.unread.take(bytes) {
        Some(memory) => {
            response.extensions_mut().insert(memory);
            response
        }
        None => {
            Problem::new(Kind::QueueFull, "too many answers have not been read by their clients")
                .hint("try again after the time in `Retry-After`, with fewer texts")
                .retry_after(Duration::from_secs(1))
                .into_response()
        }
    }
}

/// Different in every process.
static PROCESS: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one("request"));
/// Ids made so far.
static COUNT: AtomicU64 = AtomicU64::new(0);

/// The id that the request has, if it is valid, else a new one.
fn request_id(headers: &HeaderMap) -> HeaderValue {
    let decent = |value: &&HeaderValue| {
        let bytes = value.as_bytes();
        (1..=128).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic)
    };
    if let Some(value) = headers.get(REQUEST_ID).filter(decent) {
        return value.clone();
    }
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let id = format!("{:016x}-{count}", *PROCESS);
    HeaderValue::try_from(id).unwrap_or_else(|_| HeaderValue::from_static("unknown"))
}

/// Why a request is refused; `None` if it is not.
fn refusal(access: &Access, route: &str, headers: &HeaderMap) -> Option<Problem> {
    match access {
        Access::Anybody => None,
        Access::Token(_) if OPEN.contains(&route) => None,
        Access::Token(tokens) => {
            let given = headers.get(AUTHORIZATION).map(HeaderValue::as_bytes);
            if given.is_some_and(|given| tokens.allow(given)) {
                return None;
            }
            let detail = match given {
                Some(_) => "this token is not valid here",
                None => "this server requires a token",
            };
            let hint = "send the header `Authorization: Bearer TOKEN`";
            Some(Problem::new(Kind::Unauthorized, detail).hint(hint))
        }
        Access::Loopback(allowed) => {
            let host = headers.get(HOST)?; // browsers always send one
            let name = host.to_str().map(host_name).unwrap_or_default();
            let is_ours =
                is_loopback(name) || allowed.iter().any(|other| other.eq_ignore_ascii_case(name));
            if is_ours {
                return None;
            }
            let detail = format!("this server does not answer requests for the host name `{name}`");
            let hint = "use 127.0.0.1 or localhost, or start the server with `--allow-host NAME`";
            Some(Problem::new(Kind::Host, detail).hint(hint))
        }
    }
}

/// A `Host` header without its port.
fn host_name(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

/// Whether a `Host` header names this machine by a name of loopback.
pub(crate) fn is_loopback_host(host: &str) -> bool {
    is_loopback(host_name(host))
}

fn is_loopback(name: &str) -> bool {
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_loopback_and_no_others() {
        for host in ["localhost", "LOCALHOST:80", "127.0.0.1:8080", "127.1.2.3", "[::1]:9", "[::1]"]
        {
            assert!(is_loopback(host_name(host)), "{host}");
        }
        for host in
            ["evil.example", "127.0.0.1.evil.example:80", "", "localhost.", "10.0.0.1", "::"]
        {
            assert!(!is_loopback(host_name(host)), "{host}");
        }
    }

    #[test]
    fn an_indecent_request_id_is_replaced() {
        let with = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(REQUEST_ID, HeaderValue::try_from(value).unwrap());
            request_id(&headers)
        };
        assert_eq!(with("abc-1"), "abc-1");
        let made = [with("has space"), with(&"x".repeat(129)), with("")];
        assert!(made.iter().all(|id| id.len() > 16 && id.len() < 40));
        assert_ne!(made[0], made[1]);
    }
}
