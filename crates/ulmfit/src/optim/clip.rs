//! Clipping by the global norm of all gradients.

use super::gradients;
use crate::model::Network;
use ulmfit_ops::Device;

/// Euclidean norm of all gradients together, and the first tensor that is not finite.
pub fn gradient_norm<D: Device>(
    device: &D,
    network: &mut impl Network<D>,
) -> (f64, Option<String>) {
    let (mut sum, mut broken) = (0.0, None);
    for (name, grad) in gradients(network) {
        let squares = device.sum_of_squares(grad);
        if !squares.is_finite() && broken.is_none() {
            broken = Some(name);
        }
        sum += squares;
    }
    (sum.sqrt(), broken)
}

/// Scales all gradients down so that their norm is at most `max_norm`.
///
/// `norm` is what [`gradient_norm`] returned. As PyTorch's `clip_grad_norm_`: the factor is
/// `max_norm / (norm + 1e-6)`, at most 1.
pub fn clip_gradients<D: Device>(
    device: &D,
    network: &mut impl Network<D>,
    norm: f64,
    max_norm: f64,
) {
    let factor = max_norm / (norm + 1e-6);
    if factor < 1.0 {
        gradients(network).for_each(|(_, grad)| device.scale(grad, factor));
    }
}
