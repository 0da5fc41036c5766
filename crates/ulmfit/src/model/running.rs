//! What a classifier would say if a document ended earlier: one answer after every token.
//!
//! A recurrent encoder has read the beginning of a document before it reads the rest, so running
//! last, maximum and mean outputs through the head are its answers to all beginnings, for the price
//! of one pass.

use super::TextClassifier;
use super::bpt3c::{self, Window};
use crate::data::batches::pad;
use ulmfit_ops::{Device, Tensor};

/// A document's answers.
#[derive(Clone, Debug, PartialEq)]
pub struct RunningLogits {
    /// To the whole document, bit for bit those of [`TextClassifier::logits`].
    pub whole: Vec<f32>,
    /// The first token that is pooled; those before it are too far from the end.
    pub first: usize,
    /// After each token from `first` on.
    pub after: Vec<Vec<f32>>,
}

impl<D: Device> TextClassifier<D> {
    /// Answers to all beginnings of some documents, longest first, in reading order.
    ///
    /// # Panics
    /// If the documents are not sorted by falling length, or one is empty.
    pub fn running_logits(&self, documents: &[&[u32]]) -> Vec<RunningLogits> {
        let (config, device) = (self.config(), &self.device);
        let (classes, emb) = (config.classes, config.encoder.emb);
        let batch = pad(documents, config.seq_len);
        let encoded = bpt3c::encode(
            &self.encoder,
            device,
            &batch,
            config.seq_len,
            config.max_len,
            Window::Document,
            None,
        );
        let pooled = device.concat_pool_forward(&encoded.outputs, &encoded.spans).0;
        let whole = self.head.forward(device, &pooled).to_f32();
        let outputs = encoded.outputs.to_f32(); // [T, B, E]
        let answers = documents.iter().enumerate().map(|(row, document)| {
            let span = encoded.spans[row].clone();
            let output = |t: usize| {
                let at = (t * documents.len() + row) * emb;
                &outputs[at..at + emb]
            };
            let (mut highest, mut sum) = (vec![f32::NEG_INFINITY; emb], vec![0.0_f32; emb]);
            let mut pools = Vec::with_capacity(3 * emb * span.len());
            for (n, t) in span.clone().enumerate() {
                let last = output(t);
                for ((highest, sum), &value) in highest.iter_mut().zip(&mut sum).zip(last) {
                    *highest = highest.max(value);
                    *sum += value;
                }
                let count = (n + 1) as f32;
                pools.extend_from_slice(last);
                pools.extend_from_slice(&highest);
                pools.extend(sum.iter().map(|sum| sum / count));
            }
            let pools = Tensor::from_f32(&[span.len(), 3 * emb], &pools);
            let after = self.head.forward(device, &pools).to_f32();
            RunningLogits {
                whole: whole[row * classes..(row + 1) * classes].to_vec(),
                first: document.len() - span.len(),
                after: after.chunks_exact(classes).map(<[f32]>::to_vec).collect(),
            }
        });
        answers.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::labels::LabelKind;
    use crate::model::{AwdLstmConfig, ClassifierConfig, DropoutConfig};
    use ulmfit_ops::{Cpu, Key};

    #[test]
    fn each_answer_is_that_of_the_beginning_alone() {
        let sizes = AwdLstmConfig { vocab: 30, emb: 4, hid: 6, layers: 2 };
        let config = ClassifierConfig {
            seq_len: 5,
            max_len: None,
            ..ClassifierConfig::new(sizes, 3, LabelKind::Single)
        };
        let model = TextClassifier::new(Cpu::default(), config, DropoutConfig::NONE, Key::new(2));
        let documents: Vec<Vec<u32>> =
            [13, 4, 1].iter().map(|&n| (0..n).map(|t| 3 + (7 * t + n) % 27).collect()).collect();
        let rows: Vec<&[u32]> = documents.iter().map(Vec::as_slice).collect();
        for (found, document) in model.running_logits(&rows).iter().zip(&documents) {
            assert_eq!((found.first, found.after.len()), (0, document.len()));
            assert_eq!(found.whole, model.logits(&[document]).to_f32());
            for (n, after) in found.after.iter().enumerate() {
                let alone = model.logits(&[&document[..=n]]).to_f32();
                for (a, b) in after.iter().zip(&alone) {
                    assert!((a - b).abs() < 1e-5, "{n}: {after:?} {alone:?}");
                }
            }
        }
    }

    #[test]
    fn what_is_not_pooled_has_no_answer() {
        let sizes = AwdLstmConfig { vocab: 30, emb: 4, hid: 6, layers: 1 };
        let config = ClassifierConfig {
            seq_len: 5,
            max_len: Some(7),
            ..ClassifierConfig::new(sizes, 2, LabelKind::Single)
        };
        let model = TextClassifier::new(Cpu::default(), config, DropoutConfig::NONE, Key::new(2));
        let document: Vec<u32> = (0..23).map(|t| 3 + (7 * t) % 27).collect();
        let found = model.running_logits(&[&document]).remove(0);
        assert_eq!((found.first, found.after.len()), (20, 3));
        for (a, b) in found.after[2].iter().zip(&found.whole) {
            assert!((a - b).abs() < 1e-5);
        }
    }
}
