//! Documents as weighted words and pairs of words.

use super::TfIdfOptions;
use super::sparse::Sparse;
use std::collections::HashMap;

/// Calls back with each word of a document, in order.
pub type Words<'a> = dyn Fn(usize, &mut dyn FnMut(&str)) + 'a;

/// Words and pairs that count, and how much.
///
/// A word or pair is identified by a 64-bit hash of its text; the probability that two of a million
/// collide is 1 in 40 million.
#[derive(Clone, Debug)]
pub(crate) struct TfIdf {
    columns: HashMap<u64, u32>,
    weights: Vec<f32>, // inverse document frequency of each column
}

impl TfIdf {
    /// Counts the documents of each word and pair of neighbours.
    pub(crate) fn fit(documents: usize, words: &Words<'_>, options: &TfIdfOptions) -> Self {
        let mut frequency: HashMap<u64, u32> = HashMap::new();
        for document in 0..documents {
            for (term, _) in terms(document, words) {
                *frequency.entry(term).or_default() += 1;
            }
        }
        let mut kept: Vec<_> =
            frequency.into_iter().filter(|&(_, count)| count >= options.min_documents).collect();
        kept.sort_unstable_by_key(|&(term, count)| (u32::MAX - count, term));
        kept.truncate(options.max_features);
        let weight = |count: u32| ((1.0 + documents as f64) / (1.0 + f64::from(count))).ln() + 1.0;
        Self {
            weights: kept.iter().map(|&(_, count)| weight(count) as f32).collect(),
            columns: kept
                .iter()
                .enumerate()
                .map(|(column, &(term, _))| (term, column as u32))
                .collect(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.weights.len()
    }

    /// One row per document, of length 1: `(1 + ln count) · idf`. Unknown words are left out.
    pub(crate) fn transform(&self, documents: usize, words: &Words<'_>) -> Sparse {
        let mut rows = Sparse::new(self.len());
        for document in 0..documents {
            let mut cells: Vec<(u32, f32)> = terms(document, words)
                .into_iter()
                .filter_map(|(term, count)| {
                    let &column = self.columns.get(&term)?;
                    Some((column, (1.0 + (count as f32).ln()) * self.weights[column as usize]))
                })
                .collect();
            cells.sort_unstable_by_key(|&(column, _)| column);
            let length = cells.iter().map(|(_, value)| value * value).sum::<f32>().sqrt();
            rows.push_row(cells.into_iter().map(|(column, value)| (column, value / length)));
        }
        rows
    }
}

/// Words and pairs of a document, each once, and how often they occur.
fn terms(document: usize, words: &Words<'_>) -> Vec<(u64, u32)> {
    let mut hashes = Vec::new();
    let mut previous = None;
    words(document, &mut |word| {
        let hash = fnv(OFFSET, word.as_bytes());
        if let Some(previous) = previous {
            let gap = fnv(previous, &[0xff]); // no byte of UTF-8, so ("ab", "c") is not ("a", "bc")
            hashes.push(fnv(gap, word.as_bytes()));
        }
        hashes.push(hash);
        previous = Some(hash);
    });
    hashes.sort_unstable();
    hashes.chunk_by(|a, b| a == b).map(|same| (same[0], same.len() as u32)).collect()
}

const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;

/// Fowler, Noll & Vo's hash 1a, continued from `hash`.
fn fnv(hash: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(hash, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of `TfidfVectorizer(sublinear_tf=True, min_df=2, ngram_range=(1, 2))`.
    #[test]
    fn weights_are_sklearns() {
        let texts = ["big cat big cat big", "big dog", "the cat", "big cat"];
        let words =
            |document: usize, emit: &mut dyn FnMut(&str)| texts[document].split(' ').for_each(emit);
        let model = TfIdf::fit(4, &words, &TfIdfOptions::default());
        assert_eq!(model.len(), 3); // big, cat, big cat
        let rows = model.transform(4, &words);
        let value = |document: usize, text: &str| {
            let hash = match text.split_once(' ') {
                Some((a, b)) => fnv(fnv(fnv(OFFSET, a.as_bytes()), &[0xff]), b.as_bytes()),
                None => fnv(OFFSET, text.as_bytes()),
            };
            let column = model.columns[&hash];
            rows.row(document).iter().find(|cell| cell.0 == column).map_or(0.0, |cell| cell.1)
        };
        for (document, text, wanted) in WANTED {
            assert!(
                (value(document, text) - wanted).abs() < 1e-6,
                "{document} {text} {}",
                value(document, text)
            );
        }
    }

    const WANTED: [(usize, &str, f32); 7] = [
        (0, "big", 0.614_988_3),
        (0, "cat", 0.496_168_7),
        (0, "big cat", 0.612_867),
        (1, "big", 1.0),
        (2, "cat", 1.0),
        (3, "big", 0.532_569_5),
        (3, "big cat", 0.657_829_3),
    ];

    #[test]
    fn pairs_are_not_glued_words() {
        let texts = ["ab c", "a bc"];
        let words =
            |document: usize, emit: &mut dyn FnMut(&str)| texts[document].split(' ').for_each(emit);
        let shared = |a: Vec<(u64, u32)>, b: Vec<(u64, u32)>| a.iter().any(|term| b.contains(term));
        assert!(!shared(terms(0, &words), terms(1, &words)));
        assert!(terms(0, &|_, _| {}).is_empty());
    }
}
