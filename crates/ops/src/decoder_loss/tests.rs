use super::*;
use crate::testing::{assert_gradient, random};
use crate::{Device, Reference};

const TARGETS: [u32; 4] = [6, 0, 3, 6];

#[test]
fn loss_of_equal_logits_is_the_logarithm_of_the_vocabulary() {
    fn check<D: Device>() {
        let zeros = |dims: &[usize]| Tensor::<D>::zeros(dims);
        let (h, weight, bias) = (zeros(&[2, 2, 3]), zeros(&[7, 3]), zeros(&[7]));
        let outcome = D::default().decoder_loss(&h, &weight, &bias, &TARGETS, None);
        assert!(
            (outcome.loss_sum - 4.0 * 7.0_f64.ln()).abs() < 1e-5,
            "{}",
            outcome.loss_sum
        );
        assert_eq!(outcome.correct, 1, "only the first of equal logits counts");
        assert!(outcome.dh.is_none());
    }
    check::<Reference>();
}

#[test]
fn gradients_match_finite_differences() {
    let device = Reference::<f64>::default();
    let (h, weight) = (random::<Reference>(1, &[2, 2, 3]), random(2, &[7, 3]));
    let bias = random(3, &[7]);
    let (mut d_weight, mut d_bias) = (Tensor::zeros(&[7, 3]), Tensor::zeros(&[7]));
    let grads = DecoderGrads {
        weight: &mut d_weight,
        bias: &mut d_bias,
    };
    let backward = DecoderBackward {
        scale: 0.3,
        grads: Some(grads),
    };
    let outcome = device.decoder_loss(&h, &weight, &bias, &TARGETS, Some(backward));
    let loss = |h: &Tensor<_>, weight: &Tensor<_>, bias: &Tensor<_>| {
        0.3 * device
            .decoder_loss(h, weight, bias, &TARGETS, None)
            .loss_sum
    };
    assert_gradient("dh", &h, &outcome.dh.unwrap(), |h| loss(h, &weight, &bias));
    assert_gradient("d_weight", &weight, &d_weight, |weight| {
        loss(&h, weight, &bias)
    });
    assert_gradient("d_bias", &bias, &d_bias, |bias| loss(&h, &weight, bias));
}

#[test]
#[should_panic(expected = "target 7 in a vocabulary of 7")]
fn an_unknown_target_panics() {
    let (h, weight, bias) = (random(1, &[1, 3]), random(2, &[7, 3]), random(3, &[7]));
    Reference::<f64>::default().decoder_loss(&h, &weight, &bias, &[7], None);
}
