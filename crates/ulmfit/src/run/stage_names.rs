//! Names of the trainings of a command, and of their folders.

use crate::progress::StageName;
use crate::text::Direction;

/// The training of a language model: stage 1 or stage 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LmStage {
    /// From random weights.
    Pretrain,
    /// From those of a base.
    Finetune,
}

impl LmStage {
    /// For people.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Pretrain => "pretrain the language model",
            Self::Finetune => "fine-tune the language model",
        }
    }

    /// Its name for one direction.
    pub(crate) fn task(self, direction: Direction) -> StageName {
        let title = self.title();
        let name = match self {
            Self::Pretrain => "pretrain",
            Self::Finetune => "finetune",
        };
        StageName { title: format!("{title}, {direction}"), name: format!("{name}-{direction}") }
    }
}

/// Which labels a classifier learns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LabelSource {
    /// Where they come from.
    pub(crate) origin: LabelOrigin,
    /// The fold that is held out, from 0, in a cross-validation.
    pub(crate) fold: Option<usize>,
}

/// Where the labels come from that a classifier learns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LabelOrigin {
    /// The user's labels.
    Gold,
    /// These, and pseudo-labels of a first classifier: self-training.
    Pseudo,
}

/// What the name of a training for a fold begins with.
pub(crate) const FOLD: &str = "fold-";

/// A training, or the same for one fold of the examples.
fn fold_stage(fold: Option<usize>, title: &str, name: &str) -> StageName {
    let (title, name) = match fold {
        None => (title.to_owned(), name.to_owned()),
        Some(fold) => {
            let number = fold + 1;
            (format!("fold {number}: {title}"), format!("{FOLD}{number}-{name}"))
        }
    };
    StageName { title, name }
}

/// The fine-tuning of a sentence encoder on pairs of texts.
pub(crate) fn contrast_stage(fold: Option<usize>) -> StageName {
    fold_stage(fold, "fine-tune the encoder on pairs", "contrast")
}

/// The same again, with pseudo-labels besides.
pub(crate) fn contrast_again_stage(fold: Option<usize>) -> StageName {
    fold_stage(fold, "fine-tune the encoder on pseudo-labels, too", "contrast-again")
}

/// The fine-tuning of a sentence encoder on texts without labels.
pub(crate) fn dropout_pairs_stage() -> StageName {
    fold_stage(None, "fine-tune the encoder on texts", "dropout-pairs")
}

/// The fine-tuning of a sentence encoder as a masked language model.
pub(crate) fn masked_words_stage() -> StageName {
    fold_stage(None, "fine-tune the encoder on masked words", "masked-words")
}

/// The fine-tuning of a sentence encoder together with its head.
pub(crate) fn end_to_end_stage(fold: Option<usize>) -> StageName {
    fold_stage(fold, "fine-tune the encoder and its head", "end-to-end")
}

impl LabelSource {
    /// For people.
    pub(crate) fn title(self) -> &'static str {
        match self.origin {
            LabelOrigin::Gold => "train the classifier",
            LabelOrigin::Pseudo => "train a second classifier",
        }
    }

    /// The name of the training for one direction.
    pub(crate) fn task(self, direction: Direction) -> StageName {
        let name = match self.origin {
            LabelOrigin::Gold => "train",
            LabelOrigin::Pseudo => "self-train",
        };
        let StageName { title, name } = fold_stage(self.fold, self.title(), name);
        StageName { title: format!("{title}, {direction}"), name: format!("{name}-{direction}") }
    }
}
