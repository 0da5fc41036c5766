//! Words as bytes of a text, as the parts of a classifier tell them apart.

use crate::text::WordSpan;

/// Where a word is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span {
    /// The field it is in, from 0.
    pub(super) field: usize,
    /// Its first byte in the field.
    pub(super) start: usize,
    /// Behind its last byte.
    pub(super) end: usize,
}

impl From<&WordSpan> for Span {
    fn from(&WordSpan { field, start, end, .. }: &WordSpan) -> Self {
        Self { field, start, end }
    }
}

/// The words of all parts in order; those that overlap are one.
pub(super) fn joined(of_parts: &[Vec<Span>]) -> Vec<Span> {
    let mut all: Vec<Span> = of_parts.iter().flatten().copied().collect();
    all.sort_unstable();
    let mut found: Vec<Span> = Vec::with_capacity(all.len());
    for span in all {
        match found.last_mut() {
            Some(last) if last.field == span.field && span.start < last.end => {
                last.end = last.end.max(span.end);
            }
            _ => found.push(span),
        }
    }
    found
}

/// Number of the joined word that a part's word belongs to.
pub(super) fn place(words: &[Span], span: Span) -> usize {
    words.partition_point(|word| (word.field, word.end) <= (span.field, span.start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_overlap_are_one() {
        let spans = |field, bounds: &[(usize, usize)]| -> Vec<Span> {
            bounds.iter().map(|&(start, end)| Span { field, start, end }).collect()
        };
        let one = [spans(0, &[(0, 5), (5, 6), (7, 9)]), spans(1, &[(0, 2)])].concat();
        let other = [spans(0, &[(0, 2), (2, 3), (3, 5), (6, 8)]), spans(1, &[(3, 4)])].concat();
        let words = joined(&[one.clone(), other.clone()]);
        let wanted = [spans(0, &[(0, 5), (5, 6), (6, 9)]), spans(1, &[(0, 2), (3, 4)])].concat();
        assert_eq!(words, wanted);
        assert_eq!(joined(std::slice::from_ref(&one)), one);
        let places = |spans: &[Span]| -> Vec<usize> {
            spans.iter().map(|&span| place(&words, span)).collect()
        };
        assert_eq!(places(&one), [0, 1, 2, 3]);
        assert_eq!(places(&other), [0, 0, 0, 2, 4]);
    }
}
