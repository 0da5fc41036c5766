//! Hypercolumns: the outputs of every layer of a frozen encoder, as features for a new head.
//!
//! The use of language models before fine-tuning (Peters et al. 2017, `CoVe`), which Howard &
//! Ruder 2018, section 2, set themselves apart from. Each layer's states over a document, the
//! embeddings among them, are concat-pooled, and the results are concatenated.

use super::bpt3c::skipped;
use super::weight_gradients::WeightGradients;
use super::{AwdLstm, HeadConfig, LanguageModel, MaskSource, Mode, Network, Param, PoolingHead};
use crate::data::batches::evaluation_batches;
use crate::text::special::PAD_ID;
use ulmfit_ops::class_loss::Targets;
use ulmfit_ops::lstm::{LstmState, Tape};
use ulmfit_ops::{Device, Key, Tensor};

/// How documents are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hypercolumns {
    /// Documents of a batch; it changes no bit.
    pub batch_size: usize,
    /// Tokens of a piece.
    pub seq_len: usize,
    /// Only this many of a document's last tokens are pooled, in whole pieces, and at least the last
    /// piece.
    pub max_len: Option<usize>,
}

impl Hypercolumns {
    /// Features of each document, in their order; `None` when `go_on(done, total)` returns false.
    ///
    /// # Shapes
    /// a row has `3(E + H·(L-1) + E)` numbers: last, maximum and mean of the embedding, then of
    /// each layer
    ///
    /// # Panics
    /// When a document is empty.
    pub fn extract<D: Device>(
        self,
        model: &LanguageModel<D>,
        documents: &[Vec<u32>],
        go_on: &mut dyn FnMut(usize, usize) -> bool,
    ) -> Option<Vec<Vec<f32>>> {
        let lengths: Vec<usize> = documents.iter().map(Vec::len).collect();
        let mut features = vec![Vec::new(); documents.len()];
        let mut done = 0;
        for items in evaluation_batches(&lengths, self.batch_size) {
            let texts: Vec<&[u32]> = items.iter().map(|&item| documents[item].as_slice()).collect();
            for column in self.pooled(&model.encoder, &model.device, &texts) {
                let width = column.dims()[1];
                let values = column.to_f32();
                for (&item, row) in items.iter().zip(values.chunks_exact(width)) {
                    features[item].extend_from_slice(row);
                }
            }
            done += items.len();
            if !go_on(done, documents.len()) {
                return None;
            }
        }
        Some(features)
    }

    /// Concat-pooled embedding and layers of a batch, each `[B, 3W]`.
    fn pooled<D: Device>(
        self,
        encoder: &AwdLstm<D>,
        device: &D,
        texts: &[&[u32]],
    ) -> Vec<Tensor<D>> {
        let Self { seq_len, max_len, .. } = self;
        let batch = texts.len();
        let time = texts.iter().map(|text| text.len()).max().unwrap_or(0);
        let first = |text: &&[u32]| skipped(text.len(), seq_len, max_len);
        let origin = texts.iter().map(first).min().unwrap_or(0);
        let widths = encoder.column_widths();
        let mut columns: Vec<Tensor<D>> =
            widths.iter().map(|&width| Tensor::zeros(&[time - origin, batch, width])).collect();
        let mut states: Vec<LstmState<D>> = encoder.zero_state(batch).0;
        for start in (0..time).step_by(seq_len) {
            // Padding stands behind a document, where it changes nothing that is pooled.
            let piece = start..time.min(start + seq_len);
            let ids: Vec<u32> = piece
                .flat_map(|t| texts.iter().map(move |text| text.get(t).copied().unwrap_or(PAD_ID)))
                .collect();
            let outputs = encoder.columns(device, &ids, batch, &mut states);
            if start >= origin {
                for (column, output) in columns.iter_mut().zip(&outputs) {
                    device.place_piece(column, start - origin, output);
                }
            }
        }
        let spans: Vec<_> =
            texts.iter().map(|text| first(text) - origin..text.len() - origin).collect();
        columns.iter().map(|column| device.concat_pool_forward(column, &spans).0).collect()
    }
}

impl<D: Device> AwdLstm<D> {
    /// Widths of what [`columns`](Self::columns) returns.
    fn column_widths(&self) -> Vec<usize> {
        let config = self.config();
        std::iter::once(config.emb).chain((0..config.layers).map(|l| config.layer(l).1)).collect()
    }

    /// Embedding and output of every layer without dropout, each `[T, B, W]`; carries `states` on.
    fn columns(
        &self,
        device: &D,
        ids: &[u32],
        batch: usize,
        states: &mut [LstmState<D>],
    ) -> Vec<Tensor<D>> {
        let dims = [ids.len() / batch, batch, self.config().emb];
        let embedded = device.embedding_forward(&self.embedding.value, ids, None).reshaped(&dims);
        let mut columns = vec![embedded];
        for (layer, state) in self.layers.iter().zip(states) {
            let below = columns[columns.len() - 1].clone();
            let out = layer.forward(device, below, state, Mode::Evaluate, 0.0, Tape::Discard);
            *state = out.state;
            columns.push(out.y);
        }
        columns
    }
}

/// A head on fixed features. It is the only group.
pub struct HypercolumnHead<D: Device> {
    device: D,
    head: PoolingHead<D>,
    inputs: usize,
}

impl<D: Device> HypercolumnHead<D> {
    /// A new head with random weights for features of `inputs` numbers.
    pub fn new(
        device: D,
        config: &HeadConfig,
        inputs: usize,
        classes: usize,
        first_dropout: f64,
        key: Key,
    ) -> Self {
        let head = PoolingHead::new(config, inputs, classes, first_dropout, key);
        Self { device, head, inputs }
    }

    /// One training step on some rows of features: adds gradients of `scale · loss`, and returns
    /// the loss.
    ///
    /// # Panics
    /// When there are fewer than two rows, which batch norm cannot normalise.
    pub fn train_step(
        &mut self,
        rows: &[&[f32]],
        targets: &Targets,
        masks: &dyn MaskSource<D>,
        scale: f64,
    ) -> f64 {
        let device = self.device.clone();
        let x = self.tensor(rows);
        let mode = Mode::Train { masks, piece: 0 };
        let (logits, tape) = self.head.train_forward(&device, x, mode);
        let (loss, mut d_logits) = device.class_loss(&logits, targets);
        device.scale(&mut d_logits, scale);
        self.head.backward(&device, tape, d_logits, WeightGradients::Accumulate);
        loss
    }

    /// Logits, `[B, C]`.
    pub fn logits(&self, rows: &[&[f32]]) -> Tensor<D> {
        self.head.forward(&self.device, &self.tensor(rows))
    }

    /// Mean loss of logits against targets.
    pub fn loss(&self, logits: &Tensor<D>, targets: &Targets) -> f64 {
        self.device.class_loss(logits, targets).0
    }

    fn tensor(&self, rows: &[&[f32]]) -> Tensor<D> {
        Tensor::from_f32(&[rows.len(), self.inputs], &rows.concat())
    }
}

impl<D: Device> Network<D> for HypercolumnHead<D> {
    fn groups(&self) -> usize {
        1
    }

    fn group_names(&self) -> Vec<String> {
        vec!["head".into()]
    }

    fn params(&self) -> Vec<(String, usize, &Param<D>)> {
        self.head.params().map(|p| (p.name.clone(), 0, p)).collect()
    }

    fn params_mut(&mut self) -> Vec<(String, usize, &mut Param<D>)> {
        self.head.params_mut().map(|p| (p.name.clone(), 0, p)).collect()
    }

    fn buffers(&self) -> Vec<(String, &Tensor<D>)> {
        self.head.buffers().collect()
    }

    fn buffers_mut(&mut self) -> Vec<(String, &mut Tensor<D>)> {
        self.head.buffers_mut().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::labels::LabelKind;
    use crate::model::{AwdLstmConfig, ClassifierConfig, DropoutConfig, TextClassifier};
    use ulmfit_ops::Cpu;

    const SIZES: AwdLstmConfig = AwdLstmConfig { vocab: 30, emb: 4, hid: 6, layers: 3 };

    /// The last column is what a classifier on the same encoder pools.
    #[test]
    fn the_last_column_is_the_classifiers() {
        let lm = LanguageModel::new(Cpu::default(), SIZES, DropoutConfig::NONE, Key::new(1));
        let config = ClassifierConfig {
            seq_len: 5,
            max_len: Some(7),
            ..ClassifierConfig::new(SIZES, 3, LabelKind::Single)
        };
        let mut classifier =
            TextClassifier::new(Cpu::default(), config, DropoutConfig::NONE, Key::new(2));
        classifier.copy_encoder(lm.encoder());
        let documents: Vec<Vec<u32>> = [3, 23, 12, 1]
            .iter()
            .map(|&n| (0..n).map(|t| 3 + (7 * t + n) % 27).collect())
            .collect();
        let columns = |batch_size| Hypercolumns { batch_size, seq_len: 5, max_len: Some(7) };
        let features = columns(4).extract(&lm, &documents, &mut |_, _| true).unwrap();
        assert_eq!(features, columns(1).extract(&lm, &documents, &mut |_, _| true).unwrap());
        for (row, document) in features.iter().zip(&documents) {
            assert_eq!(row.len(), 3 * (4 + 6 + 6 + 4));
            let pooled = classifier.pooled(&[document]).to_f32();
            assert_eq!(row[row.len() - 12..], pooled);
            let last = *document.last().unwrap() as usize;
            let embedding = lm.encoder().embedding.value.to_f32();
            assert_eq!(row[..4], embedding[4 * last..4 * last + 4]);
        }
        assert!(columns(4).extract(&lm, &documents, &mut |_, _| false).is_none());
    }

    #[test]
    fn no_window_is_too_short_and_batch_mates_change_no_bit() {
        let lm = LanguageModel::new(Cpu::default(), SIZES, DropoutConfig::NONE, Key::new(1));
        let documents: Vec<Vec<u32>> = [1, 10, 23, 12]
            .iter()
            .map(|&n| (0..n).map(|t| 3 + (5 * t + n) % 27).collect())
            .collect();
        for seq_len in 1..=9 {
            for max_len in (0..=20).map(|max| (max > 0).then_some(max)) {
                let columns = |batch_size| {
                    let columns = Hypercolumns { batch_size, seq_len, max_len };
                    columns.extract(&lm, &documents, &mut |_, _| true).unwrap()
                };
                assert_eq!(columns(4), columns(1), "pieces of {seq_len}, {max_len:?}");
            }
        }
    }
}
