//! Labels to numbers and back.

#[cfg(feature = "train")]
use std::collections::BTreeSet;
use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::label_kind::{LabelKind, Task};
use super::label_notices::{DELIMITERS, LabelNotice, is_joined, notices, same_spelling};
use crate::data::error::DataError;
use crate::data::place::Place;
use crate::data::record::{RawLabel, Record};

/// Unseen labels that a warning names.
const TOLD: usize = 5;

/// The labels of a task, each with its number; `labels.json` of a model folder.
///
/// Sorted as fastai sorts them, but by value if all are whole numbers (`2` before `10`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "LabelFile", into = "LabelFile")]
pub struct LabelSet {
    kind: LabelKind,
    names: Vec<String>,
    index: HashMap<String, u32>,
}

/// The length of the lists if all labels are lists of zeros and ones, one for each label.
///
/// Lists of names may be numbers, too, but do not repeat them, and differ in length.
pub(crate) fn multi_hot(records: &[Record]) -> Option<usize> {
    let is_flag = |name: &String| {
        matches!(name.as_str(), "0" | "1" | "0.0" | "1.0" | "true" | "false" | "True" | "False")
    };
    let mut length = None;
    for label in records.iter().filter_map(|record| record.label.as_ref()) {
        let RawLabel::Many(names) = label else { return None };
        let same = length.is_none_or(|length| length == names.len());
        if names.len() < 2 || !same || !names.iter().all(is_flag) {
            return None;
        }
        length = Some(names.len());
    }
    length
}

/// How labels are collected.
#[derive(Clone, Copy, Debug)]
pub struct LabelOptions {
    /// What is predicted.
    pub task: Task,
    /// Most labels taken for labels: a column of identifiers would make a huge useless model.
    pub max_labels: usize,
}

impl Default for LabelOptions {
    fn default() -> Self {
        Self { task: Task::Auto, max_labels: 10_000 }
    }
}

/// What a loss compares a prediction with.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// The number of the only class.
    Class(u32),
    /// The numbers of all classes, rising.
    Classes(Vec<u32>),
    /// A value to come near to.
    Value(f64),
}

impl LabelSet {
    /// The labels of `records`, which must all have one.
    ///
    /// # Errors
    /// [`DataError`] if a label is missing or does not suit the task, if there are too many, or
    /// only one.
    pub fn from_records(records: &[Record], options: &LabelOptions) -> Result<Self, DataError> {
        let kind = options.task.kind(records);
        if kind == LabelKind::Regression {
            for record in records {
                number(record)?;
            }
            return Ok(Self::from_names(kind, Vec::new()));
        }
        if let Some(length) = multi_hot(records) {
            return Err(DataError::MultiHot { place: records[0].place.clone(), length });
        }
        let mut rows: BTreeMap<&str, usize> = BTreeMap::new();
        for record in records {
            for name in names(kind, record)? {
                *rows.entry(name).or_default() += 1;
                if rows.len() > options.max_labels {
                    let (place, label) = (record.place.clone(), name.clone());
                    return Err(DataError::TooManyLabels {
                        place,
                        label,
                        limit: options.max_labels,
                    });
                }
            }
        }
        if let (true, Some(first)) = (rows.is_empty(), records.first()) {
            return Err(DataError::NoLabels { place: first.place.clone(), rows: records.len() });
        }
        if let (LabelKind::Single, 1, Some((label, rows))) =
            (kind, rows.len(), rows.first_key_value())
        {
            let place = records[0].place.clone();
            return Err(DataError::OneClass { place, label: (*label).to_owned(), rows: *rows });
        }
        let mut names: Vec<String> = rows.into_keys().map(str::to_owned).collect();
        if names.iter().all(|name| name.parse::<i64>().is_ok()) {
            names.sort_by_key(|name| name.parse::<i64>().unwrap_or_default());
        }
        Ok(Self::from_names(kind, names))
    }

    /// Labels of known names; those of a regression have none.
    pub fn from_names(kind: LabelKind, names: Vec<String>) -> Self {
        let index = names.iter().cloned().zip(0..).collect();
        Self { kind, names, index }
    }

    /// What is predicted.
    pub fn kind(&self) -> LabelKind {
        self.kind
    }

    /// The labels in the order of their numbers; `None` for regression.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The number of a label.
    pub fn index(&self, name: &str) -> Option<u32> {
        self.index.get(name).copied()
    }

    /// Number of model outputs: one for each label, one for regression.
    pub fn outputs(&self) -> usize {
        if self.kind == LabelKind::Regression { 1 } else { self.names.len() }
    }

    /// The target of one record.
    ///
    /// # Errors
    /// [`DataError`] if its label is missing, unknown, or does not suit the task.
    pub fn target(&self, record: &Record) -> Result<Target, DataError> {
        if self.kind == LabelKind::Regression {
            return number(record).map(Target::Value);
        }
        let mut classes = Vec::new();
        for name in names(self.kind, record)? {
            classes.push(self.index(name).ok_or_else(|| DataError::UnknownLabel {
                place: record.place.clone(),
                label: name.clone(),
                known: self.names.clone(),
            })?);
        }
        if self.kind == LabelKind::Single {
            return Ok(Target::Class(classes[0]));
        }
        classes.sort_unstable();
        classes.dedup();
        Ok(Target::Classes(classes))
    }

    /// These labels, followed by those of `records` that are not among them: for scoring a model that
    /// knows the former. It never predicts the latter, so their rows are errors.
    #[must_use]
    pub fn with_unseen(&self, records: &[Record]) -> Self {
        let mut names = self.names.clone();
        names.extend(self.unseen(records).into_keys().map(str::to_owned));
        Self::from_names(self.kind, names)
    }

    /// A warning about rows whose labels are not among these, if there are any.
    ///
    /// # Errors
    /// [`DataError`] if no row has a label of these, or labels do not suit the task.
    pub(crate) fn told_of_unseen(&self, records: &[Record]) -> Result<Option<String>, DataError> {
        let unseen = self.unseen(records);
        if unseen.is_empty() {
            return Ok(None);
        }
        let labels = records.iter().filter_map(|record| record.label.as_ref());
        if !labels.flat_map(RawLabel::names).any(|name| self.index(name).is_some()) {
            if let Some(length) = multi_hot(records) {
                return Err(DataError::MultiHot { place: records[0].place.clone(), length });
            }
            for record in records {
                self.target(record)?;
            }
        }
        let told = unseen.iter().take(TOLD).map(|(label, rows)| {
            let like = same_spelling(label, &self.names);
            let like = like.map(|name| format!(", perhaps `{name}`")).unwrap_or_default();
            format!("`{label}` ({rows}{like})")
        });
        let told = told.collect::<Vec<_>>().join(", ");
        let more = if unseen.len() > TOLD { ", ..." } else { "" };
        let rows: usize = unseen.values().sum();
        let what = match rows {
            1 => "1 label is unknown to the model and counts as an error".to_owned(),
            rows => format!("{rows} labels are unknown to the model and count as errors"),
        };
        let is_known = |name: &str| self.index(name).is_some();
        let several = |label: &&str| DELIMITERS.into_iter().any(|d| is_joined(label, d, is_known));
        let advice = match unseen.keys().any(several) {
            true if rows == 1 => "; it looks like several labels in one cell",
            true => "; some look like several labels in one cell",
            false => "",
        };
        Ok(Some(format!("{what}: {told}{more}{advice}")))
    }

    /// How many rows have each label that is not among these.
    fn unseen<'a>(&self, records: &'a [Record]) -> BTreeMap<&'a str, usize> {
        let mut unseen = BTreeMap::new();
        if self.kind == LabelKind::Regression {
            return unseen;
        }
        let labels = records.iter().filter_map(|record| record.label.as_ref());
        for name in labels.flat_map(RawLabel::names).filter(|name| self.index(name).is_none()) {
            *unseen.entry(name.as_str()).or_default() += 1;
        }
        unseen
    }

    #[cfg(feature = "train")]
    /// Labels that no record has.
    pub(crate) fn absent(&self, records: &[Record]) -> Vec<String> {
        let labels = records.iter().filter_map(|record| record.label.as_ref());
        let present: BTreeSet<&String> = labels.flat_map(RawLabel::names).collect();
        self.names.iter().filter(|name| !present.contains(name)).cloned().collect()
    }

    /// What deserves a look: labels that are hardly classes, single rows, and spelling variants.
    pub fn notices(&self, records: &[Record]) -> Vec<LabelNotice> {
        let mut rows = vec![0; self.names.len()];
        for name in
            records.iter().filter_map(|record| record.label.as_ref()).flat_map(RawLabel::names)
        {
            if let Some(index) = self.index(name) {
                rows[index as usize] += 1;
            }
        }
        notices(self.kind, self.names.iter().map(String::as_str).zip(rows).collect())
    }
}

pub(crate) fn names(kind: LabelKind, record: &Record) -> Result<&[String], DataError> {
    match (&record.label, kind) {
        (None, _) => Err(DataError::MissingLabel { place: record.place.clone() }),
        (Some(RawLabel::Many(names)), LabelKind::Single) if names.len() != 1 => {
            Err(DataError::ManyLabels { place: record.place.clone() })
        }
        (Some(label), _) => Ok(label.names()),
    }
}

/// Largest value that is learned: `f32`, which training computes in, ends at 3e38, and sums and
/// differences of values need room.
const LARGEST: f64 = 1e30;

pub(crate) fn number(record: &Record) -> Result<f64, DataError> {
    let place = || Place::clone(&record.place);
    match &record.label {
        None => Err(DataError::MissingLabel { place: place() }),
        Some(RawLabel::Many(_)) => Err(DataError::ManyLabels { place: place() }),
        Some(RawLabel::One(label)) => match label.trim().parse::<f64>() {
            Ok(value) if value.abs() <= LARGEST => Ok(value),
            Ok(value) if value.is_finite() => {
                Err(DataError::TooLarge { place: place(), label: label.clone() })
            }
            _ => Err(DataError::NotANumber { place: place(), label: label.clone() }),
        },
    }
}

/// Contents of `labels.json`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LabelFile {
    kind: LabelKind,
    labels: Vec<String>,
}

impl From<LabelSet> for LabelFile {
    fn from(set: LabelSet) -> Self {
        Self { kind: set.kind, labels: set.names }
    }
}

impl TryFrom<LabelFile> for LabelSet {
    type Error = DataError;

    fn try_from(file: LabelFile) -> Result<Self, DataError> {
        let set = Self::from_names(file.kind, file.labels);
        let problem = match (set.kind, set.names.len()) {
            _ if set.index.len() != set.names.len() => "names a label twice",
            (LabelKind::Regression, 1..) => "has names, but the task is regression",
            (LabelKind::Single, 0..=1) => "has less than two labels",
            (LabelKind::Multi, 0) => "is empty",
            _ => return Ok(set),
        };
        Err(DataError::BadLabelSet { problem: problem.to_owned() })
    }
}

#[cfg(test)]
#[path = "label_set_tests.rs"]
mod tests;
