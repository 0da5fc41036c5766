//! Moving whole rows: pieces of a document into one sequence, states between batch sizes,
//! embeddings between vocabularies.

mod cpu;
mod reference;
#[cfg(test)]
mod tests;

use crate::{Backend, Tensor};

/// See the [module](self).
pub trait Rows: Backend {
    /// Copies `piece` into `sequence` from time `start`, into its first rows.
    ///
    /// # Shapes
    /// `sequence`: `[T, B, F]`, `piece`: `[t, b, F]` with `b <= B` and `start + t <= T`
    fn place_piece(&self, sequence: &mut Tensor<Self>, start: usize, piece: &Tensor<Self>);

    /// The opposite: times `start..start + time` of the first `batch` rows, `[time, batch, F]`.
    fn take_piece(
        &self,
        sequence: &Tensor<Self>,
        start: usize,
        time: usize,
        batch: usize,
    ) -> Tensor<Self>;

    /// The first `rows` rows of a matrix; missing ones are zero.
    ///
    /// # Shapes
    /// `x`: `[N, F]`, result: `[rows, F]`
    fn resize_rows(&self, x: &Tensor<Self>, rows: usize) -> Tensor<Self>;

    /// Row `n` of the result is row `sources[n]` of `x`, or the mean of all its rows if there is
    /// no source. Works on `[N, F]` and on a vector `[N]`, whose rows are single numbers.
    ///
    /// This is how a vocabulary is exchanged: Howard & Ruder 2018, section 3.2, as fastai does it.
    fn remap_rows(&self, x: &Tensor<Self>, sources: &[Option<u32>]) -> Tensor<Self>;
}

/// Sizes of moving a piece of `time` steps and `batch` rows, after checking that it fits.
struct Piece {
    /// Elements of one step of the sequence.
    step: usize,
    /// Elements of one step of the piece.
    part: usize,
    /// Elements of the sequence before the piece.
    offset: usize,
}

impl Piece {
    fn new<D: Backend>(sequence: &Tensor<D>, start: usize, time: usize, batch: usize) -> Self {
        let [steps, rows, width] = sequence.shape("sequence");
        assert!(start + time <= steps, "steps {start}..{} of {steps}", start + time);
        assert!(batch <= rows, "{batch} rows of {rows}");
        Self { step: rows * width, part: batch * width, offset: start * rows * width }
    }
}

/// Elements in a row: the second dimension of a matrix, one for a vector.
fn row_width<D: Backend>(x: &Tensor<D>) -> usize {
    match *x.dims() {
        [_] => 1,
        [_, width] => width,
        _ => panic!("rows of {:?}: neither a matrix nor a vector", x.dims()),
    }
}

/// Dimensions of `x` with `rows` rows.
fn with_rows<D: Backend>(x: &Tensor<D>, rows: usize) -> Vec<usize> {
    let mut dims = x.dims().to_vec();
    dims[0] = rows;
    dims
}
