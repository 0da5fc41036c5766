//! Laws of batches and splits on random sizes.

use proptest::prelude::*;
use ulmfit::data::batches::split::{HoldOutSize, stratified_groups};
use ulmfit::data::batches::{
    Bptt, Corpus, LmBatchConfig, LmEpoch, Order, evaluation_batches, pad, training_batches,
};
use ulmfit::text::Direction;
use ulmfit::text::special::PAD_ID;
use ulmfit_ops::Key;

/// Documents of the given lengths over rising tokens, so that every token is known by its value.
fn corpus(lengths: &[usize]) -> Corpus {
    let mut corpus = Corpus::default();
    for length in lengths {
        let first = corpus.tokens.len() as u32;
        corpus.push(&(first..first + *length as u32).collect::<Vec<_>>());
    }
    corpus
}

proptest! {
    /// Every token but the few left over at the end is read exactly once, and predicted from the
    /// one before it; whatever the shape, order, direction and window lengths.
    #[test]
    fn an_epoch_reads_every_token_once(
        lengths in prop::collection::vec(0_usize..30, 1..40),
        batch_size in 1_usize..9,
        seq_len in 1_usize..20,
        seed in any::<u64>(),
        shuffled in any::<bool>(),
        backward in any::<bool>(),
        variable in any::<bool>(),
    ) {
        let corpus = corpus(&lengths);
        prop_assume!(corpus.tokens.len() > 1);
        let config = LmBatchConfig {
            batch_size,
            seq_len,
            bptt: if variable { Bptt::Variable { cap: None } } else { Bptt::Fixed },
            direction: if backward { Direction::Backward } else { Direction::Forward },
        };
        let order = if shuffled { Order::Shuffled(Key::new(seed)) } else { Order::InFile };
        let epoch = LmEpoch::new(&corpus, &config, order).unwrap();
        let rows = epoch.batch_size();
        let mut streams = vec![Vec::new(); rows];
        let mut targets = vec![Vec::new(); rows];
        for i in 0..epoch.len() {
            let batch = epoch.batch(i);
            prop_assert_eq!(batch.x.len(), batch.time * batch.batch);
            for (at, (x, y)) in batch.x.iter().zip(&batch.y).enumerate() {
                streams[at % rows].push(*x);
                targets[at % rows].push(*y);
            }
        }
        for row in 0..rows {
            prop_assert_eq!(streams[row].len(), epoch.targets() / rows);
            prop_assert_eq!(&streams[row][1..], &targets[row][..targets[row].len() - 1]);
            if row + 1 < rows {
                prop_assert_eq!(targets[row].last(), streams[row + 1].first());
            }
        }
        let mut read = streams.concat();
        read.sort_unstable();
        let many = read.len();
        read.dedup();
        prop_assert_eq!(read.len(), many);
        prop_assert!(corpus.tokens.len() - many <= rows, "{} left over", corpus.tokens.len() - many);
    }

    /// Training batches hold a document at most once, and all but a short batch of them.
    #[test]
    fn training_batches_are_a_choice(
        lengths in prop::collection::vec(1_usize..50, 2..400),
        batch_size in 2_usize..20,
        seed in any::<u64>(),
    ) {
        let batches = training_batches(&lengths, batch_size, &Key::new(seed));
        let mut documents = batches.concat();
        let many = documents.len();
        documents.sort_unstable();
        documents.dedup();
        prop_assert_eq!(documents.len(), many);
        prop_assert!(lengths.len() - many < batch_size);
        prop_assert!(batches.iter().all(|batch| (2..=batch_size).contains(&batch.len())));
        let mut all = evaluation_batches(&lengths, batch_size).concat();
        all.sort_unstable();
        prop_assert_eq!(all, (0..lengths.len()).collect::<Vec<_>>());
    }

    /// Padding keeps every document whole, from a window's beginning on.
    #[test]
    fn padding_keeps_documents(
        lengths in prop::collection::vec(0_usize..40, 1..8),
        seq_len in 1_usize..12,
    ) {
        let documents: Vec<Vec<u32>> = lengths.iter().map(|length| (2..2 + *length as u32).collect()).collect();
        let views: Vec<&[u32]> = documents.iter().map(Vec::as_slice).collect();
        let batch = pad(&views, seq_len);
        for (b, document) in documents.iter().enumerate() {
            let row: Vec<u32> = batch.ids.iter().skip(b).step_by(batch.batch).copied().collect();
            let (start, end) = (batch.starts[b], batch.starts[b] + batch.lengths[b]);
            prop_assert_eq!(&row[start..end], &document[..]);
            prop_assert!(row[..start].iter().chain(&row[end..]).all(|id| *id == PAD_ID));
            prop_assert!(start % seq_len == 0 && row.len() - end < seq_len);
        }
    }

    /// A split loses no row, tears no group and empties no class of the training part.
    #[test]
    fn splits_are_partitions(
        rows in prop::collection::vec((0_u32..5, 0_usize..60), 1..200),
        fraction in 0.0..0.9,
        seed in any::<u64>(),
    ) {
        let (labels, groups): (Vec<u32>, Vec<usize>) = rows.into_iter().unzip();
        let split = stratified_groups(&labels, &groups, HoldOutSize::Fraction(fraction), &Key::new(seed));
        let mut all = [split.train.clone(), split.valid.clone()].concat();
        all.sort_unstable();
        prop_assert_eq!(all, (0..labels.len()).collect::<Vec<_>>());
        for row in &split.train {
            prop_assert!(split.valid.iter().all(|other| groups[*other] != groups[*row]));
        }
        prop_assert!(split.valid.len() <= (labels.len() as f64 * fraction).round() as usize);
    }
}
