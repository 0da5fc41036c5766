//! The n-grams of a linear classifier.

use crate::Error;
use crate::checkpoint::ModelFolder;
use crate::model::linear::LinearConfig;
use crate::text::ngrams::NgramVocab;

/// Reads the n-grams of a model folder, one per column of the network.
///
/// # Errors
/// [`Error`] when the file is missing or damaged, or does not fit the network.
pub(super) fn load_ngrams(
    folder: &ModelFolder,
    network: &LinearConfig,
) -> Result<NgramVocab, Error> {
    let read = |name: &str| folder.read(name).map_err(std::io::Error::other);
    let text = NgramVocab::from_files(read)?;
    if text.blocks() == network.blocks() {
        return Ok(text);
    }
    let [words, chars] = text.blocks().map(|block| block.len());
    let (rows, columns) = (network.words, network.chars);
    let message = format!(
        "has {words} n-grams of words and {chars} of characters, the network {rows} and {columns}"
    );
    Err(Error::Config { path: folder.file("ngrams.json"), message })
}
