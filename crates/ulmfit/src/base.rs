//! The model that a training starts from.

use crate::Error;
use crate::checkpoint::ModelFolder;
use crate::models::embedded::{ENGLISH, ENGLISH_BASE, MINILM, embedded, holds_model};
use crate::models::{BaseModel, EncoderBundle, LmBundle, open_base};
use std::path::{Path, PathBuf};

/// The model that a training starts from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Base {
    /// `en`, the small English model inside the program (feature `english`).
    #[default]
    English,
    /// `en-base`, the English model of the paper's size inside the program (feature `english`).
    EnglishBase,
    /// `minilm`, the English sentence encoder inside the program (feature `minilm`).
    MiniLm,
    /// A model folder.
    Folder(PathBuf),
    /// None: the network starts from random weights.
    None,
}

/// How a base model came to be the one to start from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BaseUse {
    /// It is the usual one: texts in another language do without it.
    Usual,
    /// It was named: texts in another language are refused.
    Named,
    /// It was named for texts in its language, whatever they look like: they are only warned of.
    Insisted,
}

/// A base that has been read, and where it comes from.
pub struct LoadedBase {
    /// The language model.
    pub model: LmBundle,
    /// Its name and hash, for the cards of models that start from it.
    pub origin: BaseModel,
}

/// A sentence encoder that has been read, and where it comes from.
pub struct LoadedEncoder {
    /// The encoder.
    pub model: EncoderBundle,
    /// Its name and hash, for the card of what is made from it.
    pub origin: BaseModel,
}

impl Base {
    /// Reads it; `None` for [`Base::None`].
    ///
    /// # Errors
    /// [`Error`] when the folder is missing, damaged or not a language model, or when the program
    /// was built without its English models.
    pub fn load(&self) -> Result<Option<LoadedBase>, Error> {
        let Some(folder) = self.open()? else { return Ok(None) };
        let model = LmBundle::from_folder(&folder)?;
        Ok(Some(LoadedBase { model, origin: BaseModel::of(&folder) }))
    }

    /// Reads it for [`Method::Encoder`](crate::Method::Encoder).
    ///
    /// # Errors
    /// [`Error`] when the folder is missing, damaged or not a sentence encoder, or when the program
    /// was built without `minilm`; [`Error::Usage`] for [`Base::None`].
    pub fn load_encoder(&self) -> Result<LoadedEncoder, Error> {
        let Some(folder) = self.open()? else {
            let message = "a sentence encoder cannot be trained from scratch".to_owned();
            let hint = Some("start from `minilm`, or from a folder".to_owned());
            return Err(Error::Usage { message, hint });
        };
        let model = EncoderBundle::from_folder(&folder)?;
        Ok(LoadedEncoder { model, origin: BaseModel::of(&folder) })
    }

    /// Its folder; `None` for [`Base::None`]. Those inside the program are meant whatever the current folder contains.
    fn open(&self) -> Result<Option<ModelFolder>, Error> {
        Ok(Some(match self {
            Self::English => embedded(ENGLISH)?,
            Self::EnglishBase => embedded(ENGLISH_BASE)?,
            Self::MiniLm => embedded(MINILM)?,
            Self::Folder(path) => open_base(path)?,
            Self::None => return Ok(None),
        }))
    }
}

/// The models that the parts of a portfolio start from.
pub struct PortfolioBases {
    /// For ULMFiT; `None` to start from scratch.
    pub language_model: Option<LoadedBase>,
    /// The sentence encoder; `None` for texts in a language that it does not know.
    pub encoder: Option<LoadedEncoder>,
}

impl PortfolioBases {
    /// The English ones inside the program.
    ///
    /// # Errors
    /// [`Error::Missing`] when the program was built without them.
    pub fn load() -> Result<Self, Error> {
        Self::with_language_model(&Base::default())
    }

    /// Another language model, and the sentence encoder inside the program.
    ///
    /// # Errors
    /// As [`load`](Self::load), and those of [`Base::load`].
    pub fn with_language_model(base: &Base) -> Result<Self, Error> {
        Ok(Self { language_model: base.load()?, encoder: Some(Base::MiniLm.load_encoder()?) })
    }
}

/// `en`, `en-base`, `minilm`, `none`, or a model folder; a model in a folder of such a name comes first.
impl From<&Path> for Base {
    fn from(path: &Path) -> Self {
        match path.to_str().filter(|_| !holds_model(path)) {
            Some(ENGLISH) => Self::English,
            Some(ENGLISH_BASE) => Self::EnglishBase,
            Some(MINILM) => Self::MiniLm,
            Some("none") => Self::None,
            _ => Self::Folder(path.to_owned()),
        }
    }
}

impl From<&str> for Base {
    fn from(name: &str) -> Self {
        Path::new(name).into()
    }
}
