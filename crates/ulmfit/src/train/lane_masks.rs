//! Dropout masks of a lane: its rows of those of the whole batch.

use crate::model::{LanguageModel, MaskSource, RandomMasks, Site};
use std::ops::Range;
use ulmfit_ops::{Device, Key, Tensor};

/// Masks of weights, which all of a batch share; drawn once for all lanes.
///
/// They are drawn before the lanes begin: drawing is itself a loop over threads, and a thread that waits
/// in it might take up another lane, which would wait for the same mask.
pub(super) struct SharedMasks<D: Device>(Vec<(Site, Tensor<D>)>);

impl<D: Device> SharedMasks<D> {
    /// Those of the step that `masks` belongs to.
    pub(super) fn draw(model: &LanguageModel<D>, masks: &RandomMasks<D>) -> Self {
        let (config, dropout) = (model.config(), model.encoder().dropout);
        let recurrent = (0..config.layers).map(|layer| {
            let (_, hidden) = config.layer(layer);
            (Site::Weight(layer), vec![4 * hidden, hidden], dropout.weight)
        });
        let sites = recurrent.chain([(Site::Embedding, vec![config.vocab], dropout.embed)]);
        let drawn = sites.filter(|(_, _, p)| *p > 0.0);
        Self(drawn.map(|(site, dims, p)| (site, masks.mask(site, 0, &dims, p))).collect())
    }

    fn get(&self, site: Site) -> Option<&Tensor<D>> {
        self.0.iter().find(|(of, _)| *of == site).map(|(_, mask)| mask)
    }
}

/// The masks of one lane.
pub(super) struct LaneMasks<'a, D: Device> {
    pub(super) device: &'a D,
    /// Of the whole batch.
    pub(super) whole: &'a RandomMasks<D>,
    pub(super) shared: &'a SharedMasks<D>,
    /// Rows of the batch.
    pub(super) batch: usize,
    /// The lane's among them.
    pub(super) rows: Range<usize>,
    /// Number of the lane.
    pub(super) lane: usize,
}

impl<D: Device> MaskSource<D> for LaneMasks<'_, D> {
    fn mask(&self, site: Site, piece: usize, dims: &[usize], p: f64) -> Tensor<D> {
        match site {
            Site::Embedding | Site::Weight(_) => {
                let shared = self.shared.get(site).cloned();
                shared.unwrap_or_else(|| self.whole.mask(site, piece, dims, p))
            }
            Site::Input | Site::Hidden(_) | Site::Output | Site::Head(_) => {
                let whole = self.whole.mask(site, piece, &[self.batch, dims[1]], p);
                take_rows(self.device, &whole, &self.rows)
            }
        }
    }

    fn samples(&self) -> Option<Key> {
        self.whole.samples().map(|key| key.child(self.lane as u64))
    }
}

/// These rows of a matrix, `[N, F]`.
pub(super) fn take_rows<D: Device>(
    device: &D,
    matrix: &Tensor<D>,
    rows: &Range<usize>,
) -> Tensor<D> {
    let (count, width) = matrix.as_matrix();
    let steps = matrix.clone().reshaped(&[count, 1, width]);
    device.take_piece(&steps, rows.start, rows.len(), 1).reshaped(&[rows.len(), width])
}
