//! The error of the stages.

use crate::ErrorClass;
use crate::checkpoint::CheckpointError;
use crate::data::DataError;
use crate::decisions::DecisionError;
use crate::model::LoadError;
use crate::setting::{Setting, Spelling};
use crate::text::{Direction, TextError};
use std::path::PathBuf;

/// Why a stage failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Reading texts and labels.
    #[error(transparent)]
    Data(#[from] DataError),
    /// Tokenising, or a vocabulary.
    #[error(transparent)]
    Text(#[from] TextError),
    /// Reading or writing a model or a run.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// A decision on an answer.
    #[error(transparent)]
    Decision(#[from] DecisionError),
    /// The weights do not fit the configuration, or are not valid.
    #[error("{}: the weights cannot be used", path.display())]
    Weights {
        /// Folder of the model.
        path: PathBuf,
        /// Which tensor.
        #[source]
        source: LoadError,
    },
    /// The configuration of a model is not valid.
    #[error("{}: {message}", path.display())]
    Config {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// A model computes NaN or infinity.
    #[error("the model computes {what} that is not finite (the {direction} network)")]
    NotFinite {
        /// What it should have computed, such as "a probability".
        what: &'static str,
        /// The network that did.
        direction: Direction,
    },
    /// A model of one stage was given where another is needed.
    #[error("{} is a {found}, but a {wanted} is needed here", path.display())]
    WrongModel {
        /// Folder of the model.
        path: PathBuf,
        /// What it is.
        found: &'static str,
        /// What is needed.
        wanted: &'static str,
    },
    /// The request cannot be fulfilled.
    #[error("{message}")]
    Usage {
        /// What and why.
        message: String,
        /// What to try instead.
        hint: Option<String>,
    },
    /// An input is missing.
    #[error("{message}")]
    Missing {
        /// What is missing.
        message: String,
        /// What to try instead.
        hint: Option<String>,
    },
    /// There is not enough data.
    #[error("{message}")]
    TooLittle {
        /// What there is and what is needed.
        message: String,
        /// What to try instead.
        hint: Option<String>,
    },
    /// A recipe cannot be used.
    #[cfg(feature = "train")]
    #[error(transparent)]
    Recipe(#[from] crate::recipe::RecipeError),
    /// Training failed.
    #[cfg(feature = "train")]
    #[error(transparent)]
    Train(#[from] crate::train::TrainError),
    /// Not a failure: the result was complete when the command was given again.
    #[cfg(feature = "train")]
    #[error("{} was finished by an earlier run; only cleaning up was left to do", path.display())]
    Finished {
        /// The result.
        path: PathBuf,
    },
    /// A signal asked to stop; a checkpoint was saved if one was wanted.
    #[error("stopped; run the same command again to continue")]
    Stopped,
}

impl Error {
    /// What to try next, in one line.
    pub fn hint(&self) -> Option<String> {
        self.hint_in(Spelling::default())
    }

    /// The same with settings as a front end writes them.
    pub fn hint_in(&self, spelling: Spelling) -> Option<String> {
        match self {
            Self::Data(error) => error.hint_in(spelling),
            Self::Text(error) => error.hint().map(Into::into),
            Self::Checkpoint(error) => error.hint_in(spelling),
            Self::Decision(error) => error.hint().map(Into::into),
            Self::Usage { hint, .. }
            | Self::TooLittle { hint, .. }
            | Self::Missing { hint, .. } => hint.clone(),
            Self::WrongModel { wanted: "language model", .. } => Some(
                "give the folder of a language model, as `pretrain` and `finetune` write it, or `en`"
                    .into(),
            ),
            Self::WrongModel { wanted: "sentence encoder", .. } => {
                Some("give `minilm`, or the folder of an imported encoder".into())
            }
            Self::WrongModel { .. } => Some(
                "give the folder of a classifier, as `fit` writes it; `train` makes one from a \
                 language model"
                    .into(),
            ),
            #[cfg(feature = "train")]
            Self::Recipe(error) => error.hint(),
            #[cfg(feature = "train")]
            Self::Train(error) => error.hint_in(spelling),
            Self::Weights { .. } | Self::Config { .. } => Some(
                "the folder was changed after it was written; copy it again from its source".into(),
            ),
            Self::NotFinite { .. } => Some(format!(
                "the weights may be damaged, or too large for the number format: try {}, or get the \
                 model again from its source",
                spelling.with(Setting::Precision, "f32")
            )),
            #[cfg(feature = "train")]
            Self::Finished { .. } => None,
            Self::Stopped => None,
        }
    }

    /// What kind of failure this is.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Data(error) => error.class(),
            Self::Checkpoint(error) => error.class(),
            Self::Decision(error) => error.class(),
            Self::Text(TextError::TokenFileIo { .. }) => ErrorClass::Io,
            Self::Text(_)
            | Self::Weights { .. }
            | Self::Config { .. }
            | Self::TooLittle { .. }
            | Self::WrongModel { .. } => ErrorClass::Data,
            Self::Missing { .. } => ErrorClass::MissingInput,
            Self::Usage { .. } => ErrorClass::Usage,
            #[cfg(feature = "train")]
            Self::Recipe(error) => error.class(),
            #[cfg(feature = "train")]
            Self::Train(crate::train::TrainError::Checkpoint(error)) => error.class(),
            #[cfg(feature = "train")]
            Self::Train(crate::train::TrainError::NoSteps) => ErrorClass::Data,
            #[cfg(feature = "train")]
            Self::Train(_) => ErrorClass::Failed,
            #[cfg(feature = "train")]
            Self::Finished { .. } => ErrorClass::Failed, // the command line knows better
            Self::NotFinite { .. } | Self::Stopped => ErrorClass::Failed,
        }
    }
}
