//! How fast a sentence encoder of `minilm`'s size turns texts into vectors.

use crate::bench::{BenchOptions, timed, tokens};
use serde::Serialize;
use ulmfit::model::transformer::{Transformer, TransformerConfig, VectorScale};
use ulmfit::text::Frame;
use ulmfit_ops::{Cpu, Key};

/// Sizes of all-MiniLM-L6-v2.
const MINILM: TransformerConfig = TransformerConfig {
    vocab: 30_522,
    positions: 512,
    piece: 256,
    width: 384,
    layers: 6,
    heads: 12,
    inner: 1536,
    eps: 1e-12,
    frame: Frame { first: 101, last: 102 },
    vectors: VectorScale::Unit,
};
/// Tokens of a text, with the two special ones.
const TEXT: usize = 64;

/// What [`bench_encoder`] measures; medians over the steps.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EncoderSpeed {
    /// Texts in batches, a second.
    pub texts_per_s: f64,
    /// A batch, milliseconds.
    pub batch_ms: f64,
    /// A text alone, milliseconds.
    pub text_ms: f64,
}

/// Vectors of batches of texts of `document` tokens (by default 64), with random weights.
pub fn bench_encoder(options: &BenchOptions) -> EncoderSpeed {
    let BenchOptions { batch_size, document, steps, precision, seed, .. } = *options;
    let key = Key::new(seed);
    let encoder = Transformer::new(Cpu::with_precision(precision), MINILM, key.child(0));
    let length = document.unwrap_or(TEXT).saturating_sub(2).max(1);
    let texts: Vec<Vec<u32>> = (0..batch_size)
        .map(|text| tokens(length, MINILM.vocab, key.child(1).child(text as u64)))
        .collect();
    let median = |texts: &[Vec<u32>]| {
        let mut seconds = timed(steps, |_| drop(encoder.vectors_of(texts, &mut |_| ())));
        seconds.sort_by(f64::total_cmp);
        seconds[seconds.len() / 2]
    };
    let batch = median(&texts);
    EncoderSpeed {
        texts_per_s: batch_size as f64 / batch,
        batch_ms: 1e3 * batch,
        text_ms: 1e3 * median(&texts[..1]),
    }
}
