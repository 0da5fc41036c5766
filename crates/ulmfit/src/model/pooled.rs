//! The pooled states of documents, for prediction: nothing is computed but their own tokens.
//!
//! Training pads documents to a rectangle, as fastai does ([`super::bpt3c`]). A document's answer does
//! not depend on the others, so here they stand side by side, the longest first, and each step runs
//! those that have a token left.

use super::bpt3c::skipped;
use super::{AwdLstm, ClassifierConfig};
use ulmfit_ops::concat_pool::PartialPool;
use ulmfit_ops::{Device, Tensor};

/// Rows of states that are kept at a time, or one step of all documents.
const ROWS: usize = 4096;

/// Last, maximum and mean state of each document, `[B, 3E]`, in their order.
///
/// # Panics
/// When a document is empty.
pub(super) fn pooled<D: Device>(
    encoder: &AwdLstm<D>,
    device: &D,
    documents: &[&[u32]],
    config: &ClassifierConfig,
) -> Tensor<D> {
    let mut order: Vec<usize> = (0..documents.len()).collect();
    order.sort_by_key(|&document| std::cmp::Reverse(documents[document].len()));
    let sorted: Vec<&[u32]> = order.iter().map(|&document| documents[document]).collect();
    let time = sorted.first().map_or(0, |document| document.len());
    let skips: Vec<usize> =
        sorted.iter().map(|text| skipped(text.len(), config.seq_len, config.max_len)).collect();
    let mut pool = PartialPool::new(sorted.len(), encoder.config().emb);
    let mut state = encoder.zero_state(sorted.len());
    let mut start = 0;
    while start < time {
        let rows = steps(&sorted, start);
        let places = rows.iter().enumerate().map(|(step, &rows)| (start + step, rows));
        let ids: Vec<u32> =
            places.flat_map(|(t, rows)| sorted[..rows].iter().map(move |text| text[t])).collect();
        let (y, after) =
            encoder.forward_packed(device, &ids, &rows, &state.resized(device, rows[0]));
        let first: Vec<usize> = skips.iter().map(|skip| skip.saturating_sub(start)).collect();
        device.concat_pool_packed(&mut pool, &y, &rows, &first);
        (state, start) = (after, start + rows.len());
    }
    let mut places = vec![None; order.len()];
    for (place, &document) in order.iter().enumerate() {
        places[document] = Some(place as u32);
    }
    device.remap_rows(&pool.finish(), &places)
}

/// How many documents have each step of the next piece; documents are sorted by falling length.
fn steps(documents: &[&[u32]], start: usize) -> Vec<usize> {
    let (mut rows, mut sum) = (Vec::new(), 0);
    for t in start.. {
        let count = documents.partition_point(|document| document.len() > t);
        if count == 0 || (sum > 0 && sum + count > ROWS) {
            break;
        }
        sum += count;
        rows.push(count);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::batches::pad;
    use crate::data::labels::LabelKind;
    use crate::model::bpt3c::{self, Window};
    use crate::model::{AwdLstmConfig, DropoutConfig};
    use ulmfit_ops::concat_pool::ConcatPool as _;
    use ulmfit_ops::{Cpu, Key};

    #[test]
    fn pools_are_those_of_padded_documents() {
        let sizes = AwdLstmConfig { vocab: 30, emb: 4, hid: 6, layers: 2 };
        let encoder = AwdLstm::<Cpu>::new(sizes, DropoutConfig::NONE, Key::new(2));
        let device = Cpu::default();
        let lengths = [3, 23, 12, 1, 12, 1500, 40, 1499, 7, 2];
        let documents: Vec<Vec<u32>> =
            lengths.iter().map(|&n| (0..n).map(|t| 3 + (7 * t + n) % 27).collect()).collect();
        let texts: Vec<&[u32]> = documents.iter().map(Vec::as_slice).collect();
        for max_len in [None, Some(7), Some(60)] {
            let config = ClassifierConfig {
                seq_len: 5,
                max_len,
                ..ClassifierConfig::new(sizes, 3, LabelKind::Single)
            };
            let found = pooled(&encoder, &device, &texts, &config).to_f32();
            for (text, found) in texts.iter().zip(found.chunks_exact(12)) {
                let batch = pad(&[text], 5);
                let window = Window::Document;
                let alone = bpt3c::encode(&encoder, &device, &batch, 5, max_len, window, None);
                let alone = device.concat_pool_forward(&alone.outputs, &alone.spans).0.to_f32();
                assert_eq!(found, alone, "{} tokens, {max_len:?}", text.len());
            }
        }
        let config = ClassifierConfig::new(sizes, 3, LabelKind::Single);
        assert_eq!(pooled(&encoder, &device, &[], &config).dims(), [0, 12]);
    }

    #[test]
    fn pieces_are_of_so_many_rows_or_of_one_step() {
        let text = vec![3; 3 * ROWS];
        assert_eq!(steps(&[&text], 0).len(), ROWS);
        assert_eq!(steps(&[&text], 3 * ROWS - 5), [1; 5]);
        let many = vec![&text[..2]; ROWS + 1];
        assert_eq!(steps(&many, 0), [ROWS + 1]);
        assert_eq!(steps(&many, 1), [ROWS + 1]);
        assert!(steps(&many, 2).is_empty());
    }
}
