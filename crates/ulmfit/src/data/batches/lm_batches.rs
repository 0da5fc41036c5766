//! A corpus as the batches of a language model.

use std::ops::Range;

use ulmfit_ops::Key;

use super::bptt::Bptt;
use super::bptt::variable_windows;
use super::tokens::TokenSource;
use crate::data::error::DataError;
use crate::text::Direction;

/// The shape of batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LmBatchConfig {
    /// Parallel streams (`B`); see [`LmEpoch::new`] for corpora too small for it.
    pub batch_size: usize,
    /// Window length (`T`); the base of a variable one.
    pub seq_len: usize,
    /// Fixed or variable windows.
    pub bptt: Bptt,
    /// Which way the text is read.
    pub direction: Direction,
}

impl Default for LmBatchConfig {
    /// fastai's: 64 streams, windows of 72.
    fn default() -> Self {
        Self { batch_size: 64, seq_len: 72, bptt: Bptt::Fixed, direction: Direction::Forward }
    }
}

/// The order of documents in an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// As in the corpus: evaluation.
    InFile,
    /// A permutation drawn from the epoch's key: training.
    Shuffled(Key),
}

/// Tokens to read and tokens to predict, both `[T, B]`, time first: `x[t * B + b]`.
#[derive(Clone, Debug, PartialEq)]
pub struct LmBatch {
    /// Inputs.
    pub x: Vec<u32>,
    /// Targets: in the stream each is the token after its input.
    pub y: Vec<u32>,
    /// Steps (`T`).
    pub time: usize,
    /// Streams (`B`).
    pub batch: usize,
    /// Factor of the learning rate: window length divided by its base, 1 if fixed.
    pub rate_factor: f64,
}

/// One epoch over a corpus: batches by number, in any order, without a state.
///
/// The documents form one stream of `N` tokens. It is cut into `B` rows of `(N - 1) / B` tokens
/// (what is left over at the end is not read), and batch `i` is window `i` of every row, so that
/// hidden state can be carried from batch to batch. The last target of a row is the first token
/// of the next. This is fastai's `LMDataLoader`, whose short last batch is kept in training too.
///
/// The shuffled stream is never built: a batch looks its documents up.
#[derive(Debug)]
pub struct LmEpoch<'a, S: ?Sized> {
    source: &'a S,
    direction: Direction,
    /// Documents in stream order.
    order: Vec<usize>,
    /// Where each of them starts in the stream.
    starts: Vec<usize>,
    grid: Grid,
}

/// How the stream is cut into rows and windows; the documents in it do not matter.
#[derive(Debug)]
struct Grid {
    batch: usize,
    /// Tokens of a row.
    row: usize,
    seq_len: usize,
    /// Where each window starts in its row, and its length as drawn; empty if windows are fixed.
    windows: Vec<(usize, usize)>,
}

impl Grid {
    fn new(tokens: usize, config: &LmBatchConfig, order: Order) -> Result<Self, DataError> {
        let LmBatchConfig { batch_size, seq_len, bptt, .. } = *config;
        assert!(batch_size > 0 && seq_len > 0, "batches have rows and steps");
        if tokens < 2 {
            return Err(DataError::TooFewTokens { tokens });
        }
        let batch = batch_size.min((tokens - 1) / 2).max(1);
        let row = (tokens - 1) / batch;
        let windows = match (order, bptt) {
            (Order::Shuffled(key), Bptt::Variable { cap }) => {
                variable_windows(row, seq_len, cap, &key.child(1))
            }
            _ => Vec::new(),
        };
        Ok(Self { batch, row, seq_len, windows })
    }

    /// Number of batches.
    fn len(&self) -> usize {
        if self.windows.is_empty() { self.row.div_ceil(self.seq_len) } else { self.windows.len() }
    }
}

impl<'a, S: TokenSource + ?Sized> LmEpoch<'a, S> {
    /// Lays out an epoch.
    ///
    /// A corpus with less than two tokens to predict in each row gets fewer rows: `(N - 1) / 2`,
    /// at least one.
    ///
    /// # Errors
    /// [`DataError::TooFewTokens`] if there is no token to predict.
    ///
    /// # Panics
    /// If `batch_size` or `seq_len` is zero.
    pub fn new(source: &'a S, config: &LmBatchConfig, order: Order) -> Result<Self, DataError> {
        let grid = Grid::new(source.token_count(), config, order)?;
        let documents = source.document_count();
        let order = match order {
            Order::InFile => (0..documents).collect(),
            Order::Shuffled(key) => key.child(0).permutation(documents),
        };
        let mut starts = Vec::with_capacity(documents);
        let mut next = 0;
        for document in &order {
            starts.push(next);
            next += source.document(*document).len();
        }
        Ok(Self { source, direction: config.direction, order, starts, grid })
    }

    /// [`len`](Self::len) of an epoch that is not laid out.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    ///
    /// # Panics
    /// As [`new`](Self::new).
    pub fn count(source: &S, config: &LmBatchConfig, order: Order) -> Result<usize, DataError> {
        Ok(Grid::new(source.token_count(), config, order)?.len())
    }

    /// Number of batches.
    pub fn len(&self) -> usize {
        self.grid.len()
    }

    /// Never: an epoch has at least one batch.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Rows of every batch (`B`).
    pub fn batch_size(&self) -> usize {
        self.grid.batch
    }

    /// Tokens predicted in the whole epoch.
    pub fn targets(&self) -> usize {
        self.grid.batch * self.grid.row
    }

    /// Batch `index` of the epoch.
    ///
    /// # Panics
    /// If `index` is not below [`len`](Self::len).
    pub fn batch(&self, index: usize) -> LmBatch {
        assert!(index < self.len(), "batch {index} of {}", self.len());
        let Grid { batch, row, seq_len, windows } = &self.grid;
        let (start, drawn) = match windows.get(index) {
            Some(window) => *window,
            None => (index * seq_len, *seq_len),
        };
        let time = drawn.min(row - start);
        let rate_factor = if windows.is_empty() { 1.0 } else { drawn as f64 / *seq_len as f64 };
        let (mut x, mut y) = (vec![0; time * batch], vec![0; time * batch]);
        let mut tokens = Vec::with_capacity(time + 1);
        for b in 0..*batch {
            self.read(b * row + start, time + 1, &mut tokens);
            for t in 0..time {
                x[t * batch + b] = tokens[t];
                y[t * batch + b] = tokens[t + 1];
            }
        }
        LmBatch { x, y, time, batch: *batch, rate_factor }
    }

    /// Puts `count` tokens of the stream from `position` on into `out`.
    fn read(&self, position: usize, count: usize, out: &mut Vec<u32>) {
        out.clear();
        // Empty documents share their start with the next one: the last of equals is meant.
        let mut at = self.starts.partition_point(|start| *start <= position) - 1;
        let mut skip = position - self.starts[at];
        while out.len() < count {
            let Range { start, end } = self.source.document(self.order[at]);
            let (read, wanted) = (out.len(), count - out.len());
            let part = wanted.min((end - start).saturating_sub(skip));
            match self.direction {
                Direction::Forward => {
                    self.source.append(start + skip..start + skip + part, out);
                }
                Direction::Backward => {
                    self.source.append(end - skip - part..end - skip, out);
                    out[read..].reverse();
                }
            }
            (at, skip) = (at + 1, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::batches::tokens::Corpus;

    /// Documents of the given lengths; document `d` holds `100 (d + 1)`, `100 (d + 1) + 1`, ...
    fn corpus(lengths: &[u32]) -> Corpus {
        let mut corpus = Corpus::default();
        for (first, length) in (1..).zip(lengths) {
            corpus.push(&(first * 100..first * 100 + length).collect::<Vec<_>>());
        }
        corpus
    }

    fn config(batch_size: usize, seq_len: usize) -> LmBatchConfig {
        LmBatchConfig { batch_size, seq_len, ..LmBatchConfig::default() }
    }

    fn rows(values: &[u32], batch: usize) -> Vec<Vec<u32>> {
        (0..batch).map(|b| values.iter().skip(b).step_by(batch).copied().collect()).collect()
    }

    /// Every row of an epoch as inputs followed by its last target.
    fn streams<S: TokenSource>(epoch: &LmEpoch<S>) -> Vec<Vec<u32>> {
        let mut streams = vec![Vec::new(); epoch.batch_size()];
        for i in 0..epoch.len() {
            let batch = epoch.batch(i);
            for (stream, (x, y)) in streams
                .iter_mut()
                .zip(rows(&batch.x, batch.batch).into_iter().zip(rows(&batch.y, batch.batch)))
            {
                assert_eq!(x[1..], y[..y.len() - 1]);
                stream.pop();
                stream.extend(x);
                stream.push(y[y.len() - 1]);
            }
        }
        streams
    }

    #[test]
    fn fastais_batches() {
        let corpus = corpus(&[5, 7, 4, 9, 3]);
        let epoch = LmEpoch::new(&corpus, &config(3, 4), Order::InFile).unwrap();
        assert_eq!((epoch.len(), epoch.targets()), (3, 27));
        let [one, two, three] = [0, 1, 2].map(|i| epoch.batch(i));
        assert_eq!(
            rows(&one.x, 3),
            [[100, 101, 102, 103], [204, 205, 206, 300], [402, 403, 404, 405]]
        );
        assert_eq!(
            rows(&two.x, 3),
            [[104, 200, 201, 202], [301, 302, 303, 400], [406, 407, 408, 500]]
        );
        assert_eq!(rows(&three.x, 3), [[203], [401], [501]]);
        assert_eq!(rows(&three.y, 3), [[204], [402], [502]]);
        assert_eq!((three.time, three.batch, three.rate_factor), (1, 3, 1.0));
    }

    #[test]
    fn backward_turns_each_document() {
        let corpus = corpus(&[3, 2]);
        let config = LmBatchConfig { direction: Direction::Backward, ..config(1, 4) };
        let epoch = LmEpoch::new(&corpus, &config, Order::InFile).unwrap();
        let batch = epoch.batch(0);
        assert_eq!((batch.x, batch.y), (vec![102, 101, 100, 201], vec![101, 100, 201, 200]));
    }

    #[test]
    fn small_corpora_get_fewer_rows() {
        for (tokens, rows, row) in
            [(2, 1, 1), (3, 1, 2), (5, 2, 2), (128, 63, 2), (129, 64, 2), (200, 64, 3)]
        {
            let corpus = corpus(&[tokens]);
            let epoch = LmEpoch::new(&corpus, &LmBatchConfig::default(), Order::InFile).unwrap();
            assert_eq!((epoch.batch_size(), epoch.targets()), (rows, rows * row), "{tokens}");
        }
        let error = LmEpoch::new(&corpus(&[1]), &config(2, 2), Order::InFile).map(drop);
        assert!(matches!(error, Err(DataError::TooFewTokens { tokens: 1 })));
    }

    #[test]
    fn a_shuffled_epoch_is_a_permutation_of_documents() {
        let lengths: Vec<u32> = (0..50).map(|n| n * 7 % 11).collect(); // some are empty
        let corpus = corpus(&lengths);
        let epoch =
            |seed| LmEpoch::new(&corpus, &config(1, 7), Order::Shuffled(Key::new(seed))).unwrap();
        let stream = streams(&epoch(1)).concat();
        let mut sorted = stream.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, corpus.tokens);
        // Documents stay whole: within one every token follows its predecessor.
        for pair in stream.windows(2).filter(|pair| pair[0] / 100 == pair[1] / 100) {
            assert_eq!(pair[0] + 1, pair[1]);
        }
        assert_eq!(stream, streams(&epoch(1)).concat());
        assert_ne!(stream, streams(&epoch(2)).concat());
    }

    #[test]
    fn variable_windows_read_the_same_stream() {
        let corpus = corpus(&[90; 400]);
        let variable = |cap| LmBatchConfig { bptt: Bptt::Variable { cap }, ..config(4, 70) };
        let order = Order::Shuffled(Key::new(5));
        let fixed = LmEpoch::new(&corpus, &config(4, 70), order).unwrap();
        let epoch = LmEpoch::new(&corpus, &variable(None), order).unwrap();
        assert_eq!(streams(&epoch), streams(&fixed));

        let times: Vec<usize> = (0..epoch.len()).map(|i| epoch.batch(i).time).collect();
        let whole = &times[..times.len() - 1];
        assert!(whole.iter().all(|time| (5..100).contains(time)), "{times:?}");
        assert!(whole.iter().any(|time| *time != 70));
        assert!((epoch.batch(0).rate_factor - times[0] as f64 / 70.0).abs() < 1e-12);
        let capped = LmEpoch::new(&corpus, &variable(Some(60)), order).unwrap();
        assert!((0..capped.len()).all(|i| capped.batch(i).time <= 60));
        let still = LmEpoch::new(&corpus, &variable(None), Order::InFile).unwrap();
        assert_eq!(still.batch(0).time, 70, "evaluation does not vary");
    }

    #[test]
    fn any_batch_stands_alone() {
        let corpus = corpus(&[31; 40]);
        let order = Order::Shuffled(Key::new(8));
        let whole = LmEpoch::new(&corpus, &config(3, 10), order).unwrap();
        let all: Vec<LmBatch> = (0..whole.len()).map(|i| whole.batch(i)).collect();
        let again = LmEpoch::new(&corpus, &config(3, 10), order).unwrap();
        assert!((0..again.len()).rev().all(|i| again.batch(i) == all[i]));
    }
}
