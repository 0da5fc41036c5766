//! TF-IDF: how much an n-gram says about a document.
//!
//! As scikit-learn's `TfidfTransformer(sublinear_tf=True)`: `(1 + ln count) · idf`, then every
//! block of columns is scaled to length one.

use crate::text::TokenId;
use std::ops::Range;

/// Inverse document frequency of each of `columns` columns in some documents:
/// `ln((1 + N) / (1 + n)) + 1` for `n` of `N` documents, and 0 where `n` is below `least` or
/// nothing, which takes the column out.
///
/// # Panics
/// When a document has a column that there is not.
pub fn inverse_document_frequencies<T: AsRef<[TokenId]>>(
    documents: &[T],
    columns: usize,
    least: usize,
) -> Vec<f32> {
    let mut counts = vec![0_usize; columns];
    for document in documents {
        let runs = document.as_ref().chunk_by(|a, b| a == b);
        runs.for_each(|run| counts[run[0] as usize] += 1);
    }
    let all = 1.0 + documents.len() as f64;
    let of = |count: usize| match count {
        0 => 0.0,
        count if count < least => 0.0,
        count => (all / (1.0 + count as f64)).ln() + 1.0,
    };
    counts.into_iter().map(|count| of(count) as f32).collect()
}

/// The columns of a document with their weights, from its ids in rising order and the inverse
/// document frequency of each column.
///
/// # Panics
/// When the document has a column that is in no block.
pub fn tfidf(
    document: &[TokenId],
    frequencies: &[f32],
    blocks: &[Range<usize>],
) -> Vec<(TokenId, f32)> {
    let mut weights = Vec::new();
    let mut rest = document;
    for block in blocks {
        let (here, behind) = rest.split_at(rest.partition_point(|&id| (id as usize) < block.end));
        rest = behind;
        let first = weights.len();
        for run in here.chunk_by(|a, b| a == b) {
            let weight = (1.0 + (run.len() as f32).ln()) * frequencies[run[0] as usize];
            if weight > 0.0 {
                weights.push((run[0], weight));
            }
        }
        let squares = weights[first..].iter().map(|&(_, w)| f64::from(w) * f64::from(w));
        let length = squares.sum::<f64>().sqrt();
        for (_, weight) in &mut weights[first..] {
            *weight = (f64::from(*weight) / length) as f32;
        }
    }
    assert!(rest.is_empty(), "column {} is in no block", rest[0]);
    weights
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `TfidfTransformer(sublinear_tf=True)` on the counts `[[2, 1, 0], [0, 1, 0], [0, 0, 3]]`.
    #[test]
    fn weights_are_sklearns() {
        let documents = [vec![0, 0, 1], vec![1], vec![2, 2, 2]];
        let idf = inverse_document_frequencies(&documents, 3, 1);
        let wanted = [1.693_147_2, 1.287_682, 1.693_147_2];
        assert!(idf.iter().zip(wanted).all(|(found, wanted)| (found - wanted).abs() < 1e-6));
        let all = 0..3;
        let found = tfidf(&documents[0], &idf, std::slice::from_ref(&all));
        assert_eq!(found.iter().map(|cell| cell.0).collect::<Vec<_>>(), [0, 1]);
        for ((_, found), wanted) in found.iter().zip([0.912_201_6, 0.409_741_6]) {
            assert!((found - wanted).abs() < 1e-5, "{found} {wanted}");
        }
        assert_eq!(tfidf(&documents[2], &idf, &[0..2, 2..3]), [(2, 1.0)]);
    }

    #[test]
    fn each_block_has_length_one() {
        let idf = [1.0, 2.0, 1.0, 0.0];
        let found = tfidf(&[0, 1, 2, 3], &idf, &[0..2, 2..4]);
        let root = 5.0_f32.sqrt();
        assert_eq!(found, [(0, 1.0 / root), (1, 2.0 / root), (2, 1.0)]);
        assert!(tfidf(&[], &idf, &[0..2, 2..4]).is_empty());
        assert!(tfidf(&[3, 3], &idf, &[0..2, 2..4]).is_empty(), "a column that was taken out");
    }

    #[test]
    fn rare_columns_are_taken_out() {
        let idf = inverse_document_frequencies(&[vec![0, 1, 1], vec![0]], 3, 2);
        assert!(idf[0] > 0.0);
        assert_eq!(idf[1..], [0.0, 0.0]);
    }
}
