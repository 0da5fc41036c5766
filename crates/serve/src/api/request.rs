//! What `POST /predict` takes.

use super::Bounded;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroU32;
use utoipa::ToSchema;

/// A text, or the texts of the columns that the model learned from, in their order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Text {
    /// One text.
    One(String),
    /// One text per column.
    Fields(Vec<String>),
}

impl Text {
    pub(crate) fn into_fields(self) -> Vec<String> {
        match self {
            Self::One(text) => vec![text],
            Self::Fields(fields) => fields,
        }
    }
}

/// More columns than any table of texts has.
const MOST_FIELDS: usize = 1_000;

// Written out for the sake of its messages: a derived one says "did not match any variant".
impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, or a list of the texts of the columns")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Text, E> {
        Ok(Text::One(text.to_owned()))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Text, E> {
        Ok(Text::One(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Text, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = list.next_element()? {
            if fields.len() == MOST_FIELDS {
                return Err(A::Error::custom("a text has too many fields"));
            }
            fields.push(field);
        }
        if fields.is_empty() {
            return Err(A::Error::custom("a text has no fields"));
        }
        Ok(Text::Fields(fields))
    }
}

/// A row of a table: column names and their values.
pub(crate) type Row = BTreeMap<String, Value>;

/// Which of a model's reading directions to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum DirectionName {
    /// From the first word to the last.
    Forward,
    /// From the last word to the first.
    Backward,
    /// The mean of both.
    Both,
}

/// What may accompany texts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    pub(crate) model: Option<String>,
    pub(crate) top: Option<NonZeroU32>,
    pub(crate) direction: Option<DirectionName>,
}

/// The body of `POST /predict`; one of `text`, `texts` and `rows` is given.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PredictRequest {
    pub(crate) text: Option<Text>,
    pub(crate) texts: Option<Bounded<Text>>,
    pub(crate) rows: Option<Bounded<Row>>,
    model: Option<String>,
    top: Option<NonZeroU32>,
    direction: Option<DirectionName>,
}

impl PredictRequest {
    pub(crate) fn options(&self) -> Options {
        Options { model: self.model.clone(), top: self.top, direction: self.direction }
    }
}

/// The query of a stream, which has its texts in the body.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StreamOptions {
    model: Option<String>,
    top: Option<NonZeroU32>,
    direction: Option<DirectionName>,
}

impl From<StreamOptions> for Options {
    fn from(options: StreamOptions) -> Self {
        let StreamOptions { model, top, direction } = options;
        Self { model, top, direction }
    }
}

/// One text.
#[derive(Serialize, ToSchema)]
#[schema(as = OneText)]
#[serde(deny_unknown_fields)]
pub(crate) struct One {
    text: Text,
    /// Name of the model; the first of the server unless it is given.
    #[schema(nullable = false)]
    model: Option<String>,
    /// Only the probabilities of so many likeliest labels, the likeliest first.
    #[schema(nullable = false, minimum = 1, value_type = Option<u32>)]
    top: Option<NonZeroU32>,
    /// Only this direction of a model that has both.
    #[schema(nullable = false)]
    direction: Option<DirectionName>,
}

/// Several texts.
#[derive(Serialize, ToSchema)]
#[schema(as = SeveralTexts)]
#[serde(deny_unknown_fields)]
pub(crate) struct Many {
    #[schema(min_items = 1)]
    texts: Vec<Text>,
    /// Name of the model; the first of the server unless it is given.
    #[schema(nullable = false)]
    model: Option<String>,
    /// Only the probabilities of so many likeliest labels, the likeliest first.
    #[schema(nullable = false, minimum = 1, value_type = Option<u32>)]
    top: Option<NonZeroU32>,
    /// Only this direction of a model that has both.
    #[schema(nullable = false)]
    direction: Option<DirectionName>,
}

/// Rows of a table, by the names of the columns that the model learned from (`text` if these had
/// none). Other columns may be there.
#[derive(Serialize, ToSchema)]
#[schema(as = TableRows)]
#[serde(deny_unknown_fields)]
#[allow(clippy::struct_field_names, reason = "the names are those of the JSON")]
pub(crate) struct Rows {
    #[schema(min_items = 1)]
    rows: Vec<BTreeMap<String, String>>,
    /// Name of the model; the first of the server unless it is given.
    #[schema(nullable = false)]
    model: Option<String>,
    /// Only the probabilities of so many likeliest labels, the likeliest first.
    #[schema(nullable = false, minimum = 1, value_type = Option<u32>)]
    top: Option<NonZeroU32>,
    /// Only this direction of a model that has both.
    #[schema(nullable = false)]
    direction: Option<DirectionName>,
}
