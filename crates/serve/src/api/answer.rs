//! The response of `POST /predict`.

use super::Word;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroU32;
use ulmfit::models::Probabilities;
use ulmfit::{Decision, Prediction, PreparedText};
use utoipa::ToSchema;

/// The model that answered.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct ModelName {
    /// Its name on this server.
    pub(crate) name: String,
    /// Hash of its folder; the same models have the same hash.
    pub(crate) hash: String,
}

/// The answer: one element per text, in order.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Answer {
    /// Version of this format.
    pub(crate) schema: u32,
    pub(crate) model: ModelName,
    /// What the rule of the request guarantees.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) rule: Option<Promise>,
    #[schema(value_type = Vec<ElementFields>)]
    pub(crate) predictions: Vec<Element>,
}

/// What a rule guarantees, and what it cannot.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Promise {
    /// The guarantee in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) promise: Option<String>,
    /// What it cannot guarantee.
    pub(crate) warnings: Vec<String>,
}

/// What `ulmfit predict` prints for a text, and how much of it the model read.
#[derive(Debug)]
pub(crate) struct Element {
    prediction: Prediction,
    decision: Option<Verdict>,
    words: Option<Vec<Word>>,
    seen: Seen,
}

/// What a rule says about a prediction.
#[derive(Debug)]
struct Verdict {
    abstained: bool,
    set: Option<Vec<String>>,
    interval: Option<[f32; 2]>,
}

impl Element {
    pub(crate) fn new(
        found: Prediction,
        decision: Option<Decision>,
        seen: &Seen,
        top: Option<NonZeroU32>,
    ) -> Self {
        let (found, decision) = match decision {
            None => (found, None),
            Some(Decision { prediction, abstained, set, interval, no_known_word: _ }) => {
                (prediction, Some(Verdict { abstained, set, interval }))
            }
        };
        let prediction = match top {
            Some(top) => found.likeliest(top.get() as usize),
            None => found,
        };
        Self { prediction, decision, words: None, seen: *seen }
    }

    /// With the words of an explanation, if there is one.
    pub(crate) fn with_words(self, words: Option<Vec<Word>>) -> Self {
        Self { words, ..self }
    }
}

impl Serialize for Element {
    /// In the order of `predict`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let withheld = self.decision.as_ref().is_some_and(|decision| decision.abstained);
        match &self.prediction {
            Prediction::Single { label, confidence, .. } => {
                map.serialize_entry("label", &Some(label).filter(|_| !withheld))?;
                map.serialize_entry("confidence", confidence)?;
            }
            Prediction::Multi { labels, confidence, .. } => {
                map.serialize_entry("labels", labels)?;
                map.serialize_entry("confidence", confidence)?;
            }
            Prediction::Regression { value } => {
                map.serialize_entry("value", &Some(value).filter(|_| !withheld))?;
            }
        }
        let is_number = matches!(self.prediction, Prediction::Regression { .. });
        if let Some(Verdict { abstained, set, interval }) = &self.decision {
            map.serialize_entry("abstained", abstained)?;
            if let Some(set) = set {
                map.serialize_entry("set", set)?;
            }
            if is_number {
                map.serialize_entry("interval", interval)?;
            }
        }
        if let Prediction::Single { probabilities, .. } | Prediction::Multi { probabilities, .. } =
            &self.prediction
        {
            map.serialize_entry("probabilities", probabilities)?;
        }
        if let Some(words) = &self.words {
            map.serialize_entry("explanation", words)?;
        }
        if self.seen.is_silent {
            map.serialize_entry("no_known_word", &true)?;
        }
        map.serialize_entry("tokens", &self.seen.tokens)?;
        map.serialize_entry("tokens_pooled", &self.seen.pooled)?;
        map.serialize_entry("unknown", &self.seen.unknown)?;
        map.end()
    }
}

/// How much of a text the model read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    tokens: usize,
    pooled: usize,
    unknown: usize,
    /// The text has no word that the model knows.
    is_silent: bool,
}

impl From<&PreparedText> for Seen {
    fn from(text: &PreparedText) -> Self {
        Self {
            tokens: text.tokens(),
            pooled: text.pooled(),
            unknown: text.unknown(),
            is_silent: !text.knows_a_word(),
        }
    }
}

/// What `ulmfit predict` prints for a text, and how much of it the model read.
///
/// A model that predicts one label gives `label`, one that predicts several gives `labels`; both give
/// `confidence` and `probabilities`. A model that predicts a number gives `value` alone.
#[derive(Serialize, ToSchema)]
#[schema(as = Prediction)]
#[allow(dead_code, reason = "it describes `Element`, whose parts are of another crate")]
pub(crate) struct ElementFields {
    /// The most probable label; null if a rule withholds it.
    label: Option<String>,
    /// All labels with a probability of at least 0.5.
    #[schema(nullable = false)]
    labels: Option<Vec<String>>,
    /// Confidence of the model, from 0 to 1.
    #[schema(nullable = false)]
    confidence: Option<f32>,
    /// Probability of each label.
    #[schema(nullable = false)]
    probabilities: Option<BTreeMap<String, f32>>,
    /// The predicted number; null if a rule withholds it.
    value: Option<f32>,
    /// Under a rule: whether a person should look at the text instead.
    #[schema(nullable = false)]
    abstained: Option<bool>,
    /// Under `coverage`: labels that may be right, the most probable first.
    #[schema(nullable = false)]
    set: Option<Vec<String>>,
    /// Under `coverage`: an interval around the number.
    interval: Option<[f32; 2]>,
    /// Under `explain`: the words of the text, in order.
    #[schema(nullable = false)]
    explanation: Option<Vec<Word>>,
    /// Tokens of the text; the model reads all of them.
    tokens: usize,
    /// Tokens whose states are pooled: in a long text, the last ones.
    tokens_pooled: usize,
    /// Tokens that are not in the vocabulary.
    unknown: usize,
    /// True where the text has no word that the model knows (it is empty, for instance), so that the answer
    /// rests on nothing; otherwise absent.
    #[schema(nullable = false)]
    no_known_word: Option<bool>,
}

/// An answer, as the client reads it.
#[derive(Debug, Deserialize)]
pub(crate) struct Received {
    pub(crate) model: ModelName,
    pub(crate) rule: Option<Promise>,
    pub(crate) predictions: Vec<ReceivedElement>,
}

/// An element, as the client reads it.
#[derive(Debug, Deserialize)]
pub(crate) struct ReceivedElement {
    label: Option<String>,
    labels: Option<Vec<String>>,
    confidence: Option<f32>,
    probabilities: Option<ReceivedProbabilities>,
    value: Option<f32>,
    abstained: Option<bool>,
    set: Option<Vec<String>>,
    interval: Option<[f32; 2]>,
    #[serde(default)]
    no_known_word: bool,
}

impl ReceivedElement {
    /// The prediction and what a rule says about it; `None` if a field is missing. A withheld label is
    /// empty, a withheld number zero.
    pub(crate) fn into_decision(self) -> Option<Decision> {
        let abstained = self.abstained.unwrap_or(false);
        let prediction = match (self.confidence, self.probabilities) {
            (Some(confidence), Some(ReceivedProbabilities(probabilities))) => {
                match (self.label, self.labels) {
                    (None, Some(labels)) => Prediction::Multi { labels, confidence, probabilities },
                    (None, None) if !abstained => return None,
                    (label, _) => {
                        let label = label.unwrap_or_default();
                        Prediction::Single { label, confidence, probabilities }
                    }
                }
            }
            _ => match self.value {
                None if !abstained => return None,
                value => Prediction::Regression { value: value.unwrap_or_default() },
            },
        };
        let Self { set, interval, no_known_word, .. } = self;
        Some(Decision { prediction, abstained, set, interval, no_known_word })
    }
}

/// A map that keeps its order, with numbers read as the 32-bit floats that they were.
#[derive(Debug)]
struct ReceivedProbabilities(Probabilities);

impl<'de> Deserialize<'de> for ReceivedProbabilities {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Pairs)
    }
}

struct Pairs;

impl<'de> Visitor<'de> for Pairs {
    type Value = ReceivedProbabilities;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("labels with their probabilities")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(ReceivedProbabilities(Probabilities(pairs)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn single(probabilities: &[(&str, f32)]) -> Prediction {
        let pairs = probabilities.iter().map(|(name, p)| ((*name).to_owned(), *p)).collect();
        let (label, confidence) = ("b".to_owned(), 0.6);
        Prediction::Single { label, confidence, probabilities: Probabilities(pairs) }
    }

    const SEEN: Seen = Seen { tokens: 5, pooled: 4, unknown: 1, is_silent: false };

    #[test]
    fn an_element_is_what_predict_prints_and_more() {
        let found = single(&[("a", 1.0e-8), ("b", 0.6), ("c", 0.3)]);
        let printed = serde_json::to_string(&found).unwrap();
        let element = serde_json::to_string(&Element::new(found, None, &SEEN, None)).unwrap();
        let more = r#","tokens":5,"tokens_pooled":4,"unknown":1}"#;
        assert_eq!(element, printed.strip_suffix('}').unwrap().to_owned() + more);
    }

    #[test]
    fn the_likeliest_come_first() {
        let found = single(&[("a", 0.1), ("b", 0.6), ("c", 0.3)]);
        let element = Element::new(found, None, &SEEN, NonZeroU32::new(2));
        assert_eq!(element.prediction.probabilities(), [("b".into(), 0.6), ("c".into(), 0.3)]);
    }

    #[test]
    fn a_client_reads_the_very_numbers() {
        for n in 0..20_000_u32 {
            let p = f32::from_bits(0x3f80_0000 - n * 49_999);
            let found = single(&[("z", p), ("a", p / 3.0)]);
            let sent =
                serde_json::to_string(&Element::new(found.clone(), None, &SEEN, None)).unwrap();
            let received: ReceivedElement = serde_json::from_str(&sent).unwrap();
            assert_eq!(received.into_decision().unwrap().prediction, found);
        }
        let value = Prediction::Regression { value: -3.25e-7 };
        let sent = serde_json::to_string(&Element::new(value.clone(), None, &SEEN, None)).unwrap();
        let received: ReceivedElement = serde_json::from_str(&sent).unwrap();
        assert_eq!(received.into_decision().unwrap().prediction, value);
    }
}
