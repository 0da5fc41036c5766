//! Losses of a head: a few numbers a document, so the plain loops are fast enough.

use super::reference::{activated, loss};
use super::{Activation, ClassLoss, Targets};
use crate::{Cpu, Tensor};

impl ClassLoss for Cpu {
    fn class_loss(&self, logits: &Tensor<Self>, targets: &Targets) -> (f64, Tensor<Self>) {
        loss(logits, targets)
    }

    fn activate(&self, logits: &Tensor<Self>, activation: Activation) -> Tensor<Self> {
        activated(logits, activation)
    }
}
