//! Losses of a classifier head and the probabilities that belong to them.

mod cpu;
mod reference;
#[cfg(test)]
mod tests;

use crate::{Backend, Tensor};

/// What the head should have said.
#[derive(Clone, Debug, PartialEq)]
pub enum Targets {
    /// One class per row: cross entropy of a softmax.
    Classes {
        /// Class of each row, below `C`.
        classes: Vec<u32>,
        /// `ε`: `(1-ε)·NLL + ε/C·Σ(-log p)`, as PyTorch's `label_smoothing`.
        smoothing: f64,
        /// One weight per class; the mean is weighted, as PyTorch's `weight`.
        weights: Option<Vec<f32>>,
    },
    /// Any number of classes a row, `[B, C]` of 0 and 1: mean binary cross entropy of a sigmoid.
    MultiLabel {
        /// Row-major, one value per row and class.
        values: Vec<f32>,
        /// One weight per class on its *positive* term, as PyTorch's `pos_weight`.
        weights: Option<Vec<f32>>,
    },
    /// Real numbers, `[B, C]`: mean squared error.
    Values {
        /// Row-major.
        values: Vec<f32>,
    },
}

/// How logits become what is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// Softmax over the classes.
    Softmax,
    /// A sigmoid for each class.
    Sigmoid,
    /// The logits themselves.
    Identity,
}

/// See the [module](self).
pub trait ClassLoss: Backend {
    /// Mean loss of a batch and its gradient with respect to `logits`, `[B, C]`.
    fn class_loss(&self, logits: &Tensor<Self>, targets: &Targets) -> (f64, Tensor<Self>);

    /// Probabilities (or values), `[B, C]`. A row's bits do not depend on the other rows.
    fn activate(&self, logits: &Tensor<Self>, activation: Activation) -> Tensor<Self>;
}
