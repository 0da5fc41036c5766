//! Gradients beside finite differences, for the tests of models and of their training steps.

use super::Network;
use ulmfit_ops::{Reference, Tensor};

/// What moves a number, and by how much.
const STEP: f64 = 1e-5;

/// Asserts for one number of each parameter that its gradient is the derivative of the loss: central differences in
/// `f64`.
///
/// `network` is what `subject` trains. `loss` is its loss, and leaves gradients of all parameters if it is asked
/// to. `place` says which number of a parameter with this name and so many numbers is moved: one that has a part in
/// the loss. Parameters in `unused` have none.
///
/// # Panics
/// If a gradient is wrong, or there although it should not be, or the other way round.
pub(crate) fn assert_gradients<S, N: Network<Reference>>(
    subject: &mut S,
    network: impl Fn(&mut S) -> &mut N,
    mut loss: impl FnMut(&mut S, bool) -> f64,
    place: impl Fn(&str, usize) -> usize,
    unused: &[&str],
) {
    for number in 0..network(subject).params().len() {
        network(subject).params_mut().into_iter().for_each(|(_, _, param)| param.grad = None);
        loss(subject, true);
        let (name, _, param) = network(subject).params_mut().swap_remove(number);
        assert_eq!(param.grad.is_none(), unused.contains(&&*name), "{name}");
        let Some(found) = param.grad.as_ref().map(Tensor::to_f64) else { continue };
        let values = param.value.to_f64();
        let place = place(&name, values.len());
        let mut shifted = |by: f64| {
            let mut values = values.clone();
            values[place] += by;
            let param = network(subject).params_mut().swap_remove(number).2;
            param.value = Tensor::from_f64(param.value.dims(), &values);
            loss(subject, false)
        };
        let wanted = (shifted(STEP) - shifted(-STEP)) / (2.0 * STEP);
        shifted(0.0);
        let far = (found[place] - wanted).abs();
        assert!(far < 1e-5 * (1.0 + wanted.abs()), "{name}: {} {wanted}", found[place]);
    }
}

/// The number in the middle of a parameter.
pub(crate) fn middle(_name: &str, numbers: usize) -> usize {
    numbers / 2
}
