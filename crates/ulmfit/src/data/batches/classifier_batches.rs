//! Documents as the batches of a classifier.

use std::cmp::Reverse;

use crate::text::special::PAD_ID;
use ulmfit_ops::Key;

/// Batches whose documents are sorted together while training: enough that lengths in a batch
/// are alike, few enough that order stays random.
const SORTED_BATCHES: usize = 50;

/// Documents of like length side by side, padded to a rectangle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassifierBatch {
    /// Tokens and padding, `[T, B]`, time first: `ids[t * B + b]`.
    pub ids: Vec<u32>,
    /// Length of the longest document (`T`).
    pub time: usize,
    /// Documents (`B`).
    pub batch: usize,
    /// Tokens of each document.
    pub lengths: Vec<usize>,
    /// Where each document starts: a multiple of the window length.
    pub starts: Vec<usize>,
}

/// Batches of all documents, the longest first, for evaluation; ties stay in order.
///
/// # Panics
/// If `batch_size` is zero.
pub fn evaluation_batches(lengths: &[usize], batch_size: usize) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.sort_by_key(|document| Reverse(lengths[*document]));
    order.chunks(batch_size).map(<[usize]>::to_vec).collect()
}

/// Batches of an epoch of training: random, but of like length.
///
/// As fastai's `SortedDL`: a random order with the longest document in front (memory runs out
/// in the first step or never) is cut into slices of 50 batches, which are sorted by length and
/// cut into batches. The first stays first, the last stays last, those between are shuffled.
///
/// The short last batch is dropped, so other documents are left out in each epoch, unless it is
/// the only one. A batch has two documents at least, as batch norm needs a variance: a batch size
/// of one counts as two, and a single document gives no batch.
pub fn training_batches(lengths: &[usize], batch_size: usize, key: &Key) -> Vec<Vec<usize>> {
    let batches = lengths.len().div_ceil(batch_size.max(2));
    let middle = key.child(1).permutation(batches.saturating_sub(2));
    training_batches_with_permutation(
        lengths,
        batch_size,
        &key.child(0).permutation(lengths.len()),
        &middle,
    )
}

/// As [`training_batches`] with given permutations: of the documents, and of the batches between
/// the first and the last. Replays what fastai drew.
///
/// # Panics
/// If `documents` is not a permutation of `0..lengths.len()`, or `middle` not one of its batches.
pub fn training_batches_with_permutation(
    lengths: &[usize],
    batch_size: usize,
    documents: &[usize],
    middle: &[usize],
) -> Vec<Vec<usize>> {
    assert_eq!(documents.len(), lengths.len(), "a permutation of all documents");
    let batch_size = batch_size.max(2);
    let mut order = documents.to_vec();
    let longest =
        (0..lengths.len()).max_by_key(|document| (lengths[*document], Reverse(*document)));
    if let Some(at) = order.iter().position(|document| Some(*document) == longest) {
        order.swap(0, at);
    }
    for slice in order.chunks_mut(batch_size * SORTED_BATCHES) {
        slice.sort_by_key(|document| Reverse(lengths[*document]));
    }
    let sorted: Vec<&[usize]> = order.chunks(batch_size).collect();
    let mut batches: Vec<Vec<usize>> = match &sorted[..] {
        [first, between @ .., last] => {
            assert_eq!(middle.len(), between.len(), "a permutation of the batches between");
            let between = middle.iter().map(|batch| between[*batch]);
            std::iter::once(*first).chain(between).chain([*last]).map(<[usize]>::to_vec).collect()
        }
        few => few.iter().map(|batch| batch.to_vec()).collect(),
    };
    if batches.len() > 1 {
        batches.retain(|batch| batch.len() == batch_size);
    }
    batches.retain(|batch| batch.len() > 1);
    batches
}

/// Pads documents to the length of the longest, as fastai's `Pad_Chunk`.
///
/// Whole windows of `seq_len` of padding go in front, which the encoder never runs, and the
/// remainder goes to the end, so that every document starts at the beginning of a window.
///
/// # Panics
/// If `seq_len` is zero.
pub fn pad(documents: &[&[u32]], seq_len: usize) -> ClassifierBatch {
    let batch = documents.len();
    let lengths: Vec<usize> = documents.iter().map(|document| document.len()).collect();
    let time = lengths.iter().copied().max().unwrap_or(0);
    let starts: Vec<usize> =
        lengths.iter().map(|length| (time - length) / seq_len * seq_len).collect();
    let mut ids = vec![PAD_ID; time * batch];
    for (b, (document, start)) in documents.iter().zip(&starts).enumerate() {
        for (t, id) in document.iter().enumerate() {
            ids[(start + t) * batch + b] = *id;
        }
    }
    ClassifierBatch { ids, time, batch, lengths, starts }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(n: usize) -> Vec<usize> {
        (0..n).map(|i| i * 7919 % 311 + 1).collect()
    }

    #[test]
    fn evaluation_sorts_and_loses_nothing() {
        assert_eq!(evaluation_batches(&[3, 9, 3, 5], 3), [vec![1, 3, 0], vec![2]]);
        assert_eq!(evaluation_batches(&[], 3), Vec::<Vec<usize>>::new());
    }

    /// Recorded from `SortedDL` of fastai 2.8.12 with `drop_last`, batch size 2, lengths as given.
    #[test]
    fn fastais_batches_from_its_permutations() {
        let lengths = [4, 9, 2, 7, 9, 1, 5, 3, 6];
        let documents = [5, 7, 2, 1, 0, 8, 4, 3, 6];
        let batches = training_batches_with_permutation(&lengths, 2, &documents, &[2, 0, 1]);
        assert_eq!(batches, [[1, 4], [7, 2], [3, 8], [6, 0]]);
    }

    /// As above with 250 documents, so that three slices are sorted apart.
    #[test]
    fn fastais_slices() {
        let documents: Vec<usize> = (0..250).map(|i| (i * 137 + 11) % 250).collect();
        let middle: Vec<usize> = (0..123).map(|i| (i * 50 + 7) % 123).collect();
        let order =
            training_batches_with_permutation(&lengths(250), 2, &documents, &middle).concat();
        let sum: usize = order.iter().enumerate().map(|(at, document)| (at + 1) * document).sum();
        assert_eq!(order[..6], [203, 149, 207, 248, 99, 194]);
        assert_eq!(order[244..], [193, 139, 98, 44, 175, 216]);
        assert_eq!(sum, 3_816_229);
    }

    #[test]
    fn training_shuffles_batches_of_like_length() {
        let lengths = lengths(1000);
        let batches = training_batches(&lengths, 8, &Key::new(1));
        assert_eq!(batches.len(), 125);
        let mut all = batches.concat();
        all.sort_unstable();
        assert_eq!(all, (0..1000).collect::<Vec<_>>());
        assert!(
            batches
                .iter()
                .all(|batch| batch.is_sorted_by_key(|document| Reverse(lengths[*document])))
        );
        assert_eq!(Some(&lengths[batches[0][0]]), lengths.iter().max());
        assert_eq!(batches, training_batches(&lengths, 8, &Key::new(1)));
        assert_ne!(batches, training_batches(&lengths, 8, &Key::new(2)));
    }

    #[test]
    fn no_batch_is_too_small_for_batch_norm() {
        for (documents, batch_size, sizes) in [
            (0, 4, vec![]),
            (1, 4, vec![]),
            (2, 4, vec![2]),
            (4, 4, vec![4]),
            (5, 4, vec![4]),
            (7, 4, vec![4]),
            (3, 1, vec![2]),
        ] {
            let batches = training_batches(&lengths(documents), batch_size, &Key::new(3));
            let found: Vec<usize> = batches.iter().map(Vec::len).collect();
            assert_eq!(found, sizes, "{documents} documents");
        }
    }

    #[test]
    fn fastais_padding() {
        let documents: [&[u32]; 3] =
            [&[2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], &[2, 3, 4, 5, 6, 7], &[2, 3, 4]];
        let batch = pad(&documents, 4);
        let row = |b: usize| -> Vec<u32> { batch.ids.iter().skip(b).step_by(3).copied().collect() };
        assert_eq!(row(0), [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
        assert_eq!(row(1), [1, 1, 1, 1, 2, 3, 4, 5, 6, 7, 1]);
        assert_eq!(row(2), [1, 1, 1, 1, 1, 1, 1, 1, 2, 3, 4]);
        assert_eq!((batch.time, batch.batch), (11, 3));
        assert_eq!((batch.lengths, batch.starts), (vec![11, 6, 3], vec![0, 4, 8]));
    }

    #[test]
    fn padding_nothing() {
        assert!(pad(&[], 4).ids.is_empty());
        assert_eq!(pad(&[&[], &[5]], 4).ids, [1, 5]);
    }
}
