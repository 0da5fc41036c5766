//! The bodies of requests.

use super::rounds::Method;
use super::table::{Choice, LabelChoice};
use crate::problem::{Kind, Problem};
use axum::body::Body;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::path::PathBuf;

/// Largest body of a request that is not an upload.
const LIMIT: usize = 64 << 10;

/// A file of this machine.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OpenFile {
    pub(super) path: PathBuf,
}

/// Columns to read.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChooseColumns {
    text: Vec<String>,
    label: Option<String>,
}

impl From<ChooseColumns> for Choice {
    fn from(chosen: ChooseColumns) -> Self {
        let label = chosen.label.map_or(LabelChoice::Absent, LabelChoice::Column);
        Self { text: chosen.text, label }
    }
}

/// How to train.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StartTraining {
    #[serde(default)]
    pub(super) method: Method,
    /// Whether the language model reads the texts without labels, too.
    #[serde(default)]
    pub(super) unlabelled: bool,
}

/// A person.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct By {
    pub(super) by: String,
}

/// A label for a text; none: it is left out.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GiveLabel {
    pub(super) by: String,
    pub(super) text: String,
    pub(super) label: Option<String>,
}

/// A new label.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AddLabel {
    pub(super) label: String,
}

/// Reads a JSON body.
pub(super) async fn parse<T: DeserializeOwned>(body: Body) -> Result<T, Problem> {
    let bytes = axum::body::to_bytes(body, LIMIT).await.map_err(|_| {
        Problem::new(Kind::TooLarge, format!("the body is incomplete or larger than {LIMIT} bytes"))
    })?;
    serde_json::from_slice(&bytes).map_err(|error| {
        let kind = if error.is_data() { Kind::Invalid } else { Kind::Syntax };
        Problem::new(kind, error.to_string())
    })
}
