//! What can be wrong with the folder of an encoder that was made with Hugging Face's libraries.

use super::TensorsError;
use crate::ErrorClass;
use crate::printable::printable;
use crate::text::TextError;

/// Why such a folder cannot be imported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HuggingFaceFault {
    /// Nothing is at the path.
    #[error("the folder does not exist")]
    NoFolder,
    /// A file was given.
    #[error("this is a file; the folder of an encoder is needed")]
    NotAFolder,
    /// The folder was written by this program.
    #[error("this is a model folder of ulmfit already")]
    Ours,
    /// The folder above the snapshots in the cache of the Hub.
    #[error("this is a folder of the download cache, with the files further below")]
    Cache,
    /// A file is missing.
    #[error("the file {name} is missing")]
    NoFile {
        /// Its name.
        name: &'static str,
    },
    /// The weights are there as a pickle only.
    #[error("the weights are in pytorch_model.bin, a pickled file, and not in model.safetensors")]
    Pickled,
    /// The weights are divided into several files.
    #[error("the weights are divided into several files")]
    Sharded,
    /// The vocabulary is there without `tokenizer.json`.
    #[error("the tokenizer is in vocab.txt or vocab.json, and not in tokenizer.json")]
    NoFastTokenizer,
    /// A clone without the large files.
    #[error("this is a Git LFS pointer, not the file itself")]
    Pointer,
    /// A file cannot be parsed.
    #[error("not valid: {0}")]
    Json(#[from] serde_json::Error),
    /// Another kind of model.
    #[error("models of type `{}` are not supported", printable(.found))]
    ModelType {
        /// `model_type` of `config.json`.
        found: String,
    },
    /// Another activation than GELU.
    #[error("the activation `{}` is not supported, only `gelu`", printable(.found))]
    Activation {
        /// `hidden_act` of `config.json`.
        found: String,
    },
    /// Another kind of positions.
    #[error("positions of type `{}` are not supported, only `absolute`", printable(.found))]
    Positions {
        /// `position_embedding_type` of `config.json`.
        found: String,
    },
    /// A decoder.
    #[error("this is a decoder, not an encoder")]
    Decoder,
    /// Vectors that are not the mean of the states.
    #[error("this encoder does not use mean pooling alone")]
    Pooling,
    /// A module that changes vectors after pooling.
    #[error("the module `{}` is not supported", printable(.kind))]
    Module {
        /// Its type.
        kind: String,
    },
    /// A size that cannot be.
    #[error("{message}")]
    Sizes {
        /// Which, and why.
        message: String,
    },
    /// The tokenizer cannot be used.
    #[error(transparent)]
    Tokenizer(#[from] TextError),
    /// The tokenizer has tokens that the weights lack.
    #[error("the tokenizer has {tokens} tokens, the network {rows} rows")]
    Vocabulary {
        /// In `tokenizer.json`.
        tokens: usize,
        /// In `config.json`.
        rows: usize,
    },
    /// The weights cannot be used.
    #[error(transparent)]
    Weights(#[from] TensorsError),
}

impl HuggingFaceFault {
    /// What kind of failure it is.
    pub(super) fn class(&self) -> ErrorClass {
        match self {
            Self::NoFolder | Self::NoFile { .. } => ErrorClass::MissingInput,
            Self::NotAFolder | Self::Ours | Self::Cache => ErrorClass::Usage,
            _ => ErrorClass::Data,
        }
    }

    /// What to try next, in one line.
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::NoFolder => {
                "nothing is downloaded here: get the files from the model's page on Hugging Face, or with its \
                 `hf download`"
            }
            Self::NotAFolder | Self::NoFile { .. } => {
                "download the whole folder of the encoder: config.json, model.safetensors and \
                 tokenizer.json are needed"
            }
            Self::Ours => "it needs no import: start a training from it",
            Self::Cache => "give the folder below its `snapshots`",
            Self::Pickled => {
                "pickled files are never opened; in Python, \
                 `transformers.AutoModel.from_pretrained(FOLDER).save_pretrained(FOLDER)` writes \
                 model.safetensors"
            }
            Self::Sharded => {
                "in Python, `transformers.AutoModel.from_pretrained(FOLDER).save_pretrained(NEW, \
                 max_shard_size=\"100GB\")` writes one file"
            }
            Self::NoFastTokenizer => {
                "in Python, `transformers.AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER)` \
                 writes tokenizer.json"
            }
            Self::Pointer => "run `git lfs pull` in the folder",
            Self::Json(error) if error.is_data() => {
                "give the folder of an encoder of the BERT family, such as all-MiniLM-L6-v2"
            }
            Self::ModelType { .. } => {
                "`bert`, `distilbert`, `roberta`, `xlm-roberta` and `camembert` can be imported; \
                 all-MiniLM-L6-v2 is a `bert`"
            }
            Self::Activation { .. } | Self::Positions { .. } | Self::Decoder => {
                "choose another encoder of the BERT family, such as all-MiniLM-L6-v2"
            }
            Self::Pooling | Self::Module { .. } => {
                "choose a sentence encoder with mean pooling, such as all-MiniLM-L6-v2"
            }
            Self::Sizes { .. } => {
                "the file is damaged, or does not describe an encoder: download it again"
            }
            Self::Vocabulary { .. } => "download all files of the same model",
            Self::Tokenizer(error) => return error.hint().or(Some(DAMAGED)),
            Self::Weights(TensorsError::Missing { .. } | TensorsError::Shape { .. }) => {
                "the weights are of another model than config.json, or of another kind: download all \
                 files of the same model"
            }
            Self::Weights(TensorsError::Dtype { .. }) => "save the weights as float32",
            Self::Json(_) | Self::Weights(_) => DAMAGED,
        })
    }
}

const DAMAGED: &str = "the file is damaged or incomplete: download it again";
