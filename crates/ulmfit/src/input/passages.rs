//! Sentences and sections of texts: what a teacher of sentence vectors reads.

use super::corpus::HoldOut;
use super::texts::{TextStream, Texts};
use crate::Error;
use crate::data::readers::ReadOptions;
use crate::progress::Progress;
use std::collections::BinaryHeap;
use ulmfit_ops::Key;
use unicode_segmentation::UnicodeSegmentation;

/// Words of a passage at least: shorter ones are headings, or the ends of lists.
const LEAST_WORDS: usize = 4;

/// The lines of a text, and their sentences (UAX #29) where a line has several.
fn passages_of(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let each = lines.flat_map(|line| {
        let sentences: Vec<&str> = line.unicode_sentences().map(str::trim).collect();
        let parts = if sentences.len() > 1 { sentences } else { Vec::new() };
        std::iter::once(line).chain(parts)
    });
    each.filter(|part| part.unicode_words().nth(LEAST_WORDS - 1).is_some())
}

/// At most `most` passages of all texts, drawn by a key, in the order of the texts. Documents that are held out are
/// left out; only what is drawn stays in memory.
///
/// # Errors
/// [`Error::Data`] with file and line, [`Error::TooLittle`] when there is no passage.
pub(crate) fn passages(
    texts: &Texts<'_>,
    options: &ReadOptions,
    hold_out: Option<HoldOut>,
    (most, key): (usize, &Key),
    progress: &mut dyn Progress,
) -> Result<Vec<String>, Error> {
    // the smallest draws stay: (draw, number, passage), the largest on top
    let mut drawn: BinaryHeap<(u64, u64, String)> = BinaryHeap::new();
    let mut number = 0;
    for (document, fields) in
        TextStream::new(texts, options, "documents read", progress).enumerate()
    {
        let fields = fields?;
        if hold_out.is_some_and(|held| held.holds(document)) {
            continue;
        }
        for passage in fields.iter().flat_map(|field| passages_of(field)) {
            let draw = key.child(number).uniform().to_bits(); // not negative: bits rise with it
            if drawn.len() < most || drawn.peek().is_some_and(|top| draw < top.0) {
                drawn.push((draw, number, passage.to_owned()));
            }
            if drawn.len() > most {
                drawn.pop();
            }
            number += 1;
        }
    }
    if drawn.is_empty() {
        let message =
            format!("there is no sentence of {LEAST_WORDS} words or more for the teacher");
        return Err(Error::TooLittle { message, hint: Some("check the texts".into()) });
    }
    let mut drawn = drawn.into_vec();
    drawn.sort_unstable_by_key(|(_, number, _)| *number);
    Ok(drawn.into_iter().map(|(_, _, passage)| passage).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::NoProgress;

    const TEXT: &str =
        "Heading\nThe cat sat on the mat. It was a grey mat, they say!\n\nOne line of five words\n";

    #[test]
    fn lines_and_their_sentences_are_passages() {
        let found: Vec<&str> = passages_of(TEXT).collect();
        let line = "The cat sat on the mat. It was a grey mat, they say!";
        let sentences = ["The cat sat on the mat.", "It was a grey mat, they say!"];
        assert_eq!(found, [line, sentences[0], sentences[1], "One line of five words"]);
    }

    #[test]
    fn a_key_draws_and_the_order_stays() {
        let documents: Vec<Vec<String>> =
            (0..50).map(|n| vec![format!("this is passage number {n}")]).collect();
        let texts =
            Texts { documents: documents.iter().map(Vec::as_slice).collect(), ..Texts::default() };
        let draw = |most, held| {
            let drawn = (most, &Key::new(1));
            passages(&texts, &ReadOptions::default(), held, drawn, &mut NoProgress).unwrap()
        };
        let number = |text: &String| text.rsplit(' ').next().unwrap().parse::<u32>().unwrap();
        let some: Vec<u32> = draw(10, None).iter().map(number).collect();
        assert!(some.len() == 10 && some.is_sorted(), "{some:?}");
        let more: Vec<u32> = draw(20, None).iter().map(number).collect();
        assert!(some.iter().all(|number| more.contains(number)), "{some:?} {more:?}");
        assert_eq!(draw(100, None).len(), 50);
        assert_eq!(draw(100, Some(HoldOut::new(10, Key::new(2)))).len(), 45);
    }

    #[test]
    fn no_sentence_is_an_error() {
        let short = [vec!["two words".to_owned()]];
        let texts =
            Texts { documents: short.iter().map(Vec::as_slice).collect(), ..Texts::default() };
        let drawn = (5, &Key::new(1));
        let found = passages(&texts, &ReadOptions::default(), None, drawn, &mut NoProgress);
        assert!(matches!(found, Err(Error::TooLittle { .. })));
    }
}
