//! The language models inside the program, and models by name.

use crate::Error;
use crate::checkpoint::ModelFolder;
use std::path::Path;

/// Name of the small English model inside the program: the one that is used when none is named.
pub(crate) const ENGLISH: &str = "en";

/// Name of the English model of the paper's size inside the program.
pub(crate) const ENGLISH_BASE: &str = "en-base";

/// Name of the English sentence encoder inside the program.
pub(crate) const MINILM: &str = "minilm";

/// Contents by file name.
type Files = &'static [(&'static str, &'static [u8])];

#[cfg(any(feature = "english", feature = "minilm"))]
macro_rules! files {
    ($folder:literal: $($name:literal),*) => {
        &[$(($name, include_bytes!(concat!("../../../../assets/", $folder, "/", $name)))),*]
    };
    ($folder:literal with $text:literal) => {
        files!($folder: "config.json", "manifest.json", "model.safetensors", "README.md", "run.json", $text)
    };
}

/// The files of a model inside the program, or else the feature that it is built with.
fn files(name: &str) -> Result<Files, &'static str> {
    #[cfg(feature = "english")]
    {
        static SMALL: Files = files!("en" with "vocab.json");
        static BASE: Files = files!("en-base" with "vocab.json");
        match name {
            ENGLISH => return Ok(SMALL),
            ENGLISH_BASE => return Ok(BASE),
            _ => {}
        }
    }
    #[cfg(feature = "minilm")]
    if name == MINILM {
        static FILES: Files = files!("minilm" with "tokenizer.json");
        return Ok(FILES);
    }
    Err(if name == MINILM { "minilm" } else { "english" })
}

/// The name of a model inside the program, unless a model or a run lies in a folder of that name.
///
/// A folder `en` of English texts, as one folder per class has it, changes nothing.
pub fn embedded_name(path: &Path) -> Option<&'static str> {
    let found = [ENGLISH, ENGLISH_BASE, MINILM].into_iter().find(|name| path == Path::new(name));
    found.filter(|_| !holds_model(path))
}

/// Whether it is the folder of a model, or of a run that will become one.
pub(crate) fn holds_model(path: &Path) -> bool {
    ["manifest.json", "config.json"].iter().any(|name| path.join(name).exists())
}

/// Opens the small English model inside the program.
///
/// # Errors
/// [`Error::Missing`] when the program was built without the feature `english`.
pub fn english() -> Result<ModelFolder, Error> {
    embedded(ENGLISH)
}

/// Opens a model inside the program, whatever lies in the current folder.
///
/// # Errors
/// [`Error::Missing`] when the program was built without it.
pub(crate) fn embedded(name: &str) -> Result<ModelFolder, Error> {
    match files(name) {
        Ok(files) => Ok(ModelFolder::embedded(name, files)?),
        Err(feature) => {
            let message = format!("this program was built without its English model `{name}`");
            let hint = format!("build it with the feature `{feature}`, or give a model folder");
            Err(Error::Missing { message, hint: Some(hint) })
        }
    }
}

/// Opens a model folder, or a model inside the program if [no folder of its name](embedded_name) holds a model.
///
/// # Errors
/// Those of [`ModelFolder::open`] and [`english`].
pub fn open_model(path: &Path) -> Result<ModelFolder, Error> {
    match embedded_name(path) {
        Some(name) => embedded(name),
        None => Ok(ModelFolder::open(path)?),
    }
}

/// Opens the folder of a language model.
///
/// # Errors
/// Those of [`open_model`], and [`Error::Usage`] for `none`, which is a word of `fit` only.
pub fn open_base(path: &Path) -> Result<ModelFolder, Error> {
    if path != Path::new("none") || holds_model(path) {
        return open_model(path);
    }
    let message = "a language model is needed here, not `none`".to_owned();
    let hint = "only `fit` starts from scratch; `pretrain` makes a language model of your own texts, \
                and `en` and `en-base` are built in";
    Err(Error::Usage { message, hint: Some(hint.into()) })
}
