//! A client, which returns exactly the numbers that the server computed.

use crate::api::{Received, ReceivedElement, Text};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use ulmfit::Decision;
use ulmfit::decisions::Rule;
use ureq::Agent;
use ureq::http::{Response, StatusCode};

/// How often a request is sent to a server that is too busy.
const TRIES: u32 = 8;

/// Asks a server for predictions.
pub struct Client {
    agent: Agent,
    url: String,
    token: Option<String>,
    /// Name of the model; `None` for the server's first.
    model: Option<String>,
}

/// Options of a request.
#[derive(Clone, Copy, Debug, Default)]
pub struct Question<'a> {
    /// `forward`, `backward` or `both`; `None` for all directions of the model.
    pub direction: Option<&'a str>,
    /// When to answer.
    pub rule: Option<Rule>,
}

/// Predictions of a server.
#[derive(Clone, Debug, Default)]
pub struct Decided {
    /// The predictions, in order. Only a rule withholds any: a withheld label is empty, a withheld
    /// number zero.
    pub decisions: Vec<Decision>,
    /// What the rule guarantees, in words.
    pub promise: Option<String>,
    /// What the rule cannot guarantee.
    pub warnings: Vec<String>,
}

/// Names of the columns that a model was trained on.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    /// The text columns, in order; empty if they had no names.
    pub text: Vec<String>,
    /// The column of the labels, if it had a name.
    pub label: Option<String>,
}

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The server cannot be reached.
    #[error("{url} cannot be reached")]
    Unreachable {
        /// Address of the request.
        url: String,
        /// What went wrong.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// An address without `http://` or `https://`.
    #[error("`{url}` is not the address of a server")]
    Address {
        /// The address.
        url: String,
    },
    /// The server refused.
    #[error("{url} answers {status}: {detail}")]
    Refused {
        /// Address of the request.
        url: String,
        /// The status.
        status: u16,
        /// The server's message.
        detail: String,
        /// The server's hint.
        hint: Option<String>,
    },
    /// The answer is not that of a `ulmfit` server.
    #[error("{url} does not answer like a ulmfit server: {what}")]
    Strange {
        /// Address of the request.
        url: String,
        /// What is wrong with it.
        what: String,
    },
}

impl ClientError {
    /// Whether a smaller request may succeed: this one is too large, or takes too long.
    fn is_too_much(&self) -> bool {
        matches!(self, Self::Refused { status: 413 | 504, .. })
    }
}

#[derive(Serialize)]
struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    direction: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    threshold: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_error: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    coverage: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    per_class: Option<bool>,
    texts: Vec<Text>,
}

#[derive(Deserialize)]
struct Refusal {
    detail: String,
    hint: Option<String>,
}

#[derive(Deserialize)]
struct Card {
    name: String,
    config: Config,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Config {
    #[serde(default)]
    text_columns: Vec<String>,
    label_column: Option<String>,
}

#[derive(Deserialize)]
struct Cards {
    models: Vec<Card>,
}

impl Client {
    /// A client of the server at `url`, such as `http://127.0.0.1:8080`.
    pub fn new(url: &str, token: Option<String>, model: Option<String>) -> Self {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(Duration::from_secs(30)))
            .timeout_recv_response(Some(Duration::from_mins(5)))
            .user_agent(concat!("ulmfit/", env!("CARGO_PKG_VERSION")))
            .build()
            .into();
        Self { agent, url: url.trim_end_matches('/').to_owned(), token, model }
    }

    /// Names of the columns that the model was trained on.
    ///
    /// # Errors
    /// [`ClientError`] when the server does not answer or does not have the model.
    pub fn columns(&self) -> Result<Columns, ClientError> {
        if !["http://", "https://"].iter().any(|scheme| self.url.starts_with(scheme)) {
            return Err(ClientError::Address { url: self.url.clone() });
        }
        let url = format!("{}/models", self.url);
        let mut request = self.agent.get(&url);
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let answer = request.call().map_err(|source| unreachable(&url, source))?;
        let cards: Cards = read(&url, answer)?;
        let mut cards = cards.models.into_iter();
        let card = match &self.model {
            None => cards.next(),
            Some(name) => cards.find(|card| card.name == *name),
        };
        let missing = || ClientError::Refused {
            url,
            status: 404,
            detail: format!("there is no model `{}`", self.model.as_deref().unwrap_or_default()),
            hint: None,
        };
        let config = card.ok_or_else(missing)?.config;
        Ok(Columns { text: config.text_columns, label: config.label_column })
    }

    /// The prediction for each document, in order; a document is the texts of its columns.
    ///
    /// A request that is too large or not answered in time is halved. If the server is too busy, the request is
    /// sent again.
    ///
    /// # Errors
    /// [`ClientError`] when a request fails.
    pub fn predict(
        &self,
        documents: &[&[String]],
        question: Question<'_>,
    ) -> Result<Decided, ClientError> {
        match self.ask(documents, question) {
            Err(error) if error.is_too_much() && documents.len() > 1 => {
                let (first, second) = documents.split_at(documents.len() / 2);
                let mut decided = self.predict(first, question)?;
                decided.decisions.extend(self.predict(second, question)?.decisions);
                Ok(decided)
            }
            answer => answer,
        }
    }

    fn ask(&self, documents: &[&[String]], question: Question<'_>) -> Result<Decided, ClientError> {
        let url = format!("{}/predict", self.url);
        let text = |fields: &&[String]| match fields {
            [one] => Text::One(one.clone()),
            fields => Text::Fields(fields.to_vec()),
        };
        let (threshold, max_error, coverage) = match question.rule {
            None => (None, None, None),
            Some(Rule::Threshold(least)) => (Some(least), None, None),
            Some(Rule::MaxError(most)) => (None, Some(most), None),
            Some(Rule::Coverage { share, .. }) => (None, None, Some(share)),
        };
        let per_class = matches!(question.rule, Some(Rule::Coverage { per_class: true, .. }));
        let body = Body {
            model: self.model.as_deref(),
            direction: question.direction,
            threshold,
            max_error,
            coverage,
            per_class: per_class.then_some(true),
            texts: documents.iter().map(text).collect(),
        };
        let strange = |what: String| ClientError::Strange { url: url.clone(), what };
        let body = serde_json::to_vec(&body).map_err(|error| strange(error.to_string()))?;
        let mut tries = 0;
        let answer = loop {
            let mut request = self.agent.post(&url).header("content-type", "application/json");
            if let Some(token) = &self.token {
                request = request.header("authorization", format!("Bearer {token}"));
            }
            let answer = request.send(&body).map_err(|source| unreachable(&url, source))?;
            let wait = busy(&answer).filter(|_| tries < TRIES);
            let Some(wait) = wait else { break answer };
            tries += 1;
            std::thread::sleep(wait);
        };
        let received: Received = read(&url, answer)?;
        if received.predictions.len() != documents.len() {
            let (found, wanted) = (received.predictions.len(), documents.len());
            return Err(strange(format!("{found} predictions for {wanted} texts")));
        }
        let decisions = received.predictions.into_iter().map(ReceivedElement::into_decision);
        let decisions: Option<Vec<Decision>> = decisions.collect();
        let lacks = || strange(format!("a prediction of `{}` is incomplete", received.model.name));
        let decisions = decisions.ok_or_else(lacks)?;
        let (promise, warnings) =
            received.rule.map(|rule| (rule.promise, rule.warnings)).unwrap_or_default();
        Ok(Decided { decisions, promise, warnings })
    }
}

fn unreachable(url: &str, source: ureq::Error) -> ClientError {
    let source = match source {
        ureq::Error::Io(error) => error.into(), // without the word "io" before it
        other => other.into(),
    };
    ClientError::Unreachable { url: url.to_owned(), source }
}

/// How long to wait before the next attempt, if the server asks for one.
fn busy(answer: &Response<ureq::Body>) -> Option<Duration> {
    let asks = [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE];
    if !asks.contains(&answer.status()) {
        return None;
    }
    let seconds = answer.headers().get("retry-after")?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds).min(Duration::from_secs(30)))
}

/// The document of an answer.
fn read<T: for<'de> Deserialize<'de>>(
    url: &str,
    mut answer: Response<ureq::Body>,
) -> Result<T, ClientError> {
    let status = answer.status();
    let body = answer.body_mut().with_config().limit(1 << 30).read_to_vec();
    let body = body.map_err(|source| unreachable(url, source))?;
    if status != StatusCode::OK {
        let refusal = serde_json::from_slice(&body).unwrap_or_else(|_| Refusal {
            detail: status.canonical_reason().unwrap_or("an error").to_owned(),
            hint: None,
        });
        let Refusal { detail, hint } = refusal;
        return Err(ClientError::Refused {
            url: url.to_owned(),
            status: status.as_u16(),
            detail,
            hint,
        });
    }
    serde_json::from_slice(&body)
        .map_err(|error| ClientError::Strange { url: url.to_owned(), what: error.to_string() })
}
