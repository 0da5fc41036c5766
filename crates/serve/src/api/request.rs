//! The request of `POST /predict`.

use super::Bounded;
use super::field::{Field, FromOne, Share, word};
use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroU32;
use ulmfit::ExplainMethod;
use ulmfit::decisions::Rule;
use utoipa::ToSchema;

/// A text, or one text for each column that the model was trained on, in their order.
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

/// No table of texts has more columns.
const MOST_FIELDS: usize = 1_000;

// Written by hand for better messages: a derived one says "did not match any variant".
impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, or a list with one text per column")
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum DirectionName {
    /// From the first word to the last.
    Forward,
    /// From the last word to the first.
    Backward,
    /// The mean of both.
    Both,
}

/// How the weights of words are computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ExplainName {
    /// In one pass.
    Fast,
    /// Of a sentence encoder by integrated gradients, which take about 30 passes.
    Gradients,
    /// Each word is left out in turn, which takes a pass for each.
    Exact,
}

impl Field for DirectionName {
    const EXPECTED: &str = "`forward`, `backward` or `both`";

    fn word(word: &str) -> Option<Self> {
        match word {
            "forward" => Some(Self::Forward),
            "backward" => Some(Self::Backward),
            "both" => Some(Self::Both),
            _ => None,
        }
    }
}

impl Field for ExplainName {
    const EXPECTED: &str = "`fast`, `gradients` or `exact`";

    fn word(word: &str) -> Option<Self> {
        match word {
            "fast" => Some(Self::Fast),
            "gradients" => Some(Self::Gradients),
            "exact" => Some(Self::Exact),
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for DirectionName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        word(deserializer)
    }
}

impl<'de> Deserialize<'de> for ExplainName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        word(deserializer)
    }
}

impl From<ExplainName> for ExplainMethod {
    fn from(name: ExplainName) -> Self {
        match name {
            ExplainName::Fast => Self::Fast,
            ExplainName::Gradients => Self::Gradients,
            ExplainName::Exact => Self::Exact,
        }
    }
}

/// Options of a request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    pub(crate) model: Option<String>,
    pub(crate) top: Option<NonZeroU32>,
    pub(crate) direction: Option<DirectionName>,
    pub(crate) explain: Option<ExplainName>,
    pub(crate) rule: RuleOptions,
}

/// When the model should answer; at most one of the first three is given.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RuleOptions {
    pub(crate) threshold: Option<f64>,
    pub(crate) max_error: Option<f64>,
    pub(crate) coverage: Option<f64>,
    pub(crate) per_class: bool,
}

impl RuleOptions {
    fn given(
        threshold: Option<Share>,
        max_error: Option<Share>,
        coverage: Option<Share>,
        per_class: Option<bool>,
    ) -> Self {
        let [threshold, max_error, coverage] =
            [threshold, max_error, coverage].map(|share| share.map(|of| of.0));
        Self { threshold, max_error, coverage, per_class: per_class.unwrap_or(false) }
    }

    /// The rule, if there is one.
    ///
    /// # Errors
    /// What is wrong with the options.
    pub(crate) fn rule(self) -> Result<Option<Rule>, &'static str> {
        let Self { threshold, max_error, coverage, per_class } = self;
        match (threshold, max_error, coverage) {
            (None, None, Some(share)) => Ok(Some(Rule::Coverage { share, per_class })),
            _ if per_class => Err("`per_class` has no effect without `coverage`"),
            (None, None, None) => Ok(None),
            // what is beyond 0 or 1 by less than an f32 tells apart
            (Some(least), None, None)
                if (0.0..=1.0).contains(&(least as f32)) && !(0.0..=1.0).contains(&least) =>
            {
                Err("`threshold` is not between 0 and 1")
            }
            (Some(least), None, None) => Ok(Some(Rule::Threshold(least as f32))),
            (None, Some(most), None) => Ok(Some(Rule::MaxError(most))),
            _ => Err("more than one of `threshold`, `max_error` and `coverage`"),
        }
    }
}

/// What a request consists of: its own fields, and the options that all have. `serde` could flatten them, but then it
/// would hold unknown fields in memory, not say which fields there are, and read no numbers from a query.
macro_rules! with_options {
    ($(#[$about:meta])* struct $name:ident { $($field:ident: $kind:ty,)* }) => {
        $(#[$about])*
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct $name {
            $(pub(crate) $field: $kind,)*
            model: Option<String>,
            top: Option<FromOne>,
            direction: Option<DirectionName>,
            explain: Option<ExplainName>,
            threshold: Option<Share>,
            max_error: Option<Share>,
            coverage: Option<Share>,
            per_class: Option<bool>,
        }

        impl $name {
            /// The options.
            pub(crate) fn options(&self) -> Options {
                let &Self { top, direction, explain, .. } = self;
                let &Self { threshold, max_error, coverage, per_class, .. } = self;
                let rule = RuleOptions::given(threshold, max_error, coverage, per_class);
                let top = top.map(|top| top.0);
                Options { model: self.model.clone(), top, direction, explain, rule }
            }
        }
    };
}

with_options! {
    /// The body of `POST /predict`; exactly one of `text`, `texts` and `rows` is given.
    struct PredictRequest {
        text: Option<Text>,
        texts: Option<Bounded<Text>>,
        rows: Option<Bounded<Row>>,
    }
}

with_options! {
    /// The query of a stream, whose body holds the texts.
    struct StreamOptions {}
}

/// Describes a body of `POST /predict`: its own field, and the options.
macro_rules! described {
    ($(#[$about:meta])* struct $name:ident { $(#[$of:meta])* $field:ident: $($kind:tt)+ }) => {
        #[derive(Serialize, ToSchema)]
        $(#[$about])*
        #[serde(deny_unknown_fields)]
        pub(crate) struct $name {
            $(#[$of])*
            $field: $($kind)+,
            /// Name of the model (default: the server's first).
            model: Option<String>,
            /// Return only this many probabilities: those of the most probable labels, the most probable first.
            #[schema(minimum = 1, value_type = Option<u32>)]
            top: Option<NonZeroU32>,
            /// Use only this direction of a model that has both.
            direction: Option<DirectionName>,
            /// Return the words of the text with what each did to the answer.
            explain: Option<ExplainName>,
            /// Answer only with at least this confidence.
            #[schema(minimum = 0, maximum = 1)]
            threshold: Option<f32>,
            /// Answer only as many texts that at most this share of the answers is wrong, by the model's calibration.
            #[schema(exclusive_minimum = 0, exclusive_maximum = 1)]
            max_error: Option<f64>,
            /// Return a set of labels (for numbers, an interval) that contains the right one with this
            /// probability, by the model's calibration.
            #[schema(exclusive_minimum = 0, exclusive_maximum = 1)]
            coverage: Option<f64>,
            /// With `coverage`: guarantee it for each class.
            per_class: Option<bool>,
        }
    };
}

described! {
    /// One text.
    #[schema(as = OneText)]
    struct One { text: Text }
}

described! {
    /// Several texts.
    #[schema(as = SeveralTexts)]
    struct Many {
        #[schema(min_items = 1)]
        texts: Vec<Text>
    }
}

described! {
    /// Rows of a table, with the names of the columns that the model was trained on (`text` if they had
    /// no names). Other columns are ignored.
    #[schema(as = TableRows)]
    #[allow(clippy::struct_field_names, reason = "the names are those of the JSON")]
    struct Rows {
        #[schema(min_items = 1)]
        rows: Vec<BTreeMap<String, String>>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_is_between_0_and_1_to_the_last_digit() {
        let rule = |least| RuleOptions::given(Some(Share(least)), None, None, None).rule();
        for outside in [-4.6e-52, 1.000_000_000_1] {
            assert!(rule(outside).is_err(), "{outside}");
        }
        for inside in [0.0, 0.5, 1.0] {
            assert_eq!(rule(inside), Ok(Some(Rule::Threshold(inside as f32))));
        }
    }
}
