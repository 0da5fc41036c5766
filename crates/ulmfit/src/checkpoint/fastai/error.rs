//! What can be wrong with a fastai file.

use crate::checkpoint::TensorsError;
use crate::printable::printable;
use crate::text::TextError;

/// Why a fastai file could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FastaiError {
    /// The pickle asks for code that is not on the short list of harmless names.
    #[error("refused: the file asks for `{module}.{name}`, which saved weights never need")]
    ForbiddenGlobal {
        /// Python module.
        module: String,
        /// Class or function.
        name: String,
    },
    /// The pickle uses an instruction that saved weights do not need.
    #[error("refused: pickle instruction {opcode:#04x} at byte {at}")]
    ForbiddenOpcode {
        /// The instruction.
        opcode: u8,
        /// Its position.
        at: usize,
    },
    /// The pickle is malformed.
    #[error("damaged pickle at byte {at}: {what}")]
    Pickle {
        /// Where.
        at: usize,
        /// What is wrong.
        what: &'static str,
    },
    /// The file asks for more memory or work than saved weights need.
    #[error("more than {limit} {what}")]
    Limit {
        /// Of what.
        what: &'static str,
        /// Allowed.
        limit: usize,
    },
    /// The zip archive is malformed.
    #[error("damaged archive: {what}")]
    Zip {
        /// What is wrong.
        what: &'static str,
    },
    /// The archive lacks this file, or its checksum is wrong.
    #[error("archive member `{}` {what}", printable(.name))]
    Member {
        /// Name in the archive.
        name: String,
        /// What is wrong.
        what: &'static str,
    },
    /// Neither of torch's formats, or not the contents expected in one.
    #[error("not a saved model: {what}")]
    NotTorch {
        /// What is wrong.
        what: &'static str,
    },
    /// A tensor of the file cannot be understood.
    #[error("tensor `{tensor}`: {what}")]
    Tensor {
        /// Which one.
        tensor: String,
        /// What is wrong.
        what: &'static str,
    },
    /// Names, shapes or values are not those of an AWD-LSTM.
    #[error(transparent)]
    Layout(#[from] TensorsError),
    /// Weights where the vocabulary should be, and the other way round.
    #[error("the two files are swapped: the first is the vocabulary, the second the weights")]
    Swapped,
    /// The vocabulary file is not a list of strings, nor one of tokens and one of labels.
    #[error("not a vocabulary: {what}")]
    Vocabulary {
        /// What is wrong.
        what: &'static str,
    },
    /// Its tokens are not a valid vocabulary.
    #[error(transparent)]
    Words(#[from] TextError),
    /// Vocabulary and weights do not belong together.
    #[error("{words} {what} in the vocabulary, {rows} in the weights")]
    Count {
        /// Tokens or labels.
        what: &'static str,
        /// In the vocabulary file.
        words: usize,
        /// In the weights.
        rows: usize,
    },
}

impl FastaiError {
    /// What to try next, in one line.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::ForbiddenGlobal { .. } | Self::ForbiddenOpcode { .. } => Some(
                "nothing was executed; in fastai, `learn.save` writes a file of weights only \
                 (`learn.export` does not)",
            ),
            Self::Layout(TensorsError::Unexpected { .. } | TensorsError::Missing { .. }) => Some(
                "only AWD-LSTM models can be imported; for fastai 1 classifiers, try the file that \
                 `learn.save_encoder` writes",
            ),
            Self::Layout(_) => None,
            Self::Tensor { .. } | Self::NotTorch { .. } => {
                Some("save the model again with `learn.save`")
            }
            Self::Swapped => Some("give the weights first, then the vocabulary"),
            Self::Words(error) => error.hint(),
            Self::Vocabulary { .. } | Self::Count { .. } => {
                Some("in fastai, `save_pickle('vocab.pkl', learn.dls.vocab)` writes the right one")
            }
            _ => Some("the file is damaged, or not one of fastai's; copy it again from its source"),
        }
    }
}
