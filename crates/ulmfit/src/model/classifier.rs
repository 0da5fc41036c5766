//! The classifier: encoder over pieces, concat pooling, head.

use super::bpt3c::{self, Encoded, Groups, Learning, Window};
use super::pooled::pooled;
use super::weight_gradients::WeightGradients;
use super::{
    AwdLstm, ClassifierConfig, DropoutConfig, MaskSource, Mode, Network, Param, PoolingHead,
    Regularisation, TrainableGroups,
};
use crate::data::batches::ClassifierBatch;
use crate::data::labels::LabelKind;
use ulmfit_ops::class_loss::{Activation, Targets};
use ulmfit_ops::{Device, Key, Tensor};

/// Reads a document and gives one number per class.
///
/// Groups, lowest first: embedding, each LSTM layer, head (fastai's `awd_lstm_clas_split`).
pub struct TextClassifier<D: Device> {
    pub(super) device: D,
    config: ClassifierConfig,
    pub(super) encoder: AwdLstm<D>,
    pub(super) head: PoolingHead<D>,
    kept_bytes: u64,
}

/// Mean losses of one batch, and its predictions.
pub struct ClassifierStep<D: Device> {
    /// The loss of the task.
    pub loss: f64,
    /// Activation regularisation.
    pub ar: f64,
    /// Temporal activation regularisation.
    pub tar: f64,
    /// Logits, `[B, C]`, with dropout.
    pub logits: Tensor<D>,
}

impl<D: Device> ClassifierStep<D> {
    /// What training descends: the sum of the three losses.
    pub fn total(&self) -> f64 {
        self.loss + self.ar + self.tar
    }
}

impl<D: Device> TextClassifier<D> {
    /// A new classifier with random weights.
    pub fn new(device: D, config: ClassifierConfig, dropout: DropoutConfig, key: Key) -> Self {
        let encoder = AwdLstm::new(config.encoder, dropout, key.child(0));
        let inputs = 3 * config.encoder.emb;
        let head =
            PoolingHead::new(&config.head, inputs, config.classes, dropout.output, key.child(1));
        Self { device, config, encoder, head, kept_bytes: u64::MAX }
    }

    /// Moves the network to another device of the same kind, such as one with another precision.
    pub fn set_device(&mut self, device: D) {
        self.encoder.forget_prepared();
        self.device = device;
    }

    /// Takes over a language model's encoder, tensor by tensor.
    ///
    /// # Panics
    /// When the sizes differ: the caller builds the classifier from the model's configuration.
    pub fn copy_encoder(&mut self, from: &AwdLstm<D>) {
        assert_eq!(self.config.encoder, from.config(), "encoders of different sizes");
        let (embedding, layers) = self.encoder.split_mut();
        embedding.value = from.embedding.value.clone();
        for ((_, to), (_, from)) in layers.zip(from.layer_params()) {
            to.value = from.value.clone();
        }
    }

    /// The configuration.
    pub fn config(&self) -> &ClassifierConfig {
        &self.config
    }

    /// Tokens of a document of `length` tokens whose states are pooled for the answer; all are read.
    pub fn pooled_tokens(&self, length: usize) -> usize {
        length - bpt3c::skipped(length, self.config.seq_len, self.config.max_len)
    }

    /// Sets the dropout of training.
    pub fn set_dropout(&mut self, dropout: DropoutConfig) {
        self.encoder.dropout = dropout;
        self.head.set_dropout(dropout.output, self.config.head.dropout);
    }

    /// Limits the activations that a training step keeps for its backward pass: pieces of documents
    /// beyond this number of bytes run forward a second time. The bits of the gradients stay the same.
    ///
    /// A new classifier keeps everything.
    pub fn keep_activations(&mut self, bytes: u64) {
        self.kept_bytes = bytes;
    }

    /// One training step: adds gradients of `scale · (loss + AR + TAR)` to all trainable groups.
    ///
    /// # Panics
    /// When the batch has fewer than two documents, which batch norm cannot normalise.
    pub fn train_step(
        &mut self,
        batch: &ClassifierBatch,
        targets: &Targets,
        masks: &dyn MaskSource<D>,
        regularisation: Regularisation,
        trainable: &TrainableGroups,
        scale: f64,
    ) -> ClassifierStep<D> {
        let device = self.device.clone();
        let ClassifierConfig { seq_len, max_len, .. } = self.config;
        let (window, top) = (Window::Batch, trainable.groups() - 1);
        let kept_bytes = trainable.below(top).then_some(self.kept_bytes);
        let learning = Some(Learning { masks, kept_bytes });
        let Encoded { outputs, spans, tape } =
            bpt3c::encode(&self.encoder, &device, batch, seq_len, max_len, window, learning);
        let (pooled, pool_tape) = device.concat_pool_forward(&outputs, &spans);
        let mode = Mode::Train { masks, piece: 0 };
        let (logits, head_tape) = self.head.train_forward(&device, pooled, mode);

        let (loss, mut d_logits) = device.class_loss(&logits, targets);
        device.scale(&mut d_logits, scale);
        let d_pooled = self.head.backward(
            &device,
            head_tape,
            d_logits,
            WeightGradients::of(trainable.group(top)),
        );
        let Regularisation { ar, tar } = regularisation;
        let (mut ar_loss, mut tar_loss) = (0.0, 0.0);
        let mut regularise = |d_outputs: Option<&mut Tensor<D>>| {
            let mut d_outputs = d_outputs;
            let out = &outputs;
            ar_loss = device.activation_reg(out, ar * scale, d_outputs.as_deref_mut()) / scale;
            tar_loss = device.temporal_activation_reg(out, tar * scale, d_outputs) / scale;
        };
        if trainable.below(top) {
            let mut d_outputs = device.concat_pool_backward(&pool_tape, &d_pooled);
            regularise(Some(&mut d_outputs));
            drop(outputs);
            let learning = (trainable, Groups::CLASSIFIER);
            bpt3c::backward(&mut self.encoder, &device, tape, &d_outputs, learning, masks);
        } else {
            regularise(None);
        }
        ClassifierStep { loss, ar: ar_loss, tar: tar_loss, logits }
    }

    /// Logits of documents in the network's direction, `[B, C]`; a document's bits do not depend on the
    /// others.
    ///
    /// # Panics
    /// When a document is empty.
    pub fn logits(&self, documents: &[&[u32]]) -> Tensor<D> {
        self.head.forward(&self.device, &self.pooled(documents))
    }

    /// Concat-pooled states of documents, `[B, 3E]`: last, maximum, mean.
    ///
    /// # Panics
    /// When a document is empty.
    pub fn pooled(&self, documents: &[&[u32]]) -> Tensor<D> {
        pooled(&self.encoder, &self.device, documents, &self.config)
    }

    /// Mean loss of logits against targets; those of a regression in the network's units.
    pub fn loss(&self, logits: &Tensor<D>, targets: &Targets) -> f64 {
        self.device.class_loss(logits, targets).0
    }

    /// Probabilities (in a regression, values in the user's units), `[B, C]` row-major.
    pub fn probabilities(&self, logits: &Tensor<D>) -> Vec<f32> {
        let activation = match self.config.task {
            LabelKind::Single => Activation::Softmax,
            LabelKind::Multi => Activation::Sigmoid,
            LabelKind::Regression => Activation::Identity,
        };
        let mut rows = self.device.activate(logits, activation).to_f32();
        if let Some(scale) = self.config.target_scale {
            rows.iter_mut().for_each(|value| *value = scale.restore(f64::from(*value)) as f32);
        }
        rows
    }
}

impl<D: Device> Network<D> for TextClassifier<D> {
    fn groups(&self) -> usize {
        self.config.encoder.layers + 2
    }

    fn group_names(&self) -> Vec<String> {
        let layers = (1..self.groups() - 1).map(|n| format!("layer {n}"));
        ["embedding".to_owned()].into_iter().chain(layers).chain(["head".to_owned()]).collect()
    }

    fn params(&self) -> Vec<(String, usize, &Param<D>)> {
        let top = self.groups() - 1;
        let full = |name: &str| format!("0.module.{name}");
        let embedding = (full(&self.encoder.embedding.name), 0, &self.encoder.embedding);
        let layers = self.encoder.layer_params().map(|(n, p)| (full(&p.name), n + 1, p));
        let head = self.head.params().map(|p| (p.name.clone(), top, p));
        std::iter::once(embedding).chain(layers).chain(head).collect()
    }

    fn params_mut(&mut self) -> Vec<(String, usize, &mut Param<D>)> {
        let top = self.groups() - 1;
        let full = |name: &str| format!("0.module.{name}");
        let (embedding, layers) = self.encoder.split_mut();
        let layers = layers.map(|(n, p)| (full(&p.name), n + 1, p));
        let embedding = (full(&embedding.name), 0, embedding);
        let head = self.head.params_mut().map(|p| (p.name.clone(), top, p));
        std::iter::once(embedding).chain(layers).chain(head).collect()
    }

    fn buffers(&self) -> Vec<(String, &Tensor<D>)> {
        self.head.buffers().collect()
    }

    fn buffers_mut(&mut self) -> Vec<(String, &mut Tensor<D>)> {
        self.head.buffers_mut().collect()
    }
}
