//! Embedding with the rows shared out between threads.

use super::{Embedding, sizes};
use crate::profile::{Part, timed};
use crate::{Cpu, Tensor};
use rayon::prelude::*;

impl Embedding for Cpu {
    fn embedding_forward(
        &self,
        table: &Tensor<Self>,
        ids: &[u32],
        row_scale: Option<&Tensor<Self>>,
    ) -> Tensor<Self> {
        let [_, width] = sizes(table, row_scale);
        let look_up = |(y, &id): (&mut [f32], &u32)| {
            let id = id as usize;
            y.copy_from_slice(&table.data()[id * width..][..width]);
            if let Some(scale) = row_scale {
                let scale = scale.data()[id];
                for y in y {
                    *y *= scale;
                }
            }
        };
        timed(Part::Embedding, || {
            let mut y = Tensor::zeros(&[ids.len(), width]);
            y.data_mut().par_chunks_mut(width).zip(ids).for_each(look_up);
            y
        })
    }

    fn embedding_backward(
        &self,
        ids: &[u32],
        row_scale: Option<&Tensor<Self>>,
        padding: Option<u32>,
        dy: &Tensor<Self>,
        grad: &mut Tensor<Self>,
    ) {
        /// Vocabulary rows a task owns.
        const ROWS: usize = 256;

        let [vocab, width] = sizes(grad, row_scale);
        assert_eq!(dy.as_matrix(), (ids.len(), width), "`dy`");
        // Sorted by row and, within a row, by place: the order of additions is fixed.
        let mut lookups: Vec<(usize, usize)> = ids
            .iter()
            .enumerate()
            .filter(|&(_, &id)| Some(id) != padding)
            .map(|(place, &id)| (id as usize, place))
            .collect();
        lookups.sort_unstable();
        if let Some(&(id, _)) = lookups.last() {
            assert!(id < vocab, "id {id} in a vocabulary of {vocab}");
        }
        grad.data_mut().par_chunks_mut(ROWS * width).enumerate().for_each(|(task, rows)| {
            let first = task * ROWS;
            let start = lookups.partition_point(|&(id, _)| id < first);
            for &(id, place) in lookups[start..].iter().take_while(|&&(id, _)| id < first + ROWS) {
                let scale = row_scale.map_or(1.0, |scale| scale.data()[id]);
                let row = &mut rows[(id - first) * width..][..width];
                for (grad, dy) in row.iter_mut().zip(&dy.data()[place * width..]) {
                    *grad += scale * dy;
                }
            }
        });
    }
}
