//! Back-propagation through time for text classification (BPT3C).
//!
//! Howard & Ruder 2018, section 3.3, as fastai's `SentenceEncoder` computes it: a document runs
//! through the encoder in pieces of `seq_len` tokens, the state is carried over, gradients stay
//! within a piece, and only pieces that start within the last `max_len` tokens are pooled and
//! learn.

use super::awd_lstm::{EncoderOutput, EncoderState, EncoderTape};
use super::weight_gradients::WeightGradients;
use super::{AwdLstm, MaskSource, Mode, TrainableGroups};
use crate::data::batches::ClassifierBatch;
use std::ops::Range;
use ulmfit_ops::lstm::Tape;
use ulmfit_ops::{Device, Tensor};

/// How much of each document is pooled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// Counted from the end of the *batch*, padding included: fastai's rule, used in training. A
    /// document that ends before the window is pooled as if it were alone.
    Batch,
    /// Counted from the end of each document: what fastai does with a document alone. Used in
    /// evaluation, so that batch mates never change an answer.
    Document,
}

/// A batch of encoded documents.
pub struct Encoded<D: Device> {
    /// Hidden states of the pooled times, `[T', B, E]`; zero where no document was.
    pub outputs: Tensor<D>,
    /// Which of those times belong to each document, padding excluded.
    pub spans: Vec<Range<usize>>,
    /// Tapes of the pooled pieces, if asked for.
    pub tape: Vec<PieceTape<D>>,
}

/// A piece of a batch on its way back.
pub struct PieceTape<D: Device> {
    start: usize, // in `outputs`
    time: usize,
    rows: usize,
    record: Record<D>,
}

/// What is known of a piece's forward pass.
enum Record<D: Device> {
    /// All activations.
    Kept(EncoderTape<D>),
    /// Where it began: it runs again when its gradient is needed (gradient checkpointing, Chen, Xu,
    /// Zhang & Guestrin 2016).
    Again { piece: usize, ids: Vec<u32>, from: EncoderState<D> },
}

/// How a batch is encoded that learns.
pub struct Learning<'a, D: Device> {
    /// Dropout.
    pub masks: &'a dyn MaskSource<D>,
    /// Whether gradients will come back; `None` keeps no tape. Else the bytes of activations that
    /// are kept: pieces beyond them run again in [`backward`], with the same bits.
    pub kept_bytes: Option<u64>,
}

/// Which groups the parts of an encoder belong to.
#[derive(Clone, Copy, Debug)]
pub struct Groups {
    /// Group of the lowest LSTM layer; the others follow.
    pub first_layer: usize,
    /// Group of the embedding.
    pub embedding: usize,
}

impl Groups {
    /// Those of a classifier.
    pub const CLASSIFIER: Self = Self { first_layer: 1, embedding: 0 };
}

/// Tokens of a text of `length` that are not pooled: those of the pieces that start before its last
/// `max_len` tokens. Its last piece is always pooled, also where `max_len` is shorter than that.
pub(super) fn skipped(length: usize, seq_len: usize, max_len: Option<usize>) -> usize {
    let last_piece = length.saturating_sub(1) / seq_len * seq_len;
    let before = |max| length.saturating_sub(max).div_ceil(seq_len) * seq_len;
    max_len.map_or(0, |max| before(max).min(last_piece))
}

/// First pooled time of each row, in times of the batch.
///
/// A row can end before the batch's window, as less than a piece of padding stands behind it. It is
/// pooled as if it were alone then, where fastai would take the mean of nothing.
fn first_kept(
    batch: &ClassifierBatch,
    seq_len: usize,
    max_len: Option<usize>,
    window: Window,
) -> Vec<usize> {
    let of_batch = skipped(batch.time, seq_len, max_len);
    let first = |(&start, &length): (&usize, &usize)| {
        let alone = start + skipped(length, seq_len, max_len);
        match window {
            Window::Batch if of_batch < start + length => start.max(of_batch),
            Window::Batch | Window::Document => alone,
        }
    };
    batch.starts.iter().zip(&batch.lengths).map(first).collect()
}

/// How many of the first rows a piece runs: up to the last one with a token in it.
///
/// Rows are sorted by length and padded in front by whole pieces, so these have begun. A row
/// among them may have ended within the last piece but one; its padding is then run and ignored.
/// fastai runs as many rows as have a token in the piece's first column, which is the same but
/// for such a row with a shorter one behind it.
fn rows_with_text(batch: &ClassifierBatch, start: usize) -> usize {
    let rows = batch.starts.iter().zip(&batch.lengths);
    let has_text = |(&from, &length): (&usize, &usize)| from <= start && from + length > start;
    rows.map(has_text).enumerate().fold(0, |last, (row, has)| if has { row + 1 } else { last })
}

/// Runs a batch of documents through the encoder, piece by piece.
///
/// `learning` turns dropout on; tapes are made only then. Of every document that has a token at least
/// one is pooled, whatever `seq_len` and `max_len` are.
///
/// # Panics
/// When the batch was padded for another `seq_len`.
#[expect(clippy::needless_pass_by_value, reason = "a few words, made for the call")]
pub fn encode<D: Device>(
    encoder: &AwdLstm<D>,
    device: &D,
    batch: &ClassifierBatch,
    seq_len: usize,
    max_len: Option<usize>,
    window: Window,
    learning: Option<Learning<'_, D>>,
) -> Encoded<D> {
    assert!(batch.starts.iter().all(|s| s % seq_len == 0), "batch padded for another piece length");
    let kept = first_kept(batch, seq_len, max_len, window);
    let origin = kept.iter().copied().min().unwrap_or(0) / seq_len * seq_len;
    let mut outputs = Tensor::zeros(&[batch.time - origin, batch.batch, encoder.config().emb]);
    let mut state = encoder.zero_state(0);
    let mut tape = Vec::new();
    // `None`: no gradient will be asked for.
    let mut room = learning.as_ref().and_then(|learning| learning.kept_bytes);
    for (piece, start) in (0..batch.time).step_by(seq_len).enumerate() {
        let time = seq_len.min(batch.time - start);
        let rows = rows_with_text(batch, start);
        let ids: Vec<u32> = (start..start + time)
            .flat_map(|t| &batch.ids[t * batch.batch..t * batch.batch + rows])
            .copied()
            .collect();
        let pooled = start >= origin;
        let mode = match &learning {
            Some(learning) => Mode::Train { masks: learning.masks, piece },
            None => Mode::Evaluate,
        };
        let bytes = encoder.tape_bytes(time, rows);
        // The first pieces are kept: their gradients come first.
        let keep = pooled && room.is_some_and(|room| bytes <= room);
        let from = state.resized(device, rows);
        let kind = if keep { Tape::Keep } else { Tape::Discard };
        let EncoderOutput { y, state: after, tape: kept } =
            encoder.forward(device, &ids, rows, &from, mode, kind);
        state = after;
        if pooled {
            device.place_piece(&mut outputs, start - origin, &y);
        }
        if let Some(room) = room.as_mut().filter(|_| pooled) {
            *room = if keep { *room - bytes } else { 0 };
            let record = kept.map_or(Record::Again { piece, ids, from }, Record::Kept);
            tape.push(PieceTape { start: start - origin, time, rows, record });
        }
    }
    let ends = batch.starts.iter().zip(&batch.lengths).map(|(start, length)| start + length);
    let spans = kept.iter().zip(ends).map(|(&kept, end)| kept - origin..end - origin).collect();
    Encoded { outputs, spans, tape }
}

/// Sends the gradient of [`Encoded::outputs`] back through every pooled piece.
///
/// # Panics
/// When the shapes do not fit.
pub fn backward<D: Device>(
    encoder: &mut AwdLstm<D>,
    device: &D,
    tape: Vec<PieceTape<D>>,
    d_outputs: &Tensor<D>,
    (trainable, groups): (&TrainableGroups, Groups),
    masks: &dyn MaskSource<D>,
) {
    for PieceTape { start, time, rows, record } in tape {
        let tape = match record {
            Record::Kept(tape) => tape,
            Record::Again { piece, ids, from } => {
                let mode = Mode::Train { masks, piece };
                let again = encoder.forward(device, &ids, rows, &from, mode, Tape::Keep);
                again.tape.expect("a tape was asked for")
            }
        };
        let dy = device.take_piece(d_outputs, start, time, rows);
        let embedding = WeightGradients::of(trainable.group(groups.embedding));
        encoder.backward(device, tape, dy, trainable, groups.first_layer, embedding);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::batches::pad;
    use crate::model::{AwdLstmConfig, DropoutConfig};
    use ulmfit_ops::concat_pool::ConcatPool;
    use ulmfit_ops::{Cpu, Key};

    /// Batches of all lengths that can meet: from a token to four pieces apart.
    fn batches() -> impl Iterator<Item = Vec<usize>> {
        let lengths = |n: u64| {
            let draws = Key::new(n).uniform_values(1 + n as usize % 5, 1.0);
            let mut lengths: Vec<usize> =
                draws.into_iter().map(|u| 1 + (u.abs() * 38.0) as usize).collect();
            lengths.sort_unstable_by_key(|&length| std::cmp::Reverse(length));
            lengths
        };
        (0..40).map(lengths)
    }

    fn batch(lengths: &[usize], seq_len: usize) -> ClassifierBatch {
        let documents: Vec<Vec<u32>> = lengths
            .iter()
            .map(|&length| (0..length).map(|t| 2 + ((7 * t + length) % 28) as u32).collect())
            .collect();
        pad(&documents.iter().map(Vec::as_slice).collect::<Vec<_>>(), seq_len)
    }

    /// 0 for all, as in a recipe.
    fn windows() -> impl Iterator<Item = (usize, Option<usize>)> {
        (1..=9).flat_map(|seq_len| (0..=20).map(move |max| (seq_len, (max > 0).then_some(max))))
    }

    #[test]
    fn pieces_that_start_within_the_last_tokens_are_pooled_and_always_the_last() {
        for (seq_len, max_len) in windows() {
            for length in 1..60 {
                let within = |&start: &usize| max_len.is_none_or(|max| start + max >= length);
                let starts = || (0..length).step_by(seq_len);
                let wanted = starts().find(within).or(starts().next_back()).unwrap();
                assert_eq!(skipped(length, seq_len, max_len), wanted, "{length} of {seq_len}");
            }
        }
    }

    #[test]
    fn no_document_loses_all_its_tokens() {
        let mut saved = 0;
        for (seq_len, max_len) in windows() {
            for lengths in batches() {
                let batch = batch(&lengths, seq_len);
                for window in [Window::Batch, Window::Document] {
                    let kept = first_kept(&batch, seq_len, max_len, window);
                    for (row, &kept) in kept.iter().enumerate() {
                        let (start, length) = (batch.starts[row], batch.lengths[row]);
                        let case = format!("row {row} of {lengths:?} in {seq_len}, {max_len:?}");
                        assert!((start..start + length).contains(&kept), "{case}: {kept}");
                        assert_eq!(kept % seq_len, 0, "{case}");
                        let of_batch = skipped(batch.time, seq_len, max_len);
                        let alone = start + skipped(length, seq_len, max_len);
                        let is_reached = window == Window::Batch && of_batch < start + length;
                        assert_eq!(kept, if is_reached { start.max(of_batch) } else { alone });
                        saved += usize::from(of_batch >= start + length);
                    }
                }
            }
        }
        assert!(saved > 100, "{saved} rows prove little");
    }

    #[test]
    fn what_is_kept_and_learned_has_a_place() {
        let sizes = AwdLstmConfig { vocab: 30, emb: 2, hid: 2, layers: 1 };
        let mut encoder = AwdLstm::<Cpu>::new(sizes, DropoutConfig::NONE, Key::new(1));
        let device = Cpu::default();
        let masks = crate::model::RandomMasks::new(device, Key::new(2));
        for (seq_len, max_len) in windows() {
            for lengths in batches().take(12) {
                let batch = batch(&lengths, seq_len);
                let run = |learning, window| {
                    encode(&encoder, &device, &batch, seq_len, max_len, window, learning)
                };
                let encoded = run(None, Window::Document);
                device.concat_pool_forward(&encoded.outputs, &encoded.spans);
                let learning = Learning { masks: &masks, kept_bytes: Some(700) };
                let Encoded { outputs, spans, tape } = run(Some(learning), Window::Batch);
                let (pooled, pool) = device.concat_pool_forward(&outputs, &spans);
                let dy = device.concat_pool_backward(&pool, &pooled);
                let learning = (&TrainableGroups::all(3), Groups::CLASSIFIER);
                backward(&mut encoder, &device, tape, &dy, learning, &masks);
            }
        }
    }
}
