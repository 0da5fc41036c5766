//! Some of the texts of files, drawn at random.

use super::known_texts::KnownTexts;
use super::texts::{Document, TextStream, no_text};
use super::{LabelledSplits, Texts};
use crate::Error;
use crate::data::readers::ReadOptions;
use crate::progress::Progress;
use std::collections::HashSet;
use std::path::PathBuf;
use ulmfit_ops::Key;

/// Up to `most` documents of some files, drawn by a key in one pass, with no more of them in memory
/// (reservoir sampling: Vitter 1985, "Random sampling with a reservoir", algorithm R). Labels are ignored,
/// blank documents and those of labelled `rows` left out, and of those that are drawn none is a copy of another.
///
/// `progress` is told which columns are read, and the warnings of each file, unless `is_told` already.
///
/// # Errors
/// [`Error::Data`] with file and line; [`Error::TooLittle`] without any text.
pub(crate) fn sample_texts(
    files: &[PathBuf],
    options: &ReadOptions,
    rows: &LabelledSplits,
    (most, key): (usize, &Key),
    is_told: bool,
    progress: &mut dyn Progress,
) -> Result<Vec<Document>, Error> {
    let texts = Texts { documents: Vec::new(), files: files.to_owned() };
    let stream = TextStream::new(&texts, options, "documents read", progress);
    let stream = if is_told { stream } else { stream.telling() };
    let mut known = KnownTexts::of(rows);
    let mut read = 0;
    let new = stream.inspect(|_| read += 1).filter(|document| match document {
        Ok(document) => !known.met(document),
        Err(_) => true,
    });
    let drawn = reservoir(new, most, key)?;
    if read == 0 {
        return Err(no_text(files));
    }
    if let Some(note) = known.note() {
        progress.note(&note);
    }
    Ok(drawn)
}

/// Draws from those that are not a copy of one that is drawn at that time.
fn reservoir<E>(
    documents: impl Iterator<Item = Result<Document, E>>,
    most: usize,
    key: &Key,
) -> Result<Vec<Document>, E> {
    let mut drawn: Vec<Document> = Vec::new();
    let mut held = HashSet::new();
    let mut number = 0_usize;
    for document in documents {
        let document = document?;
        if held.contains(&document) {
            continue;
        }
        number += 1;
        if drawn.len() < most {
            held.insert(document.clone());
            drawn.push(document);
            continue;
        }
        let place = (key.child(number as u64 - 1).uniform() * number as f64) as usize;
        if let Some(old) = drawn.get_mut(place) {
            held.remove(old);
            held.insert(document.clone());
            *old = document;
        }
    }
    Ok(drawn)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(count: usize, most: usize, seed: u64) -> Vec<String> {
        let documents = (0..count).map(|n| Ok::<_, Error>(vec![n.to_string()]));
        reservoir(documents, most, &Key::new(seed)).unwrap().concat()
    }

    #[test]
    fn few_texts_are_all_taken_in_their_order() {
        assert_eq!(drawn(3, 5, 1), ["0", "1", "2"]);
        assert_eq!(drawn(3, 0, 1), [""; 0]);
    }

    #[test]
    fn no_copy_is_drawn() {
        let documents = ["a", "b", "a", "c", "b"].map(|text| Ok::<_, Error>(vec![text.to_owned()]));
        let drawn = reservoir(documents.into_iter(), 5, &Key::new(1)).unwrap();
        assert_eq!(drawn.concat(), ["a", "b", "c"]);
    }

    #[test]
    fn each_text_is_as_likely_as_another() {
        let mut counts = [0; 20];
        for seed in 0..2_000 {
            let texts = drawn(20, 5, seed);
            assert_eq!(texts.len(), 5);
            texts.iter().for_each(|text| counts[text.parse::<usize>().unwrap()] += 1);
        }
        // 500 expected, five standard deviations of 19.4
        assert!(counts.iter().all(|count| (403..=597).contains(count)), "{counts:?}");
    }
}
