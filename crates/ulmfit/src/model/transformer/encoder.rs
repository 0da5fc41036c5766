//! From token ids to one vector per text.

use super::block::{Block, BlockTape, DropoutSource, Rows};
use super::dense::random;
use super::gradients::{self, BlockGradients, EmbeddingGradients, Layer, TransformerGradients};
use super::norm::Norm;
use super::{TextBatch, TransformerConfig, VectorScale, batch};
use crate::model::{Network, Param, TrainableGroups};
use rayon::prelude::*;
use std::ops::Range;
use ulmfit_ops::{Device, Key, Tensor};

/// Tokens in a batch of inference: enough for fast matrix products, few enough for the states of a layer to
/// stay in the second cache.
const TOKENS: usize = 256;
/// Tokens that the layers see at once where a single text has more.
const LONG: usize = 4096;
/// Batches that are shared out between the threads before `each` is told.
const BATCHES: usize = 32;

/// An encoder of the BERT family with mean pooling.
pub struct Transformer<D: Device> {
    device: D,
    config: TransformerConfig,
    pub(super) words: Param<D>, // [V, E]
    /// `[P, E]`; includes the embedding of token type 0, the only type used.
    pub(super) positions: Param<D>,
    pub(super) norm: Norm<D>,
    pub(super) blocks: Vec<Block<D>>,
}

/// What [`Transformer::backward`] needs.
pub struct TransformerTape<D: Device> {
    batch: TextBatch,
    embedded: Tensor<D>, // input of the first norm
    mask: Option<Tensor<D>>,
    blocks: Vec<BlockTape<D>>,
    output: Output<D>,
}

/// What was made of the last states.
enum Output<D: Device> {
    /// A vector for each text, from these means.
    Vectors { pooled: Tensor<D> },
    /// The states of these rows.
    Rows(Vec<u32>),
}

impl<D: Device> TransformerTape<D> {
    /// Number of rows of the output.
    pub(super) fn rows(&self) -> usize {
        match &self.output {
            Output::Vectors { .. } => self.batch.texts.len(),
            Output::Rows(rows) => rows.len(),
        }
    }
}

impl<D: Device> Transformer<D> {
    /// An untrained encoder.
    pub fn new(device: D, config: TransformerConfig, key: Key) -> Self {
        let TransformerConfig { vocab, positions, width, eps, .. } = config;
        let table = |name: &str, rows: usize, key: Key| {
            let values = Tensor::from_f32(&[rows, width], &random(rows * width, key));
            Param::new(format!("embeddings.{name}.weight"), values)
        };
        let block = |number| Block::new(&config, number, key.child(3).child(number as u64));
        Self {
            words: table("word_embeddings", vocab, key.child(0)),
            positions: table("position_embeddings", positions, key.child(1)),
            norm: Norm::new("embeddings.LayerNorm", width, eps),
            blocks: (0..config.layers).map(block).collect(),
            device,
            config,
        }
    }

    /// Its sizes.
    pub fn config(&self) -> &TransformerConfig {
        &self.config
    }

    /// The same encoder on another device.
    pub fn set_device(&mut self, device: D) {
        self.device = device;
        self.blocks.iter_mut().for_each(Block::forget_prepared); // laid out for the device before
    }

    pub(super) fn device(&self) -> &D {
        &self.device
    }

    /// The hidden states after the embeddings and after each layer, for tests and tools.
    ///
    /// # Shapes
    /// `[N, E]` each
    pub fn states(&self, batch: &TextBatch) -> Vec<Tensor<D>> {
        let mut x = self.norm.forward(&self.device, &self.embed(batch));
        let mut states = vec![x.clone()];
        for block in &self.blocks {
            x = block.forward(&self.device, &x, &batch.pieces);
            states.push(x.clone());
        }
        states
    }

    /// One vector per text.
    ///
    /// # Shapes
    /// result: `[B, E]`
    pub fn vectors(&self, batch: &TextBatch) -> Tensor<D> {
        let states = self.last_states(batch);
        self.scaled(self.device.mean_pool_forward(&states, &batch.texts))
    }

    /// The hidden states after the last layer.
    ///
    /// # Shapes
    /// result: `[N, E]`
    pub(super) fn last_states(&self, batch: &TextBatch) -> Tensor<D> {
        // The layers need ten times the memory of their output. The pieces of a long text do not see each other, so
        // they need not be read at once.
        let parts = batch.parts(LONG);
        if let [whole] = &parts[..] {
            return self.states_of(whole);
        }
        let width = self.config.width;
        let mut all = Tensor::zeros(&[batch.ids.len(), 1, width]);
        let mut start = 0;
        for part in &parts {
            let tokens = part.ids.len();
            let states = self.states_of(part).reshaped(&[tokens, 1, width]);
            self.device.place_piece(&mut all, start, &states);
            start += tokens;
        }
        all.reshaped(&[batch.ids.len(), width])
    }

    fn states_of(&self, batch: &TextBatch) -> Tensor<D> {
        let mut x = self.norm.forward(&self.device, &self.embed(batch));
        for block in &self.blocks {
            x = block.forward(&self.device, &x, &batch.pieces);
        }
        x
    }

    /// One vector per text, in batches. Texts are ids without special tokens. `each` is called with the number
    /// of texts done.
    ///
    /// The vector of a text does not depend on the other texts, to the bit.
    pub fn vectors_of(&self, texts: &[Vec<u32>], each: &mut dyn FnMut(usize)) -> Vec<Vec<f32>> {
        let lengths: Vec<usize> = texts.iter().map(Vec::len).collect();
        let mut vectors = Vec::with_capacity(texts.len());
        let of_run = |run: &Range<usize>| {
            let part: Vec<&[u32]> = texts[run.clone()].iter().map(Vec::as_slice).collect();
            self.vectors(&TextBatch::new(&part, &self.config)).to_f32()
        };
        for runs in batch::runs(&lengths, TOKENS).chunks(BATCHES) {
            let found: Vec<Vec<f32>> = runs.par_iter().map(of_run).collect();
            for rows in found {
                vectors.extend(rows.chunks_exact(self.config.width).map(<[f32]>::to_vec));
            }
            each(vectors.len());
        }
        vectors
    }

    /// [`vectors`](Self::vectors) with a tape and BERT's dropout, except on attention weights.
    pub fn train_forward(
        &self,
        batch: TextBatch,
        dropout: f64,
        key: Key,
    ) -> (Tensor<D>, TransformerTape<D>) {
        let (x, tape) = self.train_states(batch, dropout, key);
        let pooled = self.device.mean_pool_forward(&x, &tape.batch.texts);
        let vectors = self.scaled(pooled.clone());
        (vectors, TransformerTape { output: Output::Vectors { pooled }, ..tape })
    }

    /// The last states of some tokens of each text, by their numbers in the text without frames; otherwise
    /// as [`train_forward`](Self::train_forward).
    ///
    /// # Shapes
    /// result: `[M, E]`
    pub fn train_tokens(
        &self,
        batch: TextBatch,
        tokens: &[Vec<usize>],
        dropout: f64,
        key: Key,
    ) -> (Tensor<D>, TransformerTape<D>) {
        let rows = batch.rows_of(tokens);
        let (x, tape) = self.train_states(batch, dropout, key);
        let states = self.device.embedding_forward(&x, &rows, None);
        (states, TransformerTape { output: Output::Rows(rows), ..tape })
    }

    /// All last states, and a tape of which nothing was read yet.
    fn train_states(
        &self,
        batch: TextBatch,
        dropout: f64,
        key: Key,
    ) -> (Tensor<D>, TransformerTape<D>) {
        let dropout = DropoutSource { probability: dropout, key };
        let embedded = self.embed(&batch);
        let mut x = self.norm.forward(&self.device, &embedded);
        let mask = dropout.apply(&self.device, &mut x, 0);
        let mut tapes = Vec::with_capacity(self.blocks.len());
        for (n, block) in self.blocks.iter().enumerate() {
            let dropout = dropout.child(1 + n as u64);
            let (y, tape) = block.train_forward(&self.device, x, Rows::all(&batch.pieces), dropout);
            tapes.push(tape);
            x = y;
        }
        let output = Output::Rows(Vec::new());
        (x, TransformerTape { batch, embedded, mask, blocks: tapes, output })
    }

    /// Adds the gradients of the trainable groups to those of the parameters; nothing below them is
    /// computed.
    ///
    /// # Shapes
    /// `dy`: that of the output
    pub fn backward(&mut self, tape: TransformerTape<D>, dy: &Tensor<D>, learn: &TrainableGroups) {
        let mut gradients = self.take_gradients(learn);
        self.add_gradients(tape, dy, &mut gradients);
        self.put_gradients(gradients);
    }

    /// [`backward`](Self::backward) with gradients outside of the parameters.
    ///
    /// # Shapes
    /// `dy`: that of the output
    pub fn add_gradients(
        &self,
        tape: TransformerTape<D>,
        dy: &Tensor<D>,
        gradients: &mut TransformerGradients<D>,
    ) {
        let TransformerTape { batch, embedded, mask, blocks, output } = tape;
        let device = &self.device;
        let mut dx = self.d_states(&batch, &output, dy);
        let TransformerGradients { embeddings, blocks: of_blocks } = gradients;
        let lowest = of_blocks.iter().position(Option::is_some).unwrap_or(of_blocks.len());
        let lowest = if embeddings.is_some() { 0 } else { lowest };
        let layers = self.blocks.iter().zip(blocks).zip(of_blocks);
        for ((block, tape), gradients) in layers.skip(lowest).rev() {
            let rows = Rows::all(&batch.pieces);
            dx = block.backward(device, &tape, rows, &dx, gradients.as_mut()).x;
        }
        let Some(EmbeddingGradients { words, positions, norm }) = embeddings else { return };
        if let Some(mask) = &mask {
            device.apply_mask(&mut dx, mask);
        }
        let d_embedded = self.norm.backward(device, &embedded, &dx, Some(norm));
        device.embedding_backward(&batch.ids, None, None, &d_embedded, words);
        device.embedding_backward(&batch.positions, None, None, &d_embedded, positions);
    }

    /// Gradient of the last states.
    fn d_states(&self, batch: &TextBatch, output: &Output<D>, dy: &Tensor<D>) -> Tensor<D> {
        let device = &self.device;
        match (output, self.config.vectors) {
            (Output::Vectors { .. }, VectorScale::AsIs) => {
                device.mean_pool_backward(&batch.texts, dy)
            }
            (Output::Vectors { pooled }, VectorScale::Unit) => {
                let d_pooled = device.unit_rows_backward(pooled, dy);
                device.mean_pool_backward(&batch.texts, &d_pooled)
            }
            (Output::Rows(rows), _) => {
                let mut dx = Tensor::zeros(&[batch.ids.len(), self.config.width]);
                device.embedding_backward(rows, None, None, dy, &mut dx);
                dx
            }
        }
    }

    /// Zeros of the shapes of the trainable groups.
    pub(super) fn zero_gradients_of(&mut self, learn: &TrainableGroups) -> TransformerGradients<D> {
        let zeros = |param: &Param<D>| Tensor::zeros(param.value.dims());
        TransformerGradients {
            embeddings: learn.group(0).then(|| EmbeddingGradients {
                words: zeros(&self.words),
                positions: zeros(&self.positions),
                norm: self.norm.zeros(),
            }),
            blocks: self.of_trainable_blocks(learn, Block::zeros),
        }
    }

    /// Moves the gradients of the trainable groups out of the parameters.
    pub(super) fn take_gradients(&mut self, learn: &TrainableGroups) -> TransformerGradients<D> {
        TransformerGradients {
            embeddings: learn.group(0).then(|| EmbeddingGradients {
                words: gradients::take(&mut self.words),
                positions: gradients::take(&mut self.positions),
                norm: self.norm.take_gradients(),
            }),
            blocks: self.of_trainable_blocks(learn, Block::take_gradients),
        }
    }

    /// Moves them back.
    pub(super) fn put_gradients(&mut self, gradients: TransformerGradients<D>) {
        let TransformerGradients { embeddings, blocks } = gradients;
        if let Some(EmbeddingGradients { words, positions, norm }) = embeddings {
            (self.words.grad, self.positions.grad) = (Some(words), Some(positions));
            self.norm.put_gradients(norm);
        }
        for (block, gradients) in self.blocks.iter_mut().zip(blocks) {
            gradients.into_iter().for_each(|gradients| block.put_gradients(gradients));
        }
    }

    fn of_trainable_blocks(
        &mut self,
        learn: &TrainableGroups,
        gradients: impl Fn(&mut Block<D>) -> BlockGradients<D>,
    ) -> Vec<Option<BlockGradients<D>>> {
        let blocks = self.blocks.iter_mut().enumerate();
        blocks.map(|(n, block)| learn.group(n + 1).then(|| gradients(block))).collect()
    }

    fn embed(&self, batch: &TextBatch) -> Tensor<D> {
        let mut x = self.device.embedding_forward(&self.words.value, &batch.ids, None);
        let places = self.device.embedding_forward(&self.positions.value, &batch.positions, None);
        self.device.add_scaled(&mut x, &places, 1.0);
        x
    }

    pub(super) fn scaled(&self, pooled: Tensor<D>) -> Tensor<D> {
        match self.config.vectors {
            VectorScale::AsIs => pooled,
            VectorScale::Unit => self.device.unit_rows_forward(&pooled),
        }
    }
}

impl<D: Device> Network<D> for Transformer<D> {
    fn groups(&self) -> usize {
        self.blocks.len() + 1
    }

    fn group_names(&self) -> Vec<String> {
        let layers = (1..=self.blocks.len()).map(|n| format!("layer {n}"));
        std::iter::once("embeddings".to_owned()).chain(layers).collect()
    }

    fn params(&self) -> Vec<(String, usize, &Param<D>)> {
        let low = [&self.words, &self.positions].into_iter().chain(self.norm.params());
        let low = low.map(|param| (param.name.clone(), 0, param));
        let blocks = self.blocks.iter().enumerate();
        let high = blocks.flat_map(|(n, block)| {
            block.params().map(move |param| (param.name.clone(), n + 1, param))
        });
        low.chain(high).collect()
    }

    fn params_mut(&mut self) -> Vec<(String, usize, &mut Param<D>)> {
        let Self { words, positions, norm, blocks, .. } = self;
        let low = [words, positions].into_iter().chain(norm.params_mut());
        let low = low.map(|param| (param.name.clone(), 0, param));
        let high = blocks.iter_mut().enumerate().flat_map(|(n, block)| {
            block.params_mut().map(move |param| (param.name.clone(), n + 1, param))
        });
        low.chain(high).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::presence::tests::network;
    use super::*;
    use crate::data::labels::LabelKind;
    use crate::model::transformer::VectorScale;
    use ulmfit_ops::Cpu;

    /// To the bit, though the layers see it in parts.
    #[test]
    fn a_very_long_text_has_the_states_of_its_pieces() {
        let network = network::<Cpu>(LabelKind::Single, VectorScale::AsIs);
        let text: Vec<u32> = (0..10_000).map(|n| (n * n + n / 7) % 9).collect();
        let batch = TextBatch::new(&[&text], network.encoder.config());
        assert!(batch.parts(LONG).len() > 2);
        let [parts, whole] =
            [network.encoder.last_states(&batch), network.encoder.states_of(&batch)];
        let bits = |states: &Tensor<Cpu>| {
            states.to_f32().into_iter().map(f32::to_bits).collect::<Vec<_>>()
        };
        assert_eq!(bits(&parts), bits(&whole));
    }
}
