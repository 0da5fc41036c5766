//! Summary of a model folder.

use super::config::{ModelConfig, NetworkConfig, PartConfig};
use super::folder::read_config;
use super::recurrent_text::load_text;
use crate::Error;
use crate::checkpoint::{Dtype, ModelFolder, peek_tensors, stored_as};
use crate::data::labels::{LabelKind, LabelSet};
use crate::model::AwdLstmConfig;
use crate::model::linear::LinearConfig;
use crate::model::transformer::TransformerConfig;
use crate::printable::{printable, shape};
use crate::text::Direction;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;

/// Labels that are named in text; the JSON has all.
const LABELS_SHOWN: usize = 10;

/// Summary of a model folder: sizes, labels, scores.
#[derive(Clone, Debug, Serialize)]
pub struct ModelSummary {
    /// `language model` or `classifier`.
    pub kind: &'static str,
    /// Reading directions, one network each.
    pub directions: Vec<Direction>,
    /// What a classifier predicts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<LabelKind>,
    /// Names of its labels; `None` for numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels: Option<Vec<String>>,
    /// Tokens of the vocabulary.
    pub vocabulary: usize,
    /// Weights of all networks, without the scales of their rows.
    pub weights: usize,
    /// How they are stored.
    pub storage: Dtype,
    /// Its main scores when it was made, if `run.json` has any.
    pub scores: Vec<MainScore>,
    /// The language model that its training began with, if `run.json` says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<BaseModel>,
    /// [`ModelFolder::hash`].
    pub hash: String,
    /// `config.json`.
    pub config: ModelConfig,
}

/// A number to compare models by.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MainScore {
    /// Name of the measure in `run.json`: `accuracy`, `subset_accuracy` (all labels right),
    /// `mae` or `perplexity`.
    pub measure: &'static str,
    /// Its value.
    pub value: f64,
    /// Its 95 % interval, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ci95: Option<[f64; 2]>,
    /// `test`, or `valid`: the split on which choices may have been made.
    pub on: &'static str,
    /// Number of rows; of tokens, if it is a perplexity.
    pub n: u64,
    /// Which network, if it is a perplexity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
}

/// The model that a training began with; `base` in `run.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BaseModel {
    /// Name of its folder, or `en`.
    pub name: String,
    /// Its [`ModelFolder::hash`].
    pub hash: String,
}

impl BaseModel {
    /// The model in a folder.
    pub fn of(folder: &ModelFolder) -> Self {
        let name = folder.path().file_name().unwrap_or_default().to_string_lossy().into_owned();
        Self { name, hash: folder.hash() }
    }
}

impl ModelSummary {
    /// Reads the summary of a folder.
    ///
    /// # Errors
    /// [`Error`] when files are missing or damaged. A `run.json` without scores is not an error.
    pub fn read(folder: &ModelFolder) -> Result<Self, Error> {
        let config = read_config(folder)?;
        let labels: Option<LabelSet> = match &config.network {
            NetworkConfig::LanguageModel(_) | NetworkConfig::SentenceEncoder(_) => None,
            NetworkConfig::Classifier(_)
            | NetworkConfig::SentenceClassifier(_)
            | NetworkConfig::LinearClassifier(_)
            | NetworkConfig::Portfolio(_) => {
                let path = folder.path().join("labels.json");
                let message = |error| format!("not valid: {error}");
                Some(
                    serde_json::from_slice(&folder.read("labels.json")?)
                        .map_err(|error| Error::Config { path, message: message(error) })?,
                )
            }
        };
        let parts = parts(folder, &config)?;
        let weights = parts.iter().map(|part| part.weights).sum();
        let storage = parts.first().map_or(Dtype::default(), |part| part.storage);
        let run: Value = match folder.read("run.json") {
            Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_default(),
            Err(_) => Value::Null,
        };
        // a compact model has the metadata of those it was made from
        let runs = run["runs"].as_array().map_or(std::slice::from_ref(&run), Vec::as_slice);
        let named = labels.as_ref().filter(|labels| labels.kind() != LabelKind::Regression);
        Ok(Self {
            kind: config.network.kind(),
            directions: config.directions.clone(),
            task: labels.as_ref().map(LabelSet::kind),
            labels: named.map(|labels| labels.names().to_vec()),
            vocabulary: parts.iter().map(|part| part.vocabulary).sum(),
            weights,
            storage,
            scores: runs.iter().flat_map(main_scores).collect(),
            base: runs.iter().find_map(|run| serde_json::from_value(run["base"].clone()).ok()),
            hash: folder.hash(),
            config,
        })
    }
}

/// What is counted in each part.
struct PartSummary {
    vocabulary: usize,
    weights: usize,
    storage: Dtype,
}

/// Those of a portfolio; the model itself where it has no parts.
fn parts(folder: &ModelFolder, config: &ModelConfig) -> Result<Vec<PartSummary>, Error> {
    if let NetworkConfig::Portfolio(portfolio) = &config.network {
        let read = |part: &PartConfig| {
            let own = folder.part(&part.name);
            parts(&own, &read_config(&own)?)
        };
        let found = portfolio.parts.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        return Ok(found.into_iter().flatten().collect());
    }
    let (storage, weights) = stored_as(&peek_tensors(&folder.read("model.safetensors")?)?);
    let vocabulary = match &config.network {
        NetworkConfig::SentenceEncoder(sizes) => sizes.vocab,
        NetworkConfig::SentenceClassifier(sizes) => sizes.encoder.vocab,
        NetworkConfig::LinearClassifier(sizes) => sizes.columns(),
        _ => load_text(folder, config)?.vocab().len(),
    };
    Ok(vec![PartSummary { vocabulary, weights, storage }])
}

/// The scores in a `run.json`.
fn main_scores(run: &Value) -> Vec<MainScore> {
    let perplexity = |score: &Value| {
        Some(MainScore {
            measure: "perplexity",
            value: score["perplexity"].as_f64()?,
            ci95: None,
            on: "valid",
            n: score["tokens"].as_u64()?,
            direction: serde_json::from_value(score["direction"].clone()).ok(),
        })
    };
    if let Some(scores) = run["metrics"].as_array() {
        return scores.iter().filter_map(perplexity).collect();
    }
    let scored = ["test", "valid"].map(|on| (on, &run["report"][on]));
    let measured = scored.into_iter().flat_map(|(on, scores)| {
        ["accuracy", "subset_accuracy", "mae"].into_iter().filter_map(move |measure| {
            let ci95 = &scores[format!("{measure}_ci95")];
            Some(MainScore {
                measure,
                value: scores[measure].as_f64()?,
                ci95: serde_json::from_value(ci95.clone()).ok(),
                on,
                n: scores["n"].as_u64()?,
                direction: None,
            })
        })
    });
    measured.take(1).collect()
}

impl fmt::Display for MainScore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.measure {
            "subset_accuracy" => "all labels right",
            "mae" => "mean absolute error",
            other => other,
        };
        let (factor, unit, digits) = match self.measure {
            "accuracy" | "subset_accuracy" => (100.0, " %", 2),
            "perplexity" => (1.0, "", 2),
            _ => (1.0, "", 4),
        };
        write!(f, "{name} {:.digits$}{unit}", self.value * factor)?;
        if let Some([low, high]) = self.ci95.map(|ci95| ci95.map(|end| end * factor)) {
            write!(f, " (95 % interval {low:.digits$} to {high:.digits$})")?;
        }
        let of_what = if self.direction.is_some() { "tokens" } else { "rows" };
        let on = if self.on == "test" { "test" } else { "validation" };
        write!(f, " on {} {on} {of_what}", self.n)?;
        self.direction.map_or(Ok(()), |direction| write!(f, ", {direction}"))
    }
}

fn recurrent(f: &mut fmt::Formatter<'_>, sizes: &AwdLstmConfig) -> fmt::Result {
    let AwdLstmConfig { emb, hid, layers, .. } = *sizes;
    writeln!(f, "encoder     embedding {emb}, width {hid}, {layers} layers")
}

fn transformer(f: &mut fmt::Formatter<'_>, sizes: &TransformerConfig) -> fmt::Result {
    let TransformerConfig { width, layers, heads, piece, .. } = *sizes;
    writeln!(
        f,
        "encoder     transformer, width {width}, {layers} layers of {heads} heads, pieces of {piece} tokens"
    )
}

impl fmt::Display for ModelSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let directions: Vec<String> = self.directions.iter().map(ToString::to_string).collect();
        if directions.is_empty() {
            writeln!(f, "{}", self.kind)?;
        } else {
            writeln!(f, "{}, {}", self.kind, directions.join(" and "))?;
        }
        if let Some(task) = self.task {
            writeln!(f, "task        {}", serde_json::json!(task).as_str().unwrap_or_default())?;
        }
        if let Some(labels) = &self.labels {
            let shown = &labels[..labels.len().min(LABELS_SHOWN)];
            let more = if shown.len() < labels.len() { ", ..." } else { "" };
            writeln!(f, "labels      {}: {}{more}", labels.len(), printable(&shown.join(", ")))?;
        }
        let tokenizer = match (&self.config.text, &self.config.network) {
            (Some(text), _) => text.tokenizer.kind(),
            (None, NetworkConfig::LinearClassifier(_)) => "n-grams",
            (None, _) => "pieces",
        };
        writeln!(f, "vocabulary  {} {tokenizer}", self.vocabulary)?;
        match &self.config.network {
            NetworkConfig::LanguageModel(encoder) => recurrent(f, encoder)?,
            NetworkConfig::Classifier(network) => {
                recurrent(f, &network.encoder)?;
                let (hidden, classes) = (shape(&network.head.hidden), network.classes);
                writeln!(f, "head        {hidden} to {classes} outputs")?;
            }
            NetworkConfig::SentenceEncoder(encoder) => transformer(f, encoder)?,
            NetworkConfig::SentenceClassifier(network) => {
                transformer(f, &network.encoder)?;
                writeln!(f, "head        linear, {} outputs", network.classes)?;
            }
            NetworkConfig::LinearClassifier(network) => {
                let LinearConfig { words, chars, classes, .. } = network;
                writeln!(f, "encoder     TF-IDF, {words} n-grams of words, {chars} of characters")?;
                writeln!(f, "head        linear, {classes} outputs")?;
            }
            NetworkConfig::Portfolio(portfolio) => {
                for PartConfig { name, weight } in &portfolio.parts {
                    writeln!(f, "part        {name}, weight {weight:.3}")?;
                }
            }
        }
        let storage = self.storage;
        writeln!(f, "weights     {}, stored as {storage}", self.weights)?;
        self.scores.iter().try_for_each(|score| writeln!(f, "score       {score}"))?;
        if let Some(BaseModel { name, hash }) = &self.base {
            writeln!(f, "base        {}", printable(&format!("{name}, {hash}")))?;
        }
        writeln!(f, "hash        {}", self.hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_score_is_that_of_the_test_rows_if_there_are_any() {
        let valid = json!({ "n": 20, "accuracy": 0.5, "accuracy_ci95": [0.25, 0.75] });
        let test = json!({ "n": 30, "accuracy": 0.9, "accuracy_ci95": [0.8, 0.95] });
        let said =
            |run: &Value| main_scores(run).iter().map(ToString::to_string).collect::<Vec<_>>();
        let both = json!({ "report": { "test": test, "valid": valid } });
        let text = "accuracy 90.00 % (95 % interval 80.00 to 95.00) on 30 test rows";
        assert_eq!(said(&both), [text]);
        let text = "accuracy 50.00 % (95 % interval 25.00 to 75.00) on 20 validation rows";
        assert_eq!(said(&json!({ "report": { "test": null, "valid": valid } })), [text]);
        let numbers = json!({ "report": { "test": { "n": 4, "mae": 0.5 } } });
        assert_eq!(said(&numbers), ["mean absolute error 0.5000 on 4 test rows"]);
        let language = json!({ "metrics": [
            { "direction": "backward", "perplexity": 40.5, "tokens": 100, "loss": 3.7 }
        ] });
        assert_eq!(said(&language), ["perplexity 40.50 on 100 validation tokens, backward"]);
        assert!(main_scores(&Value::Null).is_empty());
    }
}
