//! Gradients in stripes, so that each rank adds up an equal part of them, and zeros do not travel.
//!
//! Most rows of an embedding's gradient are zero, and with a sampled softmax most of the decoder's, too. A
//! stripe is sent as a mask of its blocks and those blocks that hold anything but `+0.0`. Leaving the others
//! out changes no bit of a sum: it begins at `+0.0`, so it is never `-0.0`, and then adding `+0.0` changes
//! nothing.

use super::words::{Reader, Writer};
use std::ops::Range;
use ulmfit_ops::{Device, Tensor};

/// Numbers in a block.
const BLOCK: usize = 64;
/// Numbers in a stripe: as many blocks as a mask has bits.
pub(super) const STRIPE: usize = 64 * BLOCK;

/// A part of a parameter.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Stripe {
    /// Number of the parameter.
    pub(super) param: usize,
    /// Its numbers.
    pub(super) place: Range<usize>,
}

/// All stripes of parameters with so many numbers.
pub(super) fn stripes(sizes: &[usize]) -> Vec<Stripe> {
    let of_param = |(param, &size): (usize, &usize)| {
        let starts = (0..size).step_by(STRIPE);
        starts.map(move |start| Stripe { param, place: start..size.min(start + STRIPE) })
    };
    sizes.iter().enumerate().flat_map(of_param).collect()
}

/// Those that a rank adds up: they are dealt in turn, so that a part with many zeros is dealt, too.
pub(super) fn of_rank(stripes: &[Stripe], rank: usize, ranks: usize) -> Vec<&Stripe> {
    stripes.iter().skip(rank).step_by(ranks).collect()
}

/// A stripe in main memory.
pub(super) struct Numbers(Vec<f32>);

impl Numbers {
    pub(super) fn new() -> Self {
        Self(vec![0.0; STRIPE])
    }

    /// Reads a stripe of a tensor.
    pub(super) fn read<D: Device>(&mut self, tensor: &Tensor<D>, stripe: &Stripe) {
        tensor.read_f32(stripe.place.start, &mut self.0[..stripe.place.len()]);
    }

    /// Writes it back.
    pub(super) fn write<D: Device>(&self, tensor: &mut Tensor<D>, stripe: &Stripe) {
        tensor.write_f32(stripe.place.start, &self.0[..stripe.place.len()]);
    }

    /// Sends it.
    pub(super) fn send(&self, stripe: &Stripe, writer: &mut Writer) {
        let at = writer.0.len();
        writer.u64(0);
        let mut mask = 0;
        for (n, block) in self.0[..stripe.place.len()].chunks(BLOCK).enumerate() {
            if block.iter().fold(0, |bits, value| bits | value.to_bits()) != 0 {
                mask |= 1_u64 << n;
                writer.f32s(block);
            }
        }
        writer.0[at] = mask as u32;
        writer.0[at + 1] = (mask >> 32) as u32;
    }

    /// Takes one that was sent.
    pub(super) fn receive(&mut self, stripe: &Stripe, reader: &mut Reader<'_>) {
        self.0[..stripe.place.len()].fill(0.0);
        self.each(stripe, reader, |own, sent| *own = sent);
    }

    /// Adds the same stripe of another tensor.
    pub(super) fn add(&mut self, other: &Self, stripe: &Stripe) {
        let count = stripe.place.len();
        self.0[..count].iter_mut().zip(&other.0[..count]).for_each(|(own, other)| *own += other);
    }

    /// Adds one that was sent.
    pub(super) fn add_sent(&mut self, stripe: &Stripe, reader: &mut Reader<'_>) {
        self.each(stripe, reader, |own, sent| *own += sent);
    }

    /// Leaves out one that was sent.
    pub(super) fn skip(stripe: &Stripe, reader: &mut Reader<'_>) {
        let mask = reader.u64();
        let last = stripe.place.len().div_ceil(BLOCK) - 1; // the one that may be shorter
        let missing =
            if mask >> last & 1 == 1 { (last + 1) * BLOCK - stripe.place.len() } else { 0 };
        reader.take(mask.count_ones() as usize * BLOCK - missing);
    }

    fn each(&mut self, stripe: &Stripe, reader: &mut Reader<'_>, put: impl Fn(&mut f32, f32)) {
        let mask = reader.u64();
        for (n, block) in self.0[..stripe.place.len()].chunks_mut(BLOCK).enumerate() {
            if mask >> n & 1 == 1 {
                let sent = reader.take(block.len());
                block.iter_mut().zip(sent).for_each(|(own, &bits)| put(own, f32::from_bits(bits)));
            }
        }
    }
}
