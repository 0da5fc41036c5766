//! The language model inside the program, and models by name.

use super::Error;
use super::bundle::LmBundle;
use crate::checkpoint::ModelFolder;
use std::path::Path;

/// Name of the English model inside the program.
pub const ENGLISH: &str = "en";

#[cfg(feature = "english")]
macro_rules! files {
    ($($name:literal),*) => {
        &[$(($name, include_bytes!(concat!("../../../../assets/en/", $name)))),*]
    };
}

/// Opens the English model inside the program.
///
/// # Errors
/// [`Error::Missing`] when the program was built without the feature `english`.
pub fn english() -> Result<ModelFolder, Error> {
    #[cfg(feature = "english")]
    {
        static FILES: &[(&str, &[u8])] = files![
            "config.json",
            "manifest.json",
            "model.safetensors",
            "README.md",
            "run.json",
            "vocab.json"
        ];
        Ok(ModelFolder::embedded(ENGLISH, FILES)?)
    }
    #[cfg(not(feature = "english"))]
    {
        let message = "this program was built without its English model".to_owned();
        let hint = Some("build it with the feature `english`, or give a model folder".to_owned());
        Err(Error::Missing { message, hint })
    }
}

/// Opens a model folder, or the model inside the program if there is no folder of its name.
///
/// # Errors
/// Those of [`ModelFolder::open`] and [`english`].
pub fn open_model(path: &Path) -> Result<ModelFolder, Error> {
    if path == Path::new(ENGLISH) && !path.exists() {
        english()
    } else {
        Ok(ModelFolder::open(path)?)
    }
}

/// Opens the model that a language model is read from.
///
/// # Errors
/// Those of [`open_model`], and [`Error::Usage`] for `none`, which is a word of `fit` only.
pub fn open_base(path: &Path) -> Result<ModelFolder, Error> {
    if path != Path::new("none") || path.exists() {
        return open_model(path);
    }
    let message = "a language model is needed here, not `none`".to_owned();
    let hint = "only `ulmfit fit` starts from scratch; `ulmfit pretrain` makes a language model of \
                your own texts, and `en` is the one inside this program";
    Err(Error::Usage { message, hint: Some(hint.into()) })
}

impl LmBundle {
    /// The English language model inside the program, forward and backward.
    ///
    /// # Errors
    /// As [`english`].
    pub fn english() -> Result<Self, Error> {
        Self::from_folder(&english()?)
    }
}
