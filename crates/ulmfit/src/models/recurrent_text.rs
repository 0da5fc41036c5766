//! The text pipeline of a recurrent network.

use super::config::{ModelConfig, NetworkConfig};
use crate::Error;
use crate::checkpoint::ModelFolder;
use crate::text::TextPipeline;

/// Reads the text pipeline of a model folder.
///
/// # Errors
/// [`Error`] when files are missing or damaged, or the vocabulary does not fit the network.
pub fn load_text(folder: &ModelFolder, config: &ModelConfig) -> Result<TextPipeline, Error> {
    let (rows, text) = match (&config.network, &config.text) {
        (NetworkConfig::LanguageModel(encoder), Some(text)) => (encoder.vocab, text),
        (NetworkConfig::Classifier(classifier), Some(text)) => (classifier.encoder.vocab, text),
        (network, _) => {
            let (found, wanted) = (network.kind(), "recurrent network");
            return Err(Error::WrongModel { path: folder.path().to_owned(), found, wanted });
        }
    };
    let read = |name: &str| folder.read(name).map_err(std::io::Error::other);
    let text = TextPipeline::from_files(text, read)?;
    if text.vocab().len() == rows {
        return Ok(text);
    }
    let message = format!("has {} tokens, the network {rows} rows", text.vocab().len());
    Err(Error::Config { path: folder.file("vocab.json"), message })
}
