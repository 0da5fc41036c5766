//! Moving rows in plain loops.

use super::{Piece, Rows, row_width, with_rows};
use crate::{Real, Reference, Tensor};

impl<R: Real> Rows for Reference<R> {
    fn place_piece(&self, sequence: &mut Tensor<Self>, start: usize, piece: &Tensor<Self>) {
        let [time, batch, width] = piece.shape("piece");
        let sizes = Piece::new(sequence, start, time, batch);
        assert_eq!(sequence.dims()[2], width, "width of `piece`");
        for t in 0..time {
            sequence.data_mut()[sizes.offset + t * sizes.step..][..sizes.part]
                .copy_from_slice(&piece.data()[t * sizes.part..][..sizes.part]);
        }
    }

    fn take_piece(
        &self,
        sequence: &Tensor<Self>,
        start: usize,
        time: usize,
        batch: usize,
    ) -> Tensor<Self> {
        let sizes = Piece::new(sequence, start, time, batch);
        let mut piece = Vec::with_capacity(time * sizes.part);
        for t in 0..time {
            let step = &sequence.data()[sizes.offset + t * sizes.step..];
            piece.extend_from_slice(&step[..sizes.part]);
        }
        Tensor::from_real(&[time, batch, sequence.dims()[2]], piece)
    }

    fn resize_rows(&self, x: &Tensor<Self>, rows: usize) -> Tensor<Self> {
        let [_, width] = x.shape("x");
        let mut data = x.data().to_vec();
        data.resize(rows * width, R::zero());
        Tensor::from_real(&[rows, width], data)
    }

    fn remap_rows(&self, x: &Tensor<Self>, sources: &[Option<u32>]) -> Tensor<Self> {
        let width = row_width(x);
        let mut sum = vec![0.0; width];
        for row in x.data().chunks_exact(width) {
            for (sum, value) in sum.iter_mut().zip(row) {
                *sum += value.f64();
            }
        }
        let rows = (x.len() / width) as f64;
        let mean: Vec<R> = sum.into_iter().map(|sum| R::of(sum / rows)).collect();
        let mut data = Vec::with_capacity(sources.len() * width);
        for source in sources {
            match source {
                Some(row) => data.extend_from_slice(&x.data()[*row as usize * width..][..width]),
                None => data.extend_from_slice(&mean),
            }
        }
        Tensor::from_real(&with_rows(x, sources.len()), data)
    }
}
