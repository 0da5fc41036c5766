//! Phases of a training: which layer groups are trainable, for how long.

use crate::schedule::ScheduleConfig;
use serde::{Deserialize, Serialize};

/// Which groups are trainable in a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "InFile", into = "InFile")]
pub enum Unfreeze {
    /// This many groups, from the top.
    Top(usize),
    /// Every group; `"all"` in a file.
    All,
}

/// As it is written in a file: a number or a word.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum InFile {
    Top(usize),
    Word(Word),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Word {
    All,
}

impl From<InFile> for Unfreeze {
    fn from(value: InFile) -> Self {
        match value {
            InFile::Top(groups) => Self::Top(groups),
            InFile::Word(Word::All) => Self::All,
        }
    }
}

impl From<Unfreeze> for InFile {
    fn from(value: Unfreeze) -> Self {
        match value {
            Unfreeze::Top(groups) => Self::Top(groups),
            Unfreeze::All => Self::Word(Word::All),
        }
    }
}

/// One phase of a stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PhaseRecipe {
    /// The groups that are trainable, counted from the top.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unfreeze: Option<Unfreeze>,
    /// Or a single group, counted from the top: chain-thaw (Felbo et al. 2017).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<usize>,
    /// Epochs of the phase.
    pub epochs: usize,
    /// Peak learning rate, if it is not the stage's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lr: Option<f64>,
    /// Schedule, if it is not the stage's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<ScheduleConfig>,
}
