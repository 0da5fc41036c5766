//! What `POST /predict` gives.

use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroU32;
use ulmfit::models::Probabilities;
use ulmfit::{Prediction, PreparedText};
use utoipa::ToSchema;

/// The model that answered.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct ModelName {
    /// Its name here.
    pub(crate) name: String,
    /// Hash of its folder: equal for equal models.
    pub(crate) hash: String,
}

/// The answer: an element per text, in order.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Answer {
    /// Version of this format.
    pub(crate) schema: u32,
    pub(crate) model: ModelName,
    #[schema(value_type = Vec<ElementFields>)]
    pub(crate) predictions: Vec<Element>,
}

/// What `ulmfit predict` prints of a text, and how the model saw it.
#[derive(Debug, Serialize)]
pub(crate) struct Element {
    #[serde(flatten)]
    pub(crate) prediction: Prediction,
    tokens: usize,
    tokens_pooled: usize,
    unknown: usize,
}

impl Element {
    pub(crate) fn new(found: Prediction, text: &Seen, top: Option<NonZeroU32>) -> Self {
        Self {
            prediction: likeliest(found, top),
            tokens: text.tokens,
            tokens_pooled: text.pooled,
            unknown: text.unknown,
        }
    }
}

/// How the model saw a text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    tokens: usize,
    pooled: usize,
    unknown: usize,
}

impl From<&PreparedText> for Seen {
    fn from(text: &PreparedText) -> Self {
        Self { tokens: text.tokens(), pooled: text.pooled(), unknown: text.unknown() }
    }
}

/// Keeps the likeliest labels, the likeliest first; equal ones stay in the order of the labels.
fn likeliest(mut found: Prediction, top: Option<NonZeroU32>) -> Prediction {
    let Some(top) = top else { return found };
    if let Prediction::Single { probabilities, .. } | Prediction::Multi { probabilities, .. } =
        &mut found
    {
        probabilities.0.sort_by(|a, b| b.1.total_cmp(&a.1));
        probabilities.0.truncate(top.get() as usize);
    }
    found
}

/// What `ulmfit predict` prints of a text, and how the model saw it.
///
/// A model that predicts one label gives `label`, one that predicts several gives `labels`; both give
/// `confidence` and `probabilities`. A model that predicts a number gives `value` alone.
#[derive(Serialize, ToSchema)]
#[schema(as = Prediction)]
#[allow(dead_code, reason = "it describes `Element`, whose parts are of another crate")]
pub(crate) struct ElementFields {
    /// The likeliest label.
    #[schema(nullable = false)]
    label: Option<String>,
    /// All labels whose probability is at least one half.
    #[schema(nullable = false)]
    labels: Option<Vec<String>>,
    /// How sure the model is, from 0 to 1.
    #[schema(nullable = false)]
    confidence: Option<f32>,
    /// Probability of each label.
    #[schema(nullable = false)]
    probabilities: Option<BTreeMap<String, f32>>,
    /// The number predicted.
    #[schema(nullable = false)]
    value: Option<f32>,
    /// Tokens of the text; all are read.
    tokens: usize,
    /// Tokens whose states are pooled for the answer: the last ones of a long text.
    tokens_pooled: usize,
    /// Tokens that the vocabulary lacks.
    unknown: usize,
}

/// An answer on the side of the client.
#[derive(Debug, Deserialize)]
pub(crate) struct Received {
    pub(crate) model: ModelName,
    pub(crate) predictions: Vec<ReceivedElement>,
}

/// An element on the side of the client.
#[derive(Debug, Deserialize)]
pub(crate) struct ReceivedElement {
    label: Option<String>,
    labels: Option<Vec<String>>,
    confidence: Option<f32>,
    probabilities: Option<ReceivedProbabilities>,
    value: Option<f32>,
}

impl ReceivedElement {
    /// The prediction; none if a part of it is missing.
    pub(crate) fn into_prediction(self) -> Option<Prediction> {
        if let Some(value) = self.value {
            return Some(Prediction::Regression { value });
        }
        let (confidence, probabilities) = (self.confidence?, self.probabilities?.0);
        Some(match (self.label, self.labels) {
            (Some(label), _) => Prediction::Single { label, confidence, probabilities },
            (None, Some(labels)) => Prediction::Multi { labels, confidence, probabilities },
            (None, None) => return None,
        })
    }
}

/// A map in its own order, with numbers read as the 32-bit ones they were.
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

    const SEEN: Seen = Seen { tokens: 5, pooled: 4, unknown: 1 };

    #[test]
    fn an_element_is_what_predict_prints_and_more() {
        let found = single(&[("a", 1.0e-8), ("b", 0.6), ("c", 0.3)]);
        let printed = serde_json::to_string(&found).unwrap();
        let element = serde_json::to_string(&Element::new(found, &SEEN, None)).unwrap();
        let more = r#","tokens":5,"tokens_pooled":4,"unknown":1}"#;
        assert_eq!(element, printed.strip_suffix('}').unwrap().to_owned() + more);
    }

    #[test]
    fn the_likeliest_come_first() {
        let found = single(&[("a", 0.1), ("b", 0.6), ("c", 0.3)]);
        let element = Element::new(found, &SEEN, NonZeroU32::new(2));
        assert_eq!(element.prediction.probabilities(), [("b".into(), 0.6), ("c".into(), 0.3)]);
    }

    #[test]
    fn a_client_reads_the_very_numbers() {
        for n in 0..20_000_u32 {
            let p = f32::from_bits(0x3f80_0000 - n * 49_999);
            let found = single(&[("z", p), ("a", p / 3.0)]);
            let sent = serde_json::to_string(&Element::new(found.clone(), &SEEN, None)).unwrap();
            let received: ReceivedElement = serde_json::from_str(&sent).unwrap();
            assert_eq!(received.into_prediction(), Some(found));
        }
        let value = Prediction::Regression { value: -3.25e-7 };
        let sent = serde_json::to_string(&Element::new(value.clone(), &SEEN, None)).unwrap();
        let received: ReceivedElement = serde_json::from_str(&sent).unwrap();
        assert_eq!(received.into_prediction(), Some(value));
    }
}
