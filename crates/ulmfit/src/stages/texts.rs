//! Files to token streams.

use super::Error;
use super::Progress;
use crate::data::{Corpus, LabelUse, ReadOptions, documents};
use crate::text::{TextConfig, TextPipeline, VocabConfig};
use std::path::PathBuf;
use ulmfit_ops::Key;

/// Documents read at a time: enough to keep all cores busy, few enough to forget soon.
const CHUNK: usize = 4096;

/// A document as its columns.
pub type Document = Vec<String>;

/// Reads the text of all documents of some files; labels are ignored.
///
/// # Errors
/// [`Error::Data`] with file and line.
pub fn read_texts(
    paths: &[PathBuf],
    options: &ReadOptions,
    progress: &mut dyn Progress,
) -> Result<Vec<Document>, Error> {
    let options = ReadOptions { labels: LabelUse::Ignored, ..options.clone() };
    let mut texts = Vec::new();
    for path in paths {
        let mut records = documents(path, &options)?;
        for record in &mut records {
            let record = record?;
            if !record.is_blank() {
                texts.push(record.fields);
            }
            if texts.len() % CHUNK == 0 {
                progress.tick("documents read", texts.len(), None);
            }
        }
        records.warnings().messages().iter().for_each(|warning| progress.warn(warning));
    }
    if texts.is_empty() {
        let message = format!("there is no text in {}", names(paths));
        return Err(Error::TooLittle {
            message,
            hint: Some("check the files and the text column (--text)".into()),
        });
    }
    Ok(texts)
}

fn names(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}

/// Learns a vocabulary (and subwords, if the configuration says so) from documents.
///
/// # Errors
/// [`Error::Text`] when there is too little text for the vocabulary asked for.
pub fn learn_vocab(
    config: &TextConfig,
    vocab: &VocabConfig,
    documents: &[Document],
) -> Result<TextPipeline, Error> {
    Ok(TextPipeline::build(config, vocab, documents.iter().cloned())?)
}

/// Token ids of all documents in one stream.
pub fn encode(text: &TextPipeline, documents: &[Document], progress: &mut dyn Progress) -> Corpus {
    let mut corpus = Corpus::default();
    let mut done = 0;
    for chunk in documents.chunks(CHUNK) {
        text.encode_all(chunk).iter().for_each(|ids| corpus.push(ids));
        done += chunk.len();
        progress.tick("documents tokenised", done, Some(documents.len()));
    }
    corpus
}

/// Moves `share` of the documents, at least one if there are two, to a second list.
///
/// A pure function of the key; both lists keep their order.
pub fn hold_out(documents: Vec<Document>, share: f64, key: Key) -> (Vec<Document>, Vec<Document>) {
    let count = documents.len();
    let held = ((count as f64 * share).round() as usize).max(1).min(count.saturating_sub(1));
    let mut is_held = vec![false; count];
    key.permutation(count)[..held].iter().for_each(|&n| is_held[n] = true);
    let (mut kept, mut out) = (Vec::new(), Vec::new());
    for (document, held) in documents.into_iter().zip(is_held) {
        if held { &mut out } else { &mut kept }.push(document);
    }
    (kept, out)
}
