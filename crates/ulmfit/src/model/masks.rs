//! Where dropout masks come from.

use ulmfit_ops::{Device, Key, Tensor};

/// A place in the network that has dropout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Site {
    /// Rows of the vocabulary, `[V]`.
    Embedding,
    /// Embedded input, `[B, E]`.
    Input,
    /// Recurrent weights of a layer, `[4H, H]`.
    Weight(usize),
    /// Between a layer and the next, `[B, H]`.
    Hidden(usize),
    /// Before the decoder, `[B, E]`.
    Output,
    /// In a block of the head, `[B, F]`.
    Head(usize),
}

impl Site {
    fn number(self) -> u64 {
        match self {
            Self::Embedding => 0,
            Self::Input => 1,
            Self::Output => 2,
            Self::Weight(layer) => 16 + 4 * layer as u64,
            Self::Hidden(layer) => 17 + 4 * layer as u64,
            Self::Head(block) => 18 + 4 * block as u64,
        }
    }
}

/// Gives each site its mask; `piece` counts the encoder's calls within a training step.
pub trait MaskSource<D: Device> {
    /// A mask of `dims` whose elements are 0 with probability `p`, else `1/(1-p)`.
    fn mask(&self, site: Site, piece: usize, dims: &[usize], p: f64) -> Tensor<D>;

    /// By which draws the softmax's gradient is sampled where the device does so; `None`, the
    /// default: it is exact.
    fn samples(&self) -> Option<Key> {
        None
    }
}

/// Child of a step's key below which the softmax samples: beyond all pieces of a document.
const SAMPLES: u64 = u64::MAX;

/// Masks as pure functions of a key, which names the training step.
pub struct RandomMasks<D> {
    device: D,
    key: Key,
}

impl<D: Device> RandomMasks<D> {
    /// The masks of the step that `key` names.
    pub fn new(device: D, key: Key) -> Self {
        Self { device, key }
    }
}

impl<D: Device> MaskSource<D> for RandomMasks<D> {
    fn mask(&self, site: Site, piece: usize, dims: &[usize], p: f64) -> Tensor<D> {
        self.device.dropout_mask(dims, p, self.key.child(piece as u64).child(site.number()))
    }

    fn samples(&self) -> Option<Key> {
        Some(self.key.child(SAMPLES))
    }
}

/// Whether dropout is on.
pub enum Mode<'a, D: Device> {
    /// Off.
    Evaluate,
    /// On.
    Train {
        /// Where masks come from.
        masks: &'a dyn MaskSource<D>,
        /// Which call of the encoder within the step this is.
        piece: usize,
    },
}

impl<D: Device> Clone for Mode<'_, D> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<D: Device> Copy for Mode<'_, D> {}

impl<D: Device> Mode<'_, D> {
    /// The mask of a site, `None` where nothing is dropped.
    pub fn mask(&self, site: Site, dims: &[usize], p: f64) -> Option<Tensor<D>> {
        match self {
            Self::Train { masks, piece } if p > 0.0 => Some(masks.mask(site, *piece, dims, p)),
            _ => None,
        }
    }
}
