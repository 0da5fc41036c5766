//! A batch in lanes: its texts are shared out between parts that are read and differentiated side by
//! side, each on as few threads as there are, so that no thread waits for others after each product.
//!
//! The number of lanes is fixed and their gradients are added in order, so bits do not depend on the
//! number of threads.

use super::{TextBatch, Transformer, TransformerGradients, TransformerTape};
use crate::model::TrainableGroups;
use rayon::prelude::*;
use std::ops::Range;
use ulmfit_ops::{Device, Key, Tensor};

/// Lanes of a batch. Each but the first has gradients of its own, which are to be cleared and added in
/// each step: more of them would cost more than they gain on few cores.
pub const LANES: usize = 2;

/// Texts of a batch, shared out between the lanes.
pub struct Lanes<'a> {
    texts: Vec<Vec<&'a [u32]>>,
}

impl<'a> Lanes<'a> {
    /// Shares texts out so that the lanes have about equally many tokens. Also gives the numbers of the
    /// texts in the order of the lanes, which is that of their vectors.
    ///
    /// # Panics
    /// Never: there are lanes.
    pub fn new(texts: &[&'a [u32]]) -> (Self, Vec<usize>) {
        let mut longest_first: Vec<usize> = (0..texts.len()).collect();
        longest_first.sort_by_key(|&text| std::cmp::Reverse(texts[text].len()));
        let mut lanes = vec![Vec::new(); LANES];
        let mut tokens = [0; LANES];
        for text in longest_first {
            let lane = (0..LANES).min_by_key(|&lane| tokens[lane]).expect("there are lanes");
            lanes[lane].push(text);
            tokens[lane] += texts[text].len() + 2; // with the frame
        }
        lanes.retain(|lane| !lane.is_empty());
        let of_lane = |lane: &Vec<usize>| lane.iter().map(|&text| texts[text]).collect();
        (Self { texts: lanes.iter().map(of_lane).collect() }, lanes.concat())
    }
}

/// What [`Transformer::backward_in_lanes`] needs.
pub struct LaneTapes<D: Device>(Vec<TransformerTape<D>>);

/// Gradients of all lanes but the first, kept from step to step.
pub type SpareGradients<D> = Vec<TransformerGradients<D>>;

impl<D: Device> Transformer<D> {
    /// [`train_forward`](Self::train_forward) in lanes.
    ///
    /// # Shapes
    /// result: `[B, E]`, in the order that [`Lanes::new`] gives
    pub fn train_forward_in_lanes(
        &self,
        lanes: &Lanes<'_>,
        dropout: f64,
        key: Key,
    ) -> (Tensor<D>, LaneTapes<D>) {
        self.in_lanes(lanes, key, |batch, _, key| self.train_forward(batch, dropout, key))
    }

    /// [`train_tokens`](Self::train_tokens) in lanes. `tokens` are those of each text, in the order that
    /// [`Lanes::new`] gives.
    ///
    /// # Shapes
    /// result: `[M, E]`, in the order of the lanes
    pub fn train_tokens_in_lanes(
        &self,
        lanes: &Lanes<'_>,
        tokens: &[Vec<usize>],
        dropout: f64,
        key: Key,
    ) -> (Tensor<D>, LaneTapes<D>) {
        self.in_lanes(lanes, key, |batch, texts, key| {
            self.train_tokens(batch, &tokens[texts], dropout, key)
        })
    }

    /// Runs `forward` for the texts of each lane, and joins the outputs.
    fn in_lanes(
        &self,
        lanes: &Lanes<'_>,
        key: Key,
        forward: impl Fn(TextBatch, Range<usize>, Key) -> (Tensor<D>, TransformerTape<D>) + Sync,
    ) -> (Tensor<D>, LaneTapes<D>) {
        let lane = |(n, texts): (usize, &Vec<&[u32]>)| {
            let start = lanes.texts[..n].iter().map(Vec::len).sum();
            let batch = TextBatch::new(texts, self.config());
            forward(batch, start..start + texts.len(), key.child(n as u64))
        };
        let found: Vec<_> = lanes.texts.par_iter().enumerate().map(lane).collect();
        let (parts, tapes): (Vec<_>, Vec<_>) = found.into_iter().unzip();
        let width = self.config().width;
        let count = parts.iter().map(|part| part.dims()[0]).sum();
        let mut all = Tensor::zeros(&[count, 1, width]);
        let mut start = 0;
        for part in parts {
            let rows = part.dims()[0];
            self.device().place_piece(&mut all, start, &part.reshaped(&[rows, 1, width]));
            start += rows;
        }
        (all.reshaped(&[count, width]), LaneTapes(tapes))
    }

    /// [`backward`](Self::backward) in lanes.
    ///
    /// # Shapes
    /// `dy`: that of the output
    pub fn backward_in_lanes(
        &mut self,
        LaneTapes(tapes): LaneTapes<D>,
        dy: Tensor<D>,
        learn: &TrainableGroups,
        spare: &mut SpareGradients<D>,
    ) {
        let device = self.device().clone();
        let width = self.config().width;
        let count = dy.dims()[0];
        let dy = dy.reshaped(&[count, 1, width]);
        let mut start = 0;
        let mut of_lane = |tape: &TransformerTape<D>| {
            let rows = tape.rows();
            let part = device.take_piece(&dy, start, rows, 1).reshaped(&[rows, width]);
            start += rows;
            part
        };
        let parts: Vec<Tensor<D>> = tapes.iter().map(&mut of_lane).collect();

        if !spare.iter().all(|gradients| gradients.are_of(learn)) {
            spare.clear(); // another phase of unfreezing
        }
        spare.iter_mut().for_each(|gradients| gradients.clear(&device));
        while spare.len() + 1 < tapes.len() {
            spare.push(self.zero_gradients_of(learn));
        }
        let mut first = self.take_gradients(learn);
        let gradients = std::iter::once(&mut first).chain(spare.iter_mut());
        let work: Vec<_> = tapes.into_iter().zip(parts).zip(gradients).collect();
        work.into_par_iter()
            .for_each(|((tape, dy), gradients)| self.add_gradients(tape, &dy, gradients));
        spare.iter_mut().for_each(|gradients| first.add(&device, gradients));
        self.put_gradients(first);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Network;
    use crate::model::transformer::{TransformerConfig, VectorScale};
    use ulmfit_ops::Reference;

    #[test]
    fn gradients_are_those_of_the_whole_batch() {
        let config = TransformerConfig {
            vocab: 12,
            positions: 8,
            piece: 8,
            width: 4,
            layers: 2,
            heads: 2,
            inner: 6,
            eps: 1e-12,
            frame: crate::text::Frame { first: 10, last: 11 },
            vectors: VectorScale::AsIs,
        };
        let texts: [&[u32]; 3] = [&[1, 2, 3], &[4], &[5, 6]];
        let (lanes, order) = Lanes::new(&texts);
        let in_order: Vec<&[u32]> = order.iter().map(|&text| texts[text]).collect();
        let new = || Transformer::<Reference>::new(Reference::default(), config, Key::new(1));
        let gradients = |encoder: &Transformer<Reference>| -> Vec<Vec<f64>> {
            let params = encoder.params().into_iter();
            params.map(|(_, _, param)| param.grad.as_ref().map_or(vec![], Tensor::to_f64)).collect()
        };
        for top in [2, 3] {
            let learn = TrainableGroups::top(3, top);
            let (mut whole, mut cut) = (new(), new());
            let batch = TextBatch::new(&in_order, &config);
            let (vectors, tape) = whole.train_forward(batch, 0.0, Key::new(2));
            let (same, tapes) = cut.train_forward_in_lanes(&lanes, 0.0, Key::new(2));
            assert_eq!(vectors.to_f64(), same.to_f64());
            whole.backward(tape, &vectors, &learn);
            let mut spare = SpareGradients::new();
            cut.backward_in_lanes(tapes, same, &learn, &mut spare);
            for (one, other) in gradients(&whole).into_iter().zip(gradients(&cut)) {
                assert_eq!(one.len(), other.len());
                assert!(one.iter().zip(other).all(|(a, b)| (a - b).abs() < 1e-12));
            }
        }
    }

    #[test]
    fn lanes_have_about_equally_many_tokens() {
        let texts: Vec<Vec<u32>> = [1, 9, 3, 5, 4].map(|length| vec![0; length]).into();
        let texts: Vec<&[u32]> = texts.iter().map(Vec::as_slice).collect();
        let (lanes, order) = Lanes::new(&texts);
        let tokens: Vec<usize> = lanes.texts.iter().map(|lane| lane.concat().len()).collect();
        assert_eq!((tokens, order), (vec![12, 10], vec![1, 2, 3, 4, 0]));
        assert_eq!(Lanes::new(&texts[..1]).0.texts.len(), 1);
    }
}
