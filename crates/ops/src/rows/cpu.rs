//! Moving rows on all threads.

use super::{Piece, Rows, row_width, with_rows};
use crate::{Cpu, Tensor};
use rayon::prelude::*;

impl Rows for Cpu {
    fn place_piece(&self, sequence: &mut Tensor<Self>, start: usize, piece: &Tensor<Self>) {
        let [time, batch, width] = piece.shape("piece");
        let sizes = Piece::new(sequence, start, time, batch);
        assert_eq!(sequence.dims()[2], width, "width of `piece`");
        let steps = sequence.data_mut()[sizes.offset..].par_chunks_mut(sizes.step.max(1));
        let parts = piece.data().par_chunks(sizes.part.max(1));
        steps.zip(parts).for_each(|(step, part)| step[..sizes.part].copy_from_slice(part));
    }

    fn take_piece(
        &self,
        sequence: &Tensor<Self>,
        start: usize,
        time: usize,
        batch: usize,
    ) -> Tensor<Self> {
        let sizes = Piece::new(sequence, start, time, batch);
        let mut piece = Tensor::zeros(&[time, batch, sequence.dims()[2]]);
        let steps = sequence.data()[sizes.offset..].par_chunks(sizes.step.max(1));
        let parts = piece.data_mut().par_chunks_mut(sizes.part.max(1));
        parts.zip(steps).for_each(|(part, step)| part.copy_from_slice(&step[..sizes.part]));
        piece
    }

    fn resize_rows(&self, x: &Tensor<Self>, rows: usize) -> Tensor<Self> {
        let [_, width] = x.shape("x");
        let mut data = x.data().to_vec();
        data.resize(rows * width, 0.0);
        Tensor::from_real(&[rows, width], data)
    }

    fn remap_rows(&self, x: &Tensor<Self>, sources: &[Option<u32>]) -> Tensor<Self> {
        let width = row_width(x);
        let mut sum = vec![0.0; width];
        for row in x.data().chunks_exact(width) {
            for (sum, &value) in sum.iter_mut().zip(row) {
                *sum += f64::from(value);
            }
        }
        let rows = (x.len() / width) as f64;
        let mean: Vec<f32> = sum.into_iter().map(|sum| (sum / rows) as f32).collect();
        let mut y = Tensor::zeros(&with_rows(x, sources.len()));
        y.data_mut().par_chunks_mut(width).zip(sources).for_each(|(y, source)| match source {
            Some(row) => y.copy_from_slice(&x.data()[*row as usize * width..][..width]),
            None => y.copy_from_slice(&mean),
        });
        y
    }
}
