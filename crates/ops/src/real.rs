//! The element types the reference is written for.

use num_traits::{Float, NumAssign};
use std::fmt::{Debug, Display};
use std::iter::Sum;

/// `f32` or `f64`.
pub trait Real:
    Float + NumAssign + Sum + Default + Debug + Display + Send + Sync + 'static
{
    /// Rounds to the nearest value of this type.
    fn of(value: f64) -> Self;
    /// The same value in double precision.
    fn f64(self) -> f64;
    /// Copies of single-precision values.
    fn of_all(values: &[f32]) -> Vec<Self>;
}

impl Real for f32 {
    fn of(value: f64) -> Self {
        value as f32
    }
    fn f64(self) -> f64 {
        f64::from(self)
    }
    fn of_all(values: &[f32]) -> Vec<Self> {
        values.to_vec()
    }
}

impl Real for f64 {
    fn of(value: f64) -> Self {
        value
    }
    fn f64(self) -> f64 {
        self
    }
    fn of_all(values: &[f32]) -> Vec<Self> {
        values.iter().map(|&value| f64::from(value)).collect()
    }
}
