//! Settings that differ from those that a run began with, in the user's words.

use serde_json::Value;
use std::fmt;

/// Longer values are not shown.
const MAX_SHOWN: usize = 40;

/// One setting that has changed.
#[derive(Clone, Debug, PartialEq)]
pub struct ConfigDifference {
    /// Dotted path of the setting in `config.json`, `recipe.lr`.
    pub key: String,
    /// Value in the run folder; `None` if it was not there.
    pub stored: Option<Value>,
    /// Value given now; `None` if it is not there.
    pub given: Option<Value>,
}

impl ConfigDifference {
    /// Whether one of the values is a hash, which is not worth showing.
    fn is_of_hashes(&self) -> bool {
        let hash = |text: &str| {
            text.len() >= 16
                && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        };
        [&self.stored, &self.given].into_iter().flatten().filter_map(Value::as_str).any(hash)
    }

    /// Whether it only follows from another one in the list.
    fn follows_from(&self, all: &[Self]) -> bool {
        let other = |key: &str| all.iter().any(|other| other.key.starts_with(key));
        match self.key.as_str() {
            "train" | "valid" | "vocabulary" if other("seed") => true, // splits and holds out
            "start" => other("seed") || other("sizes") || other("network"),
            "sizes.vocab" | "network.encoder.vocab" => other("vocabulary") || other("start"),
            "network.seq-len" | "network.max-len" => other("recipe"),
            "valid.rows" => other("texts.rows"),
            "valid.one_in" => true,
            "valid.key" => self.stored.is_none() || self.given.is_none(), // texts came or went
            _ => false,
        }
    }

    /// What has changed, where the values themselves say nothing.
    fn in_words(&self) -> Option<String> {
        let text = match self.key.as_str() {
            "start" | "tokenizer.base" => "a different base model",
            "vocabulary" => "another vocabulary",
            "train" => "a different training set",
            "valid" => "a different validation set",
            "texts.rows" => "different rows, or a different split of them (seed, shares)",
            "valid.rows" => "different validation rows",
            "valid.key" => "another seed",
            "reading" => "different options for reading the files", // runs before these were listed
            key => {
                let file = key.strip_prefix("texts.").or_else(|| key.strip_prefix("valid."))?;
                let (_, name) = file.split_once(": ")?;
                return Some(match (&self.stored, &self.given) {
                    (None, _) => format!("`{name}` was not given"),
                    (_, None) => format!("`{name}` is not given now"),
                    _ => format!("`{name}` has changed"),
                });
            }
        };
        Some(text.to_owned())
    }

    /// The name of the setting's option, or its path in the recipe.
    fn name(&self) -> String {
        let option = match self.key.as_str() {
            "seed" => "seed",
            "balance" => "balance",
            "method" => "method",
            "time" => "time",
            "direction" => "direction",
            "network.head.hidden" => "head",
            "network.task" => "task",
            "tokenizer.language" => "language",
            "tokenizer.tokenizer.kind" => "tokenizer",
            "vocabulary.max_size" | "tokenizer.tokenizer.vocab_size" => "max-vocab",
            "vocabulary.min_freq" => "min-freq",
            "vocabulary.base_words" => "base-words",
            "rollback-every" => return "`checkpoint-every` of the rollback".to_owned(),
            "network.classes" => return "the number of labels".to_owned(),
            key => {
                let under = |part: &str| key.strip_prefix(part);
                return if let Some(field) = under("recipe.") {
                    format!("`{field}` of the recipe")
                } else if let Some(option) = under("reading.") {
                    format!("`{option}`")
                } else if let Some(size) = under("sizes.").or(under("network.encoder.")) {
                    format!("`{size}` of the network")
                } else {
                    format!("`{key}`")
                };
            }
        };
        format!("`{option}`")
    }
}

impl fmt::Display for ConfigDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unnamed = self.is_of_hashes() || matches!(self.key.as_str(), "valid.key" | "reading");
        if let Some(words) = self.in_words().filter(|_| unnamed) {
            return f.write_str(&words);
        }
        let name = self.name();
        let [stored, given] = [&self.stored, &self.given].map(|value| match value {
            None | Some(Value::Null) => "not set".to_owned(),
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
        });
        if self.is_of_hashes() || stored.len().max(given.len()) > MAX_SHOWN {
            write!(f, "{name} has changed")
        } else {
            write!(f, "{name} was {stored}, now {given}")
        }
    }
}

/// All differences in one line, each once, without those that only follow from another.
pub(super) fn list(differences: &[ConfigDifference]) -> String {
    let causes = differences.iter().filter(|difference| !difference.follows_from(differences));
    let mut texts: Vec<String> = Vec::new();
    for text in causes.map(ToString::to_string) {
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    if texts.is_empty() {
        texts = differences.iter().map(ToString::to_string).collect();
    }
    texts.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn said(differences: &[(&str, Value, Value)]) -> String {
        let known = |value: &Value| (!value.is_null()).then(|| value.clone());
        let differences: Vec<_> = differences
            .iter()
            .map(|(key, stored, given)| ConfigDifference {
                key: (*key).to_owned(),
                stored: known(stored),
                given: known(given),
            })
            .collect();
        list(&differences)
    }

    #[test]
    fn settings_are_named_as_they_are_given() {
        let (one, two) = ("0123456789abcdef", "fedcba9876543210");
        for (key, stored, given, text) in [
            ("recipe.lr", json!(0.01), json!(0.02), "`lr` of the recipe was 0.01, now 0.02"),
            ("recipe.clip", Value::Null, json!(1), "`clip` of the recipe was not set, now 1"),
            ("recipe.phase", json!(vec![1; 40]), json!([]), "`phase` of the recipe has changed"),
            ("seed", json!(1), json!(2), "`seed` was 1, now 2"),
            ("reading.text", json!(["a"]), json!(["b"]), "`text` was [\"a\"], now [\"b\"]"),
            ("vocabulary.min_freq", json!(3), json!(2), "`min-freq` was 3, now 2"),
            ("network.head.hidden", json!([50]), json!([]), "`head` was [50], now []"),
            ("sizes.emb", json!(400), json!(256), "`emb` of the network was 400, now 256"),
            ("vocabulary", json!(one), json!(two), "another vocabulary"),
            ("train", json!(one), json!(two), "a different training set"),
            ("start", json!(one), json!(two), "a different base model"),
            ("tokenizer.base", json!(one), json!(two), "a different base model"),
            ("texts.1: a.txt", json!(one), json!(two), "`a.txt` has changed"),
            ("texts.2: b.txt", Value::Null, json!(two), "`b.txt` was not given"),
            ("valid.1: c.txt", json!(one), Value::Null, "`c.txt` is not given now"),
            (
                "reading",
                json!("ReadOptions { text: [] }"),
                json!({}),
                "different options for reading the files",
            ),
        ] {
            assert_eq!(said(&[(key, stored, given)]), text);
        }
    }

    #[test]
    fn what_follows_from_another_difference_is_left_out() {
        let hashes = || (json!("0123456789abcdef"), json!("fedcba9876543210"));
        let hash = |key| (key, hashes().0, hashes().1);
        let seed = ("seed", json!(1), json!(2));
        let all = [seed, hash("start"), hash("train"), hash("valid")];
        assert_eq!(said(&all), "`seed` was 1, now 2");
        let held = [
            ("valid.1: v.txt", Value::Null, hashes().0),
            ("valid.key", hashes().0, Value::Null),
            ("valid.one_in", json!(10), Value::Null),
        ];
        assert_eq!(said(&held), "`v.txt` was not given");
        assert_eq!(said(&[hash("start"), hash("tokenizer.base")]), "a different base model");
        // a consequence whose cause is not listed is better than nothing
        assert_eq!(
            said(&[("valid.one_in", json!(10), json!(20))]),
            "`valid.one_in` was 10, now 20"
        );
    }
}
