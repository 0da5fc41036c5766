//! Back-propagation through time for text classification (BPT3C).
//!
//! Howard & Ruder 2018, section 3.3, as fastai's `SentenceEncoder` computes it: a document runs
//! through the encoder in pieces of `seq_len` tokens, the state is carried over, gradients stay
//! within a piece, and only pieces that reach into the last `max_len` tokens are pooled and
//! learn.

use super::awd_lstm::{EncoderOutput, EncoderTape};
use super::{AwdLstm, Learn, MaskSource, Mode};
use crate::data::ClassifierBatch;
use std::ops::Range;
use ulmfit_ops::lstm::Keep;
use ulmfit_ops::{Device, Tensor};

/// How much of each document is pooled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// Counted from the end of the *batch*, padding included: fastai's rule, used in training.
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
    tape: EncoderTape<D>,
}

/// First pooled time of each row, in times of the batch.
fn first_kept(
    batch: &ClassifierBatch,
    seq_len: usize,
    max_len: Option<usize>,
    window: Window,
) -> Vec<usize> {
    let skip = |length: usize| {
        max_len.map_or(0, |max| length.saturating_sub(max).div_ceil(seq_len) * seq_len)
    };
    let rows = batch.starts.iter().zip(&batch.lengths);
    match window {
        Window::Batch => rows.map(|(&start, _)| start.max(skip(batch.time))).collect(),
        Window::Document => rows.map(|(&start, &length)| start + skip(length)).collect(),
    }
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
/// `masks` turns dropout on; tapes are kept only then.
///
/// # Panics
/// When the batch was padded for another `seq_len`.
pub fn encode<D: Device>(
    encoder: &AwdLstm<D>,
    device: &D,
    batch: &ClassifierBatch,
    seq_len: usize,
    max_len: Option<usize>,
    window: Window,
    masks: Option<&dyn MaskSource<D>>,
) -> Encoded<D> {
    assert!(batch.starts.iter().all(|s| s % seq_len == 0), "batch padded for another piece length");
    let kept = first_kept(batch, seq_len, max_len, window);
    let origin = kept.iter().copied().min().unwrap_or(0) / seq_len * seq_len;
    let mut outputs = Tensor::zeros(&[batch.time - origin, batch.batch, encoder.config().emb]);
    let mut state = encoder.zero_state(0);
    let mut tape = Vec::new();
    for (piece, start) in (0..batch.time).step_by(seq_len).enumerate() {
        let time = seq_len.min(batch.time - start);
        let rows = rows_with_text(batch, start);
        let ids: Vec<u32> = (start..start + time)
            .flat_map(|t| &batch.ids[t * batch.batch..t * batch.batch + rows])
            .copied()
            .collect();
        let pooled = start >= origin;
        let (mode, keep) = match masks {
            Some(masks) => {
                (Mode::Train { masks, piece }, if pooled { Keep::Tape } else { Keep::Nothing })
            }
            None => (Mode::Evaluate, Keep::Nothing),
        };
        let from = state.resized(device, rows);
        let EncoderOutput { y, state: after, tape: piece_tape } =
            encoder.forward(device, &ids, rows, &from, mode, keep);
        state = after;
        if pooled {
            device.place_piece(&mut outputs, start - origin, &y);
        }
        tape.extend(piece_tape.map(|tape| PieceTape { start: start - origin, time, rows, tape }));
    }
    let ends = batch.starts.iter().zip(&batch.lengths).map(|(start, length)| start + length);
    let spans = kept.iter().zip(ends).map(|(&kept, end)| kept - origin..end - origin).collect();
    Encoded { outputs, spans, tape }
}

/// Sends the gradient of [`Encoded::outputs`] back through every pooled piece.
pub fn backward<D: Device>(
    encoder: &mut AwdLstm<D>,
    device: &D,
    tape: Vec<PieceTape<D>>,
    d_outputs: &Tensor<D>,
    learn: &Learn,
) {
    for PieceTape { start, time, rows, tape } in tape {
        let dy = device.take_piece(d_outputs, start, time, rows);
        encoder.backward(device, tape, dy, learn, 1, learn.group(0));
    }
}
