//! Documents as vectors: the pooled states of a recurrent network.

use super::bpt3c::{self, Window};
use super::{ClassifierConfig, LanguageModel, TextClassifier};
use crate::data::batches::{ClassifierBatch, evaluation_batches, pad};
use crate::data::labels::LabelKind;
use ulmfit_ops::{Device, Tensor};

/// A vector for each document, in their order, by a function from batches to `[B, W]`.
fn by_batches<D: Device>(
    documents: &[Vec<u32>],
    (seq_len, batch_size): (usize, usize),
    pooled: impl Fn(&ClassifierBatch) -> Tensor<D>,
    each: &mut dyn FnMut(usize),
) -> Vec<Vec<f32>> {
    let lengths: Vec<usize> = documents.iter().map(Vec::len).collect();
    let mut vectors = vec![Vec::new(); documents.len()];
    let mut done = 0;
    for items in evaluation_batches(&lengths, batch_size) {
        let texts: Vec<&[u32]> = items.iter().map(|&item| documents[item].as_slice()).collect();
        let rows = pooled(&pad(&texts, seq_len));
        let width = rows.dims()[1];
        for (&item, row) in items.iter().zip(rows.to_f32().chunks_exact(width)) {
            vectors[item] = row.to_vec();
        }
        done += items.len();
        each(done);
    }
    vectors
}

impl<D: Device> TextClassifier<D> {
    /// What the head reads of each document: last, maximum and mean state (Howard & Ruder 2018,
    /// section 3.3), `3E` numbers. Documents are in the network's direction; none is empty.
    ///
    /// A document's bits do not depend on the others, nor on `batch_size`. `each` hears of documents
    /// done.
    pub fn vectors(
        &self,
        documents: &[Vec<u32>],
        batch_size: usize,
        each: &mut dyn FnMut(usize),
    ) -> Vec<Vec<f32>> {
        let sizes = (self.config().seq_len, batch_size);
        by_batches(documents, sizes, |batch| self.pooled(batch), each)
    }
}

impl<D: Device> LanguageModel<D> {
    /// What a new classifier on this model would read of each document, as
    /// [`TextClassifier::vectors`].
    pub fn vectors(
        &self,
        documents: &[Vec<u32>],
        batch_size: usize,
        each: &mut dyn FnMut(usize),
    ) -> Vec<Vec<f32>> {
        let ClassifierConfig { seq_len, max_len, .. } =
            ClassifierConfig::new(self.config(), 1, LabelKind::Single);
        let pooled = |batch: &ClassifierBatch| {
            let window = Window::Document;
            let encoded =
                bpt3c::encode(&self.encoder, &self.device, batch, seq_len, max_len, window, None);
            self.device.concat_pool_forward(&encoded.outputs, &encoded.spans).0
        };
        by_batches(documents, (seq_len, batch_size), pooled, each)
    }
}
