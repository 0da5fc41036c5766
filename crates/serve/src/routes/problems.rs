//! Errors of routes, for the description of the API.

use crate::problem::ProblemBody;
use utoipa::IntoResponses;

/// Errors of the routes that predict.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "describes answers and is never made")]
pub(super) enum PredictionErrors {
    /// Not valid JSON, or no texts
    #[response(status = 400, content_type = "application/problem+json")]
    Syntax(ProblemBody),
    /// No token, or a wrong one
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthorized(ProblemBody),
    /// No such model
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(ProblemBody),
    /// The body came too slowly
    #[response(status = 408, content_type = "application/problem+json")]
    SlowBody(ProblemBody),
    /// Larger than a limit, which the error names
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(ProblemBody),
    /// A content type that this route does not read
    #[response(status = 415, content_type = "application/problem+json")]
    MediaType(ProblemBody),
    /// The server does not answer requests for this host name
    #[response(status = 421, content_type = "application/problem+json")]
    Host(ProblemBody),
    /// A field that is unknown or has a wrong value
    #[response(status = 422, content_type = "application/problem+json")]
    Invalid(ProblemBody),
    /// The queue is full; see `Retry-After`
    #[response(status = 429, content_type = "application/problem+json")]
    QueueFull(ProblemBody),
    /// A bug, or a model that gives NaN
    #[response(status = 500, content_type = "application/problem+json")]
    Internal(ProblemBody),
    /// The server is stopping
    #[response(status = 503, content_type = "application/problem+json")]
    Stopping(ProblemBody),
    /// No answer before the deadline
    #[response(status = 504, content_type = "application/problem+json")]
    Deadline(ProblemBody),
}
