//! The classifier's head: blocks of batch norm, dropout, linear and ReLU.

use super::network::RUNNING_VAR;
use super::weight_gradients::WeightGradients;
use super::{HeadConfig, Mode, Param, Site};
use ulmfit_ops::batch_norm::{BatchNormGrads, BatchNormTape, BatchNormWeights, RunningStats};
use ulmfit_ops::linear::LinearGrads;
use ulmfit_ops::{Device, Key, Tensor};

/// PyTorch's defaults.
const EPS: f64 = 1e-5;
const MOMENTUM: f64 = 0.1;
/// fastai starts the shift of its batch norms here, not at zero.
const BN_BIAS: f64 = 1e-3;

struct Block<D: Device> {
    bn_weight: Param<D>, // [I]
    bn_bias: Param<D>,   // [I]
    running: RunningStats<D>,
    weight: Param<D>, // [O, I]; no bias, the next batch norm has one
    dropout: f64,
}

struct BlockTape<D: Device> {
    norm: BatchNormTape<D>,
    mask: Option<Tensor<D>>,
    x: Tensor<D>, // input of the linear layer
    y: Tensor<D>, // output of the block
}

/// What [`PoolingHead::backward`] needs.
pub struct HeadTape<D: Device>(Vec<BlockTape<D>>);

/// Two (or more) linear blocks on the pooled states.
///
/// Howard & Ruder 2018, section 3.3, with fastai's `PoolingLinearClassifier` settling the order:
/// batch norm, dropout, linear, and ReLU after all but the last.
pub struct PoolingHead<D: Device> {
    blocks: Vec<Block<D>>,
}

impl<D: Device> Block<D> {
    fn new(number: usize, inputs: usize, outputs: usize, dropout: f64, key: Key) -> Self {
        let name = |part: &str| format!("1.layers.{number}.{part}");
        let bound = 1.0 / (inputs as f32).sqrt();
        let weight = key.uniform_values(outputs * inputs, bound);
        Self {
            bn_weight: Param::new(name("0.weight"), Tensor::full(&[inputs], 1.0)).without_decay(),
            bn_bias: Param::new(name("0.bias"), Tensor::full(&[inputs], BN_BIAS)).without_decay(),
            running: RunningStats::new(inputs),
            weight: Param::new(name("2.weight"), Tensor::from_f32(&[outputs, inputs], &weight)),
            dropout,
        }
    }

    fn norm(&self) -> BatchNormWeights<'_, D> {
        BatchNormWeights { weight: &self.bn_weight.value, bias: &self.bn_bias.value, eps: EPS }
    }
}

impl<D: Device> PoolingHead<D> {
    /// PyTorch's initialisation of linear layers: uniform within `1/√I`.
    ///
    /// `first_dropout` is the encoder's output dropout; the later blocks have their own.
    pub fn new(
        config: &HeadConfig,
        inputs: usize,
        classes: usize,
        first_dropout: f64,
        key: Key,
    ) -> Self {
        let widths: Vec<usize> =
            std::iter::once(inputs).chain(config.hidden.iter().copied()).chain([classes]).collect();
        let block = |(n, pair): (usize, &[usize])| {
            let dropout = if n == 0 { first_dropout } else { config.dropout };
            Block::new(n, pair[0], pair[1], dropout, key.child(n as u64))
        };
        Self { blocks: widths.windows(2).enumerate().map(block).collect() }
    }

    /// Dropout of the first block and of the later ones.
    pub fn set_dropout(&mut self, first: f64, later: f64) {
        for (n, block) in self.blocks.iter_mut().enumerate() {
            block.dropout = if n == 0 { first } else { later };
        }
    }

    /// Logits with the batch's own statistics, which the running ones follow.
    ///
    /// # Shapes
    /// `x`: `[B, I]`, result: `[B, C]`
    pub fn train_forward(
        &mut self,
        device: &D,
        x: Tensor<D>,
        mode: Mode<'_, D>,
    ) -> (Tensor<D>, HeadTape<D>) {
        let mut y = x;
        let mut tapes = Vec::new();
        let last = self.blocks.len() - 1;
        for (n, block) in self.blocks.iter_mut().enumerate() {
            let norm = BatchNormWeights {
                weight: &block.bn_weight.value,
                bias: &block.bn_bias.value,
                eps: EPS,
            };
            let (mut x, norm) = device.batch_norm_train(&y, norm, &mut block.running, MOMENTUM);
            let mask = mode.mask(Site::Head(n), x.dims(), block.dropout);
            if let Some(mask) = &mask {
                device.apply_mask(&mut x, mask);
            }
            y = device.exact().linear_forward(&x, &block.weight.value, None);
            if n < last {
                device.relu_forward(&mut y);
            }
            tapes.push(BlockTape { norm, mask, x, y: y.clone() });
        }
        (y, HeadTape(tapes))
    }

    /// Logits with the running statistics.
    ///
    /// # Shapes
    /// `x`: `[B, I]`, result: `[B, C]`
    pub fn forward(&self, device: &D, x: &Tensor<D>) -> Tensor<D> {
        let mut y = x.clone();
        let last = self.blocks.len() - 1;
        for (n, block) in self.blocks.iter().enumerate() {
            let x = device.batch_norm_eval(&y, block.norm(), &block.running);
            y = device.exact().linear_forward(&x, &block.weight.value, None);
            if n < last {
                device.relu_forward(&mut y);
            }
        }
        y
    }

    /// Gradient of the pooled states; adds the gradients of the head's own `weights`.
    pub fn backward(
        &mut self,
        device: &D,
        tape: HeadTape<D>,
        dy: Tensor<D>,
        weights: WeightGradients,
    ) -> Tensor<D> {
        let mut dy = dy;
        let last = self.blocks.len() - 1;
        for (n, (block, tape)) in self.blocks.iter_mut().zip(tape.0).enumerate().rev() {
            if n < last {
                device.relu_backward(&tape.y, &mut dy);
            }
            let (weight, d_weight) = block.weight.split();
            let grads =
                weights.are_computed().then_some(LinearGrads { weight: d_weight, bias: None });
            let mut dx = device.exact().linear_backward(&tape.x, weight, &dy, grads);
            if let Some(mask) = &tape.mask {
                device.apply_mask(&mut dx, mask);
            }
            let (weight, d_weight) = block.bn_weight.split();
            let (bias, d_bias) = block.bn_bias.split();
            let norm = BatchNormWeights { weight, bias, eps: EPS };
            let grads =
                weights.are_computed().then_some(BatchNormGrads { weight: d_weight, bias: d_bias });
            dy = device.batch_norm_backward(&tape.norm, norm, &dx, grads);
        }
        dy
    }

    /// Parameters in fastai's order.
    pub fn params(&self) -> impl Iterator<Item = &Param<D>> {
        self.blocks.iter().flat_map(|b| [&b.bn_weight, &b.bn_bias, &b.weight])
    }

    /// The same, to update.
    pub fn params_mut(&mut self) -> impl Iterator<Item = &mut Param<D>> {
        self.blocks.iter_mut().flat_map(|b| [&mut b.bn_weight, &mut b.bn_bias, &mut b.weight])
    }

    /// Running means and variances under fastai's names.
    pub fn buffers(&self) -> impl Iterator<Item = (String, &Tensor<D>)> {
        self.blocks
            .iter()
            .enumerate()
            .flat_map(|(n, b)| [(mean_name(n), &b.running.mean), (var_name(n), &b.running.var)])
    }

    /// The same, to load.
    pub fn buffers_mut(&mut self) -> impl Iterator<Item = (String, &mut Tensor<D>)> {
        self.blocks.iter_mut().enumerate().flat_map(|(n, b)| {
            [(mean_name(n), &mut b.running.mean), (var_name(n), &mut b.running.var)]
        })
    }
}

fn mean_name(block: usize) -> String {
    format!("1.layers.{block}.0.running_mean")
}

fn var_name(block: usize) -> String {
    format!("1.layers.{block}.0.{RUNNING_VAR}")
}
