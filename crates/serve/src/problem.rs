//! Errors of requests: `application/problem+json`, RFC 9457.

use axum::response::{IntoResponse, Response};
use hyper::StatusCode;
use hyper::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use serde::Serialize;
use std::time::Duration;
use utoipa::ToSchema;

/// Kind of error; each has its own name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    NoTexts,
    Syntax,
    Unauthorized,
    NotFound,
    Method,
    SlowBody,
    TooLarge,
    MediaType,
    Host,
    Forbidden,
    Conflict,
    Invalid,
    QueueFull,
    Internal,
    Storage,
    Stopping,
    Deadline,
}

impl Kind {
    /// Status, name and title.
    fn words(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::NoTexts => (StatusCode::BAD_REQUEST, "no-texts", "No texts"),
            Self::Syntax => (StatusCode::BAD_REQUEST, "syntax", "Not valid JSON"),
            Self::Unauthorized => (StatusCode::UNAUTHORIZED, "unauthorized", "Token required"),
            Self::NotFound => (StatusCode::NOT_FOUND, "not-found", "Not found"),
            Self::Method => (StatusCode::METHOD_NOT_ALLOWED, "method", "Method not allowed"),
            Self::SlowBody => (StatusCode::REQUEST_TIMEOUT, "slow-body", "Request too slow"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too-large", "Request too large"),
            Self::MediaType => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "media-type", "Unsupported content type")
            }
            Self::Host => (StatusCode::MISDIRECTED_REQUEST, "host", "Unknown host name"),
            Self::Forbidden => (StatusCode::FORBIDDEN, "forbidden", "Not allowed"),
            Self::Conflict => (StatusCode::CONFLICT, "conflict", "Not possible now"),
            Self::Storage => (StatusCode::INSUFFICIENT_STORAGE, "storage", "Cannot write"),
            Self::Invalid => (StatusCode::UNPROCESSABLE_ENTITY, "invalid", "Invalid request"),
            Self::QueueFull => (StatusCode::TOO_MANY_REQUESTS, "queue-full", "Too many requests"),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal error"),
            Self::Stopping => (StatusCode::SERVICE_UNAVAILABLE, "stopping", "Server is stopping"),
            Self::Deadline => (StatusCode::GATEWAY_TIMEOUT, "deadline", "Deadline exceeded"),
        }
    }
}

/// An error of a request; boxed, because most results hold none.
#[derive(Clone, Debug)]
pub(crate) struct Problem(Box<ProblemBody>);

/// The body of an error.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody {
    /// Name of the kind of error: `urn:ulmfit:error:queue-full`.
    #[serde(rename = "type")]
    kind: String,
    /// The kind of error in words.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What is wrong with this request.
    detail: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    /// Number of the text that is wrong, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    row: Option<usize>,
    /// The same as `detail`, under the name that clients of the Open Inference Protocol expect.
    error: String,
    #[serde(skip)]
    retry_after: Option<Duration>,
}

impl Problem {
    pub(crate) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        let (status, name, title) = kind.words();
        let detail = detail.into();
        Self(Box::new(ProblemBody {
            kind: format!("urn:ulmfit:error:{name}"),
            title,
            status: status.as_u16(),
            error: detail.clone(),
            detail,
            hint: None,
            row: None,
            retry_after: None,
        }))
    }

    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    #[must_use]
    pub(crate) fn row(mut self, row: usize) -> Self {
        self.0.row = Some(row);
        self
    }

    #[must_use]
    pub(crate) fn retry_after(mut self, wait: Duration) -> Self {
        self.0.retry_after = Some(wait);
        self
    }

    /// What is wrong, in words.
    pub(crate) fn detail(&self) -> &str {
        &self.0.detail
    }

    /// The server was told to stop.
    pub(crate) fn stopping() -> Self {
        Self::new(Kind::Stopping, "the server is stopping and accepts no new requests")
            .retry_after(Duration::from_secs(1))
    }

    /// The error as a line of a stream of answers.
    pub(crate) fn line(&self, row: usize) -> String {
        let mut document = serde_json::json!({
            "row": row, "error": self.0.detail, "type": self.0.kind, "status": self.0.status,
        });
        if let Some(hint) = &self.0.hint {
            document["hint"] = hint.as_str().into();
        }
        document.to_string()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self.0).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(wait) = self.0.retry_after {
            headers
                .insert(RETRY_AFTER, HeaderValue::from(wait.as_secs_f64().ceil().max(1.0) as u64));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
