//! What a classifier predicts: one class, several, or a number.

use serde::{Deserialize, Serialize};

use crate::data::record::{RawLabel, Record};
use crate::setting::{Setting, Spelling};

/// What is predicted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LabelKind {
    /// Exactly one class.
    Single,
    /// Any number of classes.
    Multi,
    /// A number.
    Regression,
}

/// What the user wants predicted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
pub enum Task {
    /// [`LabelKind::Multi`] if any label is a list that does not hold exactly one name, else
    /// [`LabelKind::Single`].
    #[default]
    #[cfg_attr(feature = "clap", value(skip))]
    Auto,
    /// One label per text
    Single,
    /// Any number of labels per text
    Multi,
    /// One number per text
    Regression,
}

impl Task {
    /// What is predicted from the labels of `records`.
    pub(crate) fn kind(self, records: &[Record]) -> LabelKind {
        let has_lists = || lengths(records).any(|length| length != 1);
        match self {
            Self::Regression => LabelKind::Regression,
            Self::Multi => LabelKind::Multi,
            Self::Auto if has_lists() => LabelKind::Multi,
            Self::Single | Self::Auto => LabelKind::Single,
        }
    }

    /// A note if lists with one label each were read as single labels.
    pub(crate) fn note(self, records: &[Record], spelling: Spelling) -> Option<String> {
        let told = self == Self::Auto
            && self.kind(records) == LabelKind::Single
            && lengths(records).next().is_some();
        told.then(|| {
            format!(
                "every list of labels has exactly one label: read as one label per text (pass {} if \
                 there may be more)",
                spelling.with(Setting::Task, "multi")
            )
        })
    }

    /// Several labels per text if cells are split at a delimiter and nothing else is asked for.
    #[must_use]
    pub fn with_delimiter(self, delimiter: Option<char>) -> Self {
        if self == Self::Auto && delimiter.is_some() { Self::Multi } else { self }
    }
}

/// How many labels each list has.
fn lengths(records: &[Record]) -> impl Iterator<Item = usize> {
    records.iter().filter_map(|record| match &record.label {
        Some(RawLabel::Many(names)) => Some(names.len()),
        _ => None,
    })
}
