//! Documents as vectors: the pooled states of a recurrent network.

use super::pooled::pooled;
use super::{ClassifierConfig, LanguageModel, TextClassifier};
use crate::data::batches::evaluation_batches;
use crate::data::labels::LabelKind;
use ulmfit_ops::{Device, Tensor};

/// A vector for each document, in their order, by a function from batches to `[B, W]`.
fn by_batches<D: Device>(
    documents: &[Vec<u32>],
    batch_size: usize,
    pooled: impl Fn(&[&[u32]]) -> Tensor<D>,
    each: &mut dyn FnMut(usize),
) -> Vec<Vec<f32>> {
    let lengths: Vec<usize> = documents.iter().map(Vec::len).collect();
    let mut vectors = vec![Vec::new(); documents.len()];
    let mut done = 0;
    for items in evaluation_batches(&lengths, batch_size) {
        let texts: Vec<&[u32]> = items.iter().map(|&item| documents[item].as_slice()).collect();
        let rows = pooled(&texts);
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
        by_batches(documents, batch_size, |texts| self.pooled(texts), each)
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
        let config = ClassifierConfig::new(self.config(), 1, LabelKind::Single);
        let pooled = |texts: &[&[u32]]| pooled(&self.encoder, &self.device, texts, &config);
        by_batches(documents, batch_size, pooled, each)
    }
}
