//! `GET /`: the page for people, one file without external resources.

use super::app::App;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hyper::header::{
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, REFERRER_POLICY,
    X_FRAME_OPTIONS,
};
use sha2::{Digest, Sha256};
use std::sync::Arc;

const HTML: &str = include_str!("../page.html");

/// The script that all pages begin with.
const SHARED: &str = include_str!("../shared.js");

/// Its place in a page.
const PLACE: &str = "/* shared.js */\n";

/// A page and the policy that allows its own script and style, and nothing else.
pub(crate) struct Page {
    html: Bytes,
    policy: HeaderValue,
}

impl Page {
    /// The page of a server.
    pub(crate) fn new() -> Self {
        Self::of(HTML)
    }

    /// A file with one style and one script, which begins with the shared one.
    ///
    /// # Panics
    /// When it has no script or no style.
    pub(crate) fn of(html: &str) -> Self {
        let html = html.replacen(PLACE, SHARED, 1);
        let script = hash(inside(&html, "<script>", "</script>"));
        let style = hash(inside(&html, "<style>", "</style>"));
        let policy = format!(
            "default-src 'none'; script-src 'sha256-{script}'; style-src 'sha256-{style}'; \
             connect-src 'self'; frame-src 'self'; img-src data:; base-uri 'none'; \
             form-action 'none'; frame-ancestors 'none'"
        );
        let policy = HeaderValue::try_from(policy).expect("hashes are ASCII");
        Self { html: Bytes::from(html), policy }
    }

    /// The answer to whoever opens it.
    pub(crate) fn response(&self) -> Response {
        let mut response = self.html.clone().into_response();
        let headers = response.headers_mut();
        for (name, value) in [
            (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
            (CONTENT_SECURITY_POLICY, self.policy.clone()),
            (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
            (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
            (
                HeaderName::from_static("cross-origin-opener-policy"),
                HeaderValue::from_static("same-origin"),
            ),
        ] {
            headers.insert(name, value);
        }
        response
    }
}

fn inside<'a>(html: &'a str, begin: &str, end: &str) -> &'a str {
    let (_, rest) = html.split_once(begin).expect("the page has it");
    rest.split_once(end).expect("it ends").0
}

fn hash(text: &str) -> String {
    STANDARD.encode(Sha256::digest(text.as_bytes()))
}

/// The page for people.
#[utoipa::path(get, path = "/", tag = "operation",
    responses((status = 200, description = "A page that predicts a text or a table", content_type = "text/html", body = String)))]
pub(super) async fn page(State(app): State<Arc<App>>) -> Response {
    match &app.page {
        Some(page) => page.response(),
        None => super::bad_path().into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_allows_one_script_and_one_style() {
        for whole in [HTML, include_str!("../workbench/workbench.html")] {
            assert_eq!(whole.matches(&format!("<script>\n{PLACE}")).count(), 1);
            let Page { html, policy } = Page::of(whole);
            let whole = std::str::from_utf8(&html).unwrap();
            assert!(whole.contains(SHARED) && !whole.contains(PLACE));
            assert_eq!(whole.matches("<script").count(), 1);
            assert_eq!(whole.matches("<style").count(), 1);
            // an attribute with code or style would be dead under the policy
            let html = &whole.replace("http://www.w3.org/2000/svg", ""); // a name, not an address
            for forbidden in
                [" style=\"", " onclick", " onload", "http://", "https://", "innerHTML"]
            {
                assert!(!html.contains(forbidden), "the page has `{forbidden}`");
            }
            assert!(policy.to_str().unwrap().contains("script-src 'sha256-"));
        }
    }
}
