//! Texts without labels that are copies of labelled ones.

use super::rows::LabelledSplits;
use super::texts::{joined, joined_fields, texts};
use crate::data::batches::TokenSource;
use crate::data::quality::words_hash;
use crate::progress::Progress;
use crate::text::TextPipeline;
use crate::text::token_file::TokenFile;
use std::collections::HashSet;

/// The words of all labelled texts: those of the training set, the validation set and the test set.
///
/// A copy of one of them gets no pseudo-label. Of a training example it could contradict the label; of the others it
/// would be learned before it is scored.
pub(crate) struct KnownTexts {
    hashes: HashSet<u64>,
    met: usize,
}

impl KnownTexts {
    /// Those of some rows.
    pub(crate) fn of(rows: &LabelledSplits) -> Self {
        let all = rows.train.iter().chain(&rows.valid).chain(&rows.test);
        Self { hashes: all.filter_map(|record| words_hash(&joined(record))).collect(), met: 0 }
    }

    /// Whether a document is one of them, but for case, spaces and punctuation.
    pub(crate) fn met(&mut self, document: &[String]) -> bool {
        let is_known =
            words_hash(&joined_fields(document)).is_some_and(|hash| self.hashes.contains(&hash));
        self.met += usize::from(is_known);
        is_known
    }

    /// What to tell of those that were met, if any was.
    pub(crate) fn note(&self) -> Option<String> {
        copies_note(self.met)
    }
}

/// The documents of a corpus that begins with the training examples that are not copies of labelled ones, by
/// their tokens. A copy would be learned with a label that may contradict its own, or before it is scored.
pub(crate) fn without_labels(
    corpus: &TokenFile,
    text: &TextPipeline,
    rows: &LabelledSplits,
    progress: &mut dyn Progress,
) -> Vec<usize> {
    let all = [&rows.train, &rows.valid, &rows.test].map(|rows| text.encode_all(&texts(rows)));
    let known: HashSet<Vec<u32>> = all.into_iter().flatten().collect();
    let mut copies = 0;
    let is_new = |&document: &usize| {
        let mut ids = Vec::new();
        corpus.append(corpus.document(document), &mut ids);
        let is_new = !known.contains(&ids);
        copies += usize::from(!is_new);
        is_new
    };
    let new = (rows.train.len()..corpus.documents()).filter(is_new).collect();
    if let Some(note) = copies_note(copies) {
        progress.note(&note);
    }
    new
}

/// What to tell of so many texts without labels that are copies of labelled ones, if there are any.
fn copies_note(count: usize) -> Option<String> {
    match count {
        0 => None,
        1 => Some(
            "1 text without a label is a copy of a labelled one: it gets no pseudo-label".into(),
        ),
        _ => Some(format!(
            "{count} texts without labels are copies of labelled ones: they get no pseudo-labels"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_met_whatever_their_case_and_signs() {
        let mut known =
            KnownTexts { hashes: words_hash("A film, a song").into_iter().collect(), met: 0 };
        let met = |known: &mut KnownTexts, fields: &[&str]| {
            known.met(&fields.iter().map(|&field| field.to_owned()).collect::<Vec<_>>())
        };
        assert!(!met(&mut known, &["a film"]) && known.note().is_none());
        assert!(met(&mut known, &["a FILM", "a song!"]));
        assert!(known.note().unwrap().starts_with("1 text without a label is a copy"));
        assert!(met(&mut known, &["a film a song"]));
        assert!(known.note().unwrap().starts_with("2 texts without labels are copies"));
    }
}
