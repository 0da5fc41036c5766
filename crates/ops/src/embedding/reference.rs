//! Embedding in plain loops.

use super::{Embedding, sizes};
use crate::{Real, Reference, Tensor};

impl<R: Real> Embedding for Reference<R> {
    fn embedding_forward(
        &self,
        table: &Tensor<Self>,
        ids: &[u32],
        row_scale: Option<&Tensor<Self>>,
    ) -> Tensor<Self> {
        let [_, width] = sizes(table, row_scale);
        let mut y = Vec::with_capacity(ids.len() * width);
        for &id in ids {
            let id = id as usize;
            let scale = row_scale.map_or(R::one(), |scale| scale.data()[id]);
            y.extend(table.data()[id * width..][..width].iter().map(|&value| value * scale));
        }
        Tensor::from_real(&[ids.len(), width], y)
    }

    fn embedding_backward(
        &self,
        ids: &[u32],
        row_scale: Option<&Tensor<Self>>,
        padding: Option<u32>,
        dy: &Tensor<Self>,
        grad: &mut Tensor<Self>,
    ) {
        let [_, width] = sizes(grad, row_scale);
        assert_eq!(dy.as_matrix(), (ids.len(), width), "`dy`");
        for (&id, dy) in ids.iter().zip(dy.data().chunks_exact(width)) {
            if Some(id) == padding {
                continue;
            }
            let id = id as usize;
            let scale = row_scale.map_or(R::one(), |scale| scale.data()[id]);
            for (grad, &dy) in grad.data_mut()[id * width..][..width].iter_mut().zip(dy) {
                *grad += scale * dy;
            }
        }
    }
}
