//! Who may use a workbench: whoever has the address with its key, from this machine, and only the page
//! of the workbench itself.
//!
//! The address that is printed has a random key. The first visit turns it into a cookie, which other
//! sites cannot make the browser send (`SameSite=Strict`) and scripts cannot read. Requests for another
//! host name (DNS rebinding) or from another origin are refused, whatever cookie they have.

use super::pages::Workbench;
use crate::problem::{Kind, Problem};
use crate::routes::is_loopback_host;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hyper::HeaderMap;
use hyper::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, HOST, HeaderName,
    HeaderValue, ORIGIN, REFERRER_POLICY, SET_COOKIE, X_CONTENT_TYPE_OPTIONS,
};
use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// A key that nobody can guess.
///
/// # Errors
/// The system's, if it has no random numbers.
pub(super) fn new_key() -> io::Result<String> {
    let mut bytes = [0; 24];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(blake3::hash(&bytes).to_hex()[..48].to_owned())
}

/// Lets a request in, or refuses it.
pub(super) async fn guard(
    State(workbench): State<Arc<Workbench>>,
    request: Request,
    next: Next,
) -> Response {
    let (headers, uri) = (request.headers(), request.uri());
    let mut response = if let Some(problem) = foreign_host(headers) {
        problem.into_response()
    } else if uri.path() == "/" && asks_with_key(&workbench, uri.query()) {
        welcome(&workbench) // wherever the link was
    } else if let Some(problem) = foreign_page(headers) {
        problem.into_response()
    } else if has_key(&workbench, headers) {
        next.run(request).await
    } else {
        let hint = "open the whole address that the terminal shows, with its key";
        Problem::new(Kind::Forbidden, "this address is not complete").hint(hint).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).map(|value| value.to_str().unwrap_or_default())
}

/// Refuses other names of this machine.
fn foreign_host(headers: &HeaderMap) -> Option<Problem> {
    let host = text(headers, HOST).unwrap_or_default();
    if is_loopback_host(host) {
        return None;
    }
    let detail = format!("the workbench does not answer requests for the host `{host}`");
    Some(Problem::new(Kind::Host, detail).hint("use 127.0.0.1 or localhost"))
}

/// Refuses requests that other pages make.
fn foreign_page(headers: &HeaderMap) -> Option<Problem> {
    let ours = format!("http://{}", text(headers, HOST).unwrap_or_default());
    let foreign = text(headers, ORIGIN).is_some_and(|origin| origin != ours);
    let from = text(headers, FETCH_SITE).unwrap_or("none");
    if foreign || !matches!(from, "none" | "same-origin") {
        let detail = "the workbench does not answer requests of other pages";
        return Some(Problem::new(Kind::Forbidden, detail));
    }
    None
}

fn asks_with_key(workbench: &Workbench, query: Option<&str>) -> bool {
    let key = query.and_then(|query| query.strip_prefix("key="));
    key.is_some_and(|key| workbench.is_key(key))
}

/// The cookie, and a page that goes on to the address without the key, which then is in no history. It
/// is a page and not a redirection because a browser that comes from a link elsewhere would not send the
/// cookie after a redirection.
fn welcome(workbench: &Workbench) -> Response {
    let page = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
        <meta http-equiv=\"refresh\" content=\"0; url=/\"><title>ulmfit</title>\
        <p><a href=\"/\">To the workbench</a></p></html>";
    let cookie =
        format!("{}={}; Path=/; HttpOnly; SameSite=Strict", workbench.cookie(), workbench.key());
    let mut response = page.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'"));
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        headers.insert(SET_COOKIE, cookie);
    }
    response
}

fn has_key(workbench: &Workbench, headers: &HeaderMap) -> bool {
    let texts = |name: HeaderName| {
        headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect::<Vec<_>>()
    };
    let bearer = texts(AUTHORIZATION).into_iter().filter_map(|text| text.strip_prefix("Bearer "));
    let cookies = texts(COOKIE);
    let cookies = cookies.iter().flat_map(|text| text.split(';'));
    let cookies = cookies.filter_map(|pair| pair.trim().split_once('='));
    let ours = cookies.filter(|(name, _)| *name == workbench.cookie()).map(|(_, key)| key);
    bearer.chain(ours).any(|key| workbench.is_key(key))
}

/// Compares in the same time for every wrong key.
pub(super) fn same(one: &str, other: &str) -> bool {
    blake3::hash(one.as_bytes()) == blake3::hash(other.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(headers: &[(&'static str, &str)]) -> bool {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, HeaderValue::try_from(*value).unwrap());
        }
        foreign_host(&map).or_else(|| foreign_page(&map)).is_some()
    }

    #[test]
    fn only_the_page_itself_is_let_in() {
        assert!(!refused(&[("host", "127.0.0.1:8090")]));
        assert!(!refused(&[("host", "localhost:8090"), ("origin", "http://localhost:8090")]));
        assert!(!refused(&[("host", "[::1]:1"), ("sec-fetch-site", "same-origin")]));
        for wrong in [
            &[("host", "evil.example")][..],
            &[("host", "evil.example"), ("origin", "http://evil.example")],
            &[],
            &[("host", "127.0.0.1:8090"), ("origin", "http://evil.example")],
            &[("host", "127.0.0.1:8090"), ("origin", "null")],
            &[("host", "127.0.0.1:8090"), ("origin", "http://127.0.0.1:8091")],
            &[("host", "127.0.0.1:8090"), ("sec-fetch-site", "cross-site")],
            &[("host", "127.0.0.1:8090"), ("sec-fetch-site", "same-site")],
        ] {
            assert!(refused(wrong), "{wrong:?}");
        }
    }

    #[test]
    fn keys_differ() {
        let (one, other) = (new_key().unwrap(), new_key().unwrap());
        assert_eq!(one.len(), 48);
        assert!(one != other && !same(&one, &other) && same(&one, &one.clone()));
    }
}
