//! The training step of an encoder with a tied decoder.

use super::weight_gradients::WeightGradients;
use super::{
    AwdLstm, EncoderState, LmStep, MaskSource, Mode, Param, Regularisation, Site, TrainableGroups,
};
use crate::data::batches::LmBatch;
use ulmfit_ops::Device;
use ulmfit_ops::decoder_loss::{DecoderBackward, DecoderGrads};
use ulmfit_ops::lstm::Tape;

/// Encoder and decoder of any network that has both.
pub(super) struct Tied<'a, D: Device> {
    pub(super) device: &'a D,
    pub(super) encoder: &'a mut AwdLstm<D>,
    pub(super) decoder_bias: &'a mut Param<D>, // [V]
    /// Group of the lowest LSTM layer; the others follow.
    pub(super) first_layer: usize,
    /// Group of embedding and decoder.
    pub(super) embedding: usize,
}

impl<D: Device> Tied<'_, D> {
    /// See [`LanguageModel::train_step`](super::LanguageModel::train_step).
    pub(super) fn train_step(
        self,
        batch: &LmBatch,
        state: &mut EncoderState<D>,
        masks: &dyn MaskSource<D>,
        regularisation: Regularisation,
        trainable: &TrainableGroups,
        scale: f64,
    ) -> LmStep {
        let Self { device, encoder, decoder_bias, first_layer, embedding } = self;
        let mode = Mode::Train { masks, piece: 0 };
        let out = encoder.forward(device, &batch.x, batch.batch, state, mode, Tape::Keep);
        *state = out.state;
        let raw = out.y; // [T, B, E]
        let emb = encoder.config().emb;
        let mask = mode.mask(Site::Output, &[batch.batch, emb], encoder.dropout.output);
        let dropped = mask.as_ref().map(|mask| {
            let mut dropped = raw.clone();
            device.apply_mask(&mut dropped, mask);
            dropped
        });
        let h = dropped.as_ref().unwrap_or(&raw);

        let tokens = batch.y.len();
        let backward_scale = scale / tokens as f64;
        let (weight, d_weight) = encoder.embedding.split();
        let (bias, d_bias) = decoder_bias.split();
        let grads = DecoderGrads { weight: Some(d_weight), bias: d_bias };
        let grads = trainable.group(embedding).then_some(grads);
        let backward = DecoderBackward { scale: backward_scale, samples: masks.samples(), grads };
        let outcome = device.decoder_loss(h, weight, bias, &batch.y, Some(backward));

        let mut dh = outcome.dh.expect("backward was asked for").reshaped(raw.dims());
        let ar = device.activation_reg(h, regularisation.ar * scale, Some(&mut dh)) / scale;
        if let Some(mask) = &mask {
            device.apply_mask(&mut dh, mask);
        }
        let beta = regularisation.tar * scale;
        let tar = device.temporal_activation_reg(&raw, beta, Some(&mut dh)) / scale;
        let tape = out.tape.expect("the tape was asked for");
        encoder.backward(
            device,
            tape,
            dh,
            trainable,
            first_layer,
            WeightGradients::of(trainable.group(embedding)),
        );
        LmStep { loss: outcome.loss_sum / tokens as f64, ar, tar, correct: outcome.correct, tokens }
    }
}
