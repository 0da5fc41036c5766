//! A contiguous array with dimensions; its elements are visible inside this crate only.

use crate::{Backend, Real};
use std::fmt;
use std::sync::Arc;

/// Row-major array of a device's numbers.
///
/// A clone shares the numbers until one of both changes: lanes of a batch read the same weights.
pub struct Tensor<D: Backend> {
    dims: Vec<usize>,
    data: Arc<Vec<D::Real>>,
}

impl<D: Backend> Tensor<D> {
    /// All zeros.
    pub fn zeros(dims: &[usize]) -> Self {
        Self::with_data(dims, vec![D::Real::of(0.0); dims.iter().product()])
    }

    /// Every element `value`.
    pub fn full(dims: &[usize], value: f64) -> Self {
        Self::with_data(dims, vec![D::Real::of(value); dims.iter().product()])
    }

    /// Copies `values` from host memory.
    ///
    /// # Panics
    /// When `values` does not have exactly the product of `dims` elements.
    pub fn from_f32(dims: &[usize], values: &[f32]) -> Self {
        Self::from_real(dims, D::Real::of_all(values))
    }

    /// Copies `values` from host memory, rounding to the device's precision.
    ///
    /// # Panics
    /// When `values` does not have exactly the product of `dims` elements.
    pub fn from_f64(dims: &[usize], values: &[f64]) -> Self {
        Self::from_real(dims, values.iter().map(|&v| D::Real::of(v)).collect())
    }

    /// Copies the elements to host memory.
    pub fn to_f32(&self) -> Vec<f32> {
        self.data.iter().map(|v| v.f64() as f32).collect()
    }

    /// Copies the elements to host memory.
    pub fn to_f64(&self) -> Vec<f64> {
        self.data.iter().map(|v| v.f64()).collect()
    }

    /// Copies the elements from `start` on to host memory, as many as fit.
    ///
    /// # Panics
    /// When there are not so many.
    pub fn read_f32(&self, start: usize, to: &mut [f32]) {
        let from = &self.data[start..start + to.len()];
        to.iter_mut().zip(from).for_each(|(to, from)| *to = from.f64() as f32);
    }

    /// The opposite: copies `from` over the elements from `start` on.
    ///
    /// # Panics
    /// When there are not so many.
    pub fn write_f32(&mut self, start: usize, from: &[f32]) {
        let to = &mut self.data_mut()[start..start + from.len()];
        to.iter_mut().zip(from).for_each(|(to, &from)| *to = D::Real::of(f64::from(from)));
    }

    /// The dimensions, outermost first.
    pub fn dims(&self) -> &[usize] {
        &self.dims
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.data.len()
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// The same elements under other dimensions.
    ///
    /// # Panics
    /// When the number of elements would change.
    #[must_use]
    pub fn reshaped(mut self, dims: &[usize]) -> Self {
        assert_eq!(self.data.len(), dims.iter().product::<usize>(), "reshape to {dims:?}");
        self.dims = dims.to_vec();
        self
    }

    /// Dimensions of a matrix, reading everything before the last as rows.
    pub fn as_matrix(&self) -> (usize, usize) {
        let columns = self.dims.last().copied().unwrap_or(1);
        (self.data.len().checked_div(columns).unwrap_or(0), columns)
    }

    pub(crate) fn from_real(dims: &[usize], data: Vec<D::Real>) -> Self {
        assert_eq!(
            data.len(),
            dims.iter().product::<usize>(),
            "{} values for {dims:?}",
            data.len()
        );
        Self::with_data(dims, data)
    }

    fn with_data(dims: &[usize], data: Vec<D::Real>) -> Self {
        Self { dims: dims.to_vec(), data: Arc::new(data) }
    }

    pub(crate) fn data(&self) -> &[D::Real] {
        &self.data
    }

    pub(crate) fn data_mut(&mut self) -> &mut [D::Real] {
        Arc::make_mut(&mut self.data).as_mut_slice()
    }

    /// Dimensions as a fixed-size array.
    ///
    /// # Panics
    /// When the rank is not `R`; `what` names the tensor in the message.
    #[track_caller]
    pub(crate) fn shape<const R: usize>(&self, what: &str) -> [usize; R] {
        let Ok(dims) = self.dims.as_slice().try_into() else {
            panic!("`{what}` should have {R} dimensions, has {:?}", self.dims)
        };
        dims
    }
}

impl<D: Backend> Clone for Tensor<D> {
    fn clone(&self) -> Self {
        Self { dims: self.dims.clone(), data: Arc::clone(&self.data) }
    }
}

impl<D: Backend> PartialEq for Tensor<D> {
    fn eq(&self, other: &Self) -> bool {
        self.dims == other.dims && self.data == other.data
    }
}

impl<D: Backend> fmt::Debug for Tensor<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tensor{:?}{:?}", self.dims, &self.data[..self.data.len().min(8)])
    }
}
