//! What each token of a text adds to an answer.
//!
//! Integrated gradients (Sundararajan, Taly & Yan 2017, <https://arxiv.org/abs/1703.01365>). Their
//! features are here not the numbers of a word's embedding but whether the token is there: a number
//! from 0 to 1, which is a factor of what others take from the token in attention, and of its share
//! in the mean of the states. At 1 all is as in a prediction. At 0 nothing is left but the special
//! tokens around each piece, that is, an empty text, so the path begins at an answer that the
//! network gives to a real text. The last special token moves at the same time from its place
//! behind the text to that of an empty text; what that adds is shared out evenly.

use super::block::{BlockTape, DropoutSource, Rows};
use super::{SentenceClassifier, TextBatch, Transformer, VectorScale};
use crate::model::quadrature::gauss_legendre;
use crate::model::slopes::slopes;
use ulmfit_ops::{Device, Key, Tensor};

/// Tokens that are differentiated together; a tape has a few thousand numbers for each in each block.
const TOKENS: usize = 512;
/// Points of the path: the next number of them while the sum is too far from what it should be. On 25
/// questions, fewer than 12 points were off by 3 % or more in the median (in the lab book).
const POINTS: [usize; 3] = [12, 24, 48];
/// Share of all weights that may be missing in their sum, or be too much.
const TOLERANCE: f64 = 0.05;

/// A place on the path.
struct Point {
    /// How far each token is there.
    presence: f64,
    /// Factor of the gradients there.
    factor: f64,
}

/// Presence is the square of the place on the path, for the answer to a long text changes most while
/// little of it is there: the special tokens are few.
fn path(count: usize) -> Vec<Point> {
    let of = |(place, weight): (f64, f64)| Point {
        presence: place * place,
        factor: 2.0 * place * weight,
    };
    gauss_legendre(count).into_iter().map(of).collect()
}

/// A piece of a text at a point of the path.
#[derive(Clone, Copy)]
struct Copy<'a> {
    /// Number of the piece's first token in the text with its special tokens.
    first: usize,
    /// Tokens, with the special ones.
    length: usize,
    /// Number of the point among those that are looked at together.
    number: usize,
    point: &'a Point,
}

impl Copy<'_> {
    /// How far token `n` of the piece is there.
    fn presence(&self, n: usize) -> f64 {
        if n == 0 || n + 1 == self.length { 1.0 } else { self.point.presence }
    }
}

/// Some copies, read with a tape.
struct Reading<D: Device> {
    lengths: Vec<usize>,
    presence: Tensor<D>,
    embedded: Tensor<D>,
    blocks: Vec<BlockTape<D>>,
    /// What the move of the last special token adds to its embedding, for each copy, `[E]`.
    moves: Vec<Vec<f64>>,
    /// `[N, E]`
    states: Vec<f64>,
}

/// Copies of no more than [`TOKENS`] tokens, or a single one.
fn groups<'a>(copies: &'a [Copy<'a>]) -> Vec<&'a [Copy<'a>]> {
    let (mut groups, mut start, mut tokens) = (Vec::new(), 0, 0);
    for (n, copy) in copies.iter().enumerate() {
        if n > start && tokens + copy.length > TOKENS {
            groups.push(&copies[start..n]);
            (start, tokens) = (n, 0);
        }
        tokens += copy.length;
    }
    groups.push(&copies[start..]);
    groups
}

impl<D: Device> Transformer<D> {
    fn read(&self, device: &D, text: &TextBatch, copies: &[Copy<'_>]) -> Reading<D> {
        let lengths: Vec<usize> = copies.iter().map(|copy| copy.length).collect();
        let rows = lengths.iter().sum();
        let width = self.config().width;
        let own = |copy: &Copy<'_>| copy.first..copy.first + copy.length;
        let ids: Vec<u32> = copies.iter().flat_map(|copy| text.ids[own(copy)].to_vec()).collect();
        let positions: Vec<u32> =
            copies.iter().flat_map(|copy| text.positions[own(copy)].to_vec()).collect();
        let presence: Vec<f64> =
            copies.iter().flat_map(|copy| (0..copy.length).map(|n| copy.presence(n))).collect();
        let presence = Tensor::from_f64(&[rows], &presence);

        let ends = copies.iter().flat_map(|copy| [copy.length as u32 - 1, 1]);
        let ends: Vec<u32> = ends.collect();
        let places = device.embedding_forward(&self.positions.value, &ends, None).to_f64();
        let moves: Vec<Vec<f64>> = { places.chunks_exact(2 * width) }
            .map(|pair| {
                pair[..width].iter().zip(&pair[width..]).map(|(to, from)| to - from).collect()
            })
            .collect();
        let mut moved = vec![0.0; rows * width];
        let mut end = 0;
        for (copy, by) in copies.iter().zip(&moves) {
            end += copy.length;
            let row = &mut moved[(end - 1) * width..][..width];
            row.iter_mut().zip(by).for_each(|(x, by)| *x = (copy.point.presence - 1.0) * by);
        }
        let mut embedded = device.embedding_forward(&self.words.value, &ids, None);
        let places = device.embedding_forward(&self.positions.value, &positions, None);
        device.add_scaled(&mut embedded, &places, 1.0);
        device.add_scaled(&mut embedded, &Tensor::from_f64(&[rows, width], &moved), 1.0);

        let mut x = self.norm.forward(device, &embedded);
        let mut blocks = Vec::with_capacity(self.blocks.len());
        let layout = Rows { lengths: &lengths, presence: Some(&presence) };
        for block in &self.blocks {
            let none = DropoutSource { probability: 0.0, key: Key::new(0) };
            let (y, tape) = block.train_forward(device, x, layout, none);
            blocks.push(tape);
            x = y;
        }
        let states = x.to_f64();
        Reading { lengths, presence, embedded, blocks, moves, states }
    }

    /// Gradients of each row's presence in attention, and of the last special token's move in each
    /// copy.
    fn read_back(
        &self,
        device: &D,
        reading: &Reading<D>,
        d_states: &[f64],
    ) -> (Vec<f64>, Vec<f64>) {
        let Reading { lengths, presence, embedded, blocks, moves, .. } = reading;
        let width = self.config().width;
        let mut of_presence = vec![0.0; presence.len()];
        let mut dx = Tensor::from_f64(embedded.dims(), d_states);
        let layout = Rows { lengths, presence: Some(presence) };
        for (block, tape) in self.blocks.iter().zip(blocks).rev() {
            let found = block.backward(device, tape, layout, &dx, None);
            let of_block = found.presence.iter().flat_map(Tensor::to_f64);
            of_presence.iter_mut().zip(of_block).for_each(|(sum, d)| *sum += d);
            dx = found.x;
        }
        let d_embedded = self.norm.backward(device, embedded, &dx, None).to_f64();
        let mut end = 0;
        let of_move = |(&length, by): (&usize, &Vec<f64>)| {
            end += length;
            let row = &d_embedded[(end - 1) * width..][..width];
            row.iter().zip(by).map(|(d, by)| d * by).sum()
        };
        (of_presence, lengths.iter().zip(moves).map(of_move).collect())
    }

    pub(super) fn vectors_of_means(&self, device: &D, means: &Tensor<D>) -> Tensor<D> {
        match self.config().vectors {
            VectorScale::AsIs => means.clone(),
            VectorScale::Unit => device.unit_rows_forward(means),
        }
    }

    fn means_backward(&self, device: &D, means: &Tensor<D>, dy: &Tensor<D>) -> Vec<f64> {
        match self.config().vectors {
            VectorScale::AsIs => dy.to_f64(),
            VectorScale::Unit => device.unit_rows_backward(means, dy).to_f64(),
        }
    }
}

impl<D: Device> SentenceClassifier<D> {
    /// What each token of a text adds to a weighted sum of the answers, `factors` having one factor
    /// per output; see the top of this file. The text is ids without special tokens. `wanted` is how
    /// far the sum is from that of an empty text: more points of the path are looked at until the
    /// weights are near it. They differ from it by what is then left.
    ///
    /// All products are computed in full precision, whatever that of predictions.
    pub fn token_weights(&self, text: &[u32], factors: &[f64], wanted: f64) -> Vec<f64> {
        let mut weights = vec![0.0; text.len()];
        if text.is_empty() {
            return weights;
        }
        let whole = TextBatch::new(&[text], self.encoder.config());
        for count in POINTS {
            weights = self.integrated(&whole, factors, &path(count));
            let all: f64 = weights.iter().map(|weight| weight.abs()).sum();
            if (weights.iter().sum::<f64>() - wanted).abs() <= TOLERANCE * all {
                break;
            }
        }
        weights
    }

    fn integrated(&self, text: &TextBatch, factors: &[f64], path: &[Point]) -> Vec<f64> {
        let mut weights = vec![0.0; text.ids.len()];
        for points in path.chunks((TOKENS / text.ids.len()).max(1)) {
            self.add_gradients_at(points, text, factors, &mut weights);
        }
        // without the special tokens
        let mut first = 0;
        let pieces = text.pieces.iter().flat_map(|&length| {
            first += length;
            weights[first - length + 1..first - 1].to_vec()
        });
        pieces.collect()
    }

    /// Adds the gradients at some points, times their factors.
    fn add_gradients_at(
        &self,
        points: &[Point],
        text: &TextBatch,
        factors: &[f64],
        weights: &mut [f64],
    ) {
        let device = self.encoder.device().exact();
        let width = self.encoder.config().width;
        let mut copies = Vec::new();
        for (number, point) in points.iter().enumerate() {
            let mut first = 0;
            for &length in &text.pieces {
                copies.push(Copy { first, length, number, point });
                first += length;
            }
        }
        let groups = groups(&copies);
        let mut means = vec![0.0; points.len() * width];
        let mut kept = None; // a long text is read twice, for its tapes would need too much memory
        for group in &groups {
            let reading = self.encoder.read(&device, text, group);
            let mut rows = reading.states.chunks_exact(width);
            for copy in *group {
                let mean = &mut means[copy.number * width..][..width];
                for (n, row) in rows.by_ref().take(copy.length).enumerate() {
                    let presence = copy.presence(n);
                    mean.iter_mut().zip(row).for_each(|(sum, x)| *sum += presence * x);
                }
            }
            kept = (groups.len() == 1).then_some(reading);
        }
        let special = 2 * text.pieces.len();
        let all =
            |point: &Point| special as f64 + (text.ids.len() - special) as f64 * point.presence;
        for (mean, point) in means.chunks_exact_mut(width).zip(points) {
            mean.iter_mut().for_each(|x| *x /= all(point));
        }
        let d_means = self.d_means(&device, &means, factors);
        for group in &groups {
            let reading = kept.take().unwrap_or_else(|| self.encoder.read(&device, text, group));
            let mut d_states = Vec::with_capacity(reading.states.len());
            let mut of_pooling = Vec::new();
            let mut rows = reading.states.chunks_exact(width);
            for copy in *group {
                let at = copy.number * width..(copy.number + 1) * width;
                let (mean, d_mean, all) = (&means[at.clone()], &d_means[at], all(copy.point));
                for (n, row) in rows.by_ref().take(copy.length).enumerate() {
                    let share = copy.presence(n) / all;
                    d_states.extend(d_mean.iter().map(|d| d * share));
                    let of = row.iter().zip(mean).zip(d_mean).map(|((x, mean), d)| d * (x - mean));
                    of_pooling.push(of.sum::<f64>() / all);
                }
            }
            let (of_attention, of_moves) = self.encoder.read_back(&device, &reading, &d_states);
            let mut gradients = of_attention.iter().zip(of_pooling).map(|(a, b)| a + b);
            for (copy, of_move) in group.iter().zip(of_moves) {
                let even = of_move / (copy.length - 2) as f64; // no piece of this text is empty
                for (n, d) in gradients.by_ref().take(copy.length).enumerate() {
                    weights[copy.first + n] += copy.point.factor * (d + even);
                }
            }
        }
    }

    /// Gradient of the weighted sum of the answers with respect to the means of the states.
    fn d_means(&self, device: &D, means: &[f64], factors: &[f64]) -> Vec<f64> {
        let config = self.config();
        let width = config.encoder.width;
        let means = Tensor::from_f64(&[means.len() / width, width], means);
        let vectors = self.encoder.vectors_of_means(device, &means);
        let logits = self.head.forward(device, &vectors);
        let dims = logits.dims().to_vec();
        let logits = logits.to_f64();
        let rows = logits.chunks_exact(config.classes);
        let d_logits: Vec<f64> =
            rows.flat_map(|row| slopes(config.task, config.target_scale, row, factors)).collect();
        let d_logits = Tensor::from_f64(&dims, &d_logits);
        let d_vectors = self.head.backward(device, &vectors, &d_logits, None);
        self.encoder.means_backward(device, &means, &d_vectors)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::data::labels::LabelKind;
    use crate::model::TargetScale;
    use crate::model::transformer::{SentenceClassifierConfig, TransformerConfig};
    use crate::text::Frame;
    use ulmfit_ops::{Cpu, Reference};

    /// An encoder with large weights, so that words matter.
    pub(in super::super) fn network<D: Device>(
        task: LabelKind,
        vectors: VectorScale,
    ) -> SentenceClassifier<D> {
        let encoder = TransformerConfig {
            vocab: 12,
            positions: 40,
            piece: 40,
            width: 8,
            layers: 2,
            heads: 2,
            inner: 12,
            eps: 1e-12,
            frame: Frame { first: 10, last: 11 },
            vectors,
        };
        let target_scale =
            (task == LabelKind::Regression).then_some(TargetScale { mean: 1.0, sd: 2.5 });
        let config = SentenceClassifierConfig { encoder, classes: 3, task, target_scale };
        let mut network = SentenceClassifier::<D>::new(D::default(), &config, Key::new(3));
        for (name, _, param) in crate::model::Network::params_mut(&mut network) {
            if name.ends_with("weight") && !name.contains("LayerNorm") {
                let values = param.value.to_f64().iter().map(|x| 20.0 * x).collect::<Vec<_>>();
                param.value = Tensor::from_f64(param.value.dims(), &values);
            }
        }
        network
    }

    /// The weighted sum of the answers to a text, minus that of an empty one.
    fn rise<D: Device>(network: &SentenceClassifier<D>, text: &[u32], factors: &[f64]) -> f64 {
        let rows = network.probabilities(&[text.to_vec(), Vec::new()], &mut |_| ());
        let of = |row: &[f32]| -> f64 {
            row.iter().zip(factors).map(|(&p, factor)| f64::from(p) * factor).sum()
        };
        of(&rows[0]) - of(&rows[1])
    }

    #[test]
    fn weights_add_up_to_the_difference_from_an_empty_text() {
        let texts: [&[u32]; 3] =
            [&[5], &[1, 2, 3, 1, 7], &(0..60).map(|n| n % 9).collect::<Vec<_>>()];
        let factors = [0.5, -1.0, 2.0];
        for task in [LabelKind::Single, LabelKind::Multi, LabelKind::Regression] {
            for vectors in [VectorScale::AsIs, VectorScale::Unit] {
                let network = network::<Reference>(task, vectors);
                for text in texts.iter().take(if task == LabelKind::Single { 3 } else { 2 }) {
                    let whole = TextBatch::new(&[text], network.encoder.config());
                    let weights = network.integrated(&whole, &factors, &path(64));
                    let (found, wanted) =
                        (weights.iter().sum::<f64>(), rise(&network, text, &factors));
                    assert_eq!(weights.len(), text.len());
                    assert!(wanted.abs() > 1e-3, "{task:?} {vectors:?}: {wanted}");
                    assert!(
                        (found - wanted).abs() < 2e-6,
                        "{task:?} {vectors:?}: {found} {wanted}"
                    );
                }
            }
        }
        assert!(
            network::<Cpu>(LabelKind::Single, VectorScale::AsIs)
                .token_weights(&[], &factors, 0.0)
                .is_empty()
        );
    }

    #[test]
    fn weights_do_not_depend_on_how_the_path_is_cut() {
        let network = network::<Reference>(LabelKind::Single, VectorScale::Unit);
        let (text, factors) = ([4, 8, 4], [1.0, 0.0, 0.0]);
        let whole = TextBatch::new(&[&text], network.encoder.config());
        // a third of the path after the other
        let parts: Vec<f64> = [0.0, 1.0 / 3.0, 2.0 / 3.0]
            .iter()
            .flat_map(|start| {
                let points = gauss_legendre(24)
                    .into_iter()
                    .map(|(x, weight)| Point { presence: start + x / 3.0, factor: weight / 3.0 });
                network.integrated(&whole, &factors, &points.collect::<Vec<_>>())
            })
            .collect();
        let sums: Vec<f64> = (0..3).map(|n| parts[n] + parts[n + 3] + parts[n + 6]).collect();
        let squares = network.integrated(&whole, &factors, &path(64));
        for (a, b) in sums.iter().zip(&squares) {
            assert!((a - b).abs() < 1e-9, "{sums:?} {squares:?}");
        }
    }

    #[test]
    fn a_long_text_is_read_twice_with_the_same_result() {
        let network = network::<Cpu>(LabelKind::Single, VectorScale::AsIs);
        let text: Vec<u32> = (0..600).map(|n| (n * n + n / 7) % 9).collect();
        let factors = [0.0, 1.0, 0.0];
        let whole = TextBatch::new(&[&text], network.encoder.config());
        assert!(whole.ids.len() > TOKENS);
        let weights = network.integrated(&whole, &factors, &path(64));
        let (found, wanted) = (weights.iter().sum::<f64>(), rise(&network, &text, &factors));
        assert!(wanted.abs() > 1e-3, "there is nothing to explain: {wanted}");
        assert!((found - wanted).abs() < 0.02 * wanted.abs(), "{found} {wanted}");
    }
}
