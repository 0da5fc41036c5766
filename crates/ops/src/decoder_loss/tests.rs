use super::*;
use crate::testing::{Results, assert_cpu_follows, assert_gradient, random};
use crate::{Cpu, Device, Reference};

const TARGETS: [u32; 4] = [6, 0, 3, 6];

#[test]
fn loss_of_equal_logits_is_the_logarithm_of_the_vocabulary() {
    fn check<D: Device>() {
        let zeros = |dims: &[usize]| Tensor::<D>::zeros(dims);
        let (h, weight, bias) = (zeros(&[2, 2, 3]), zeros(&[7, 3]), zeros(&[7]));
        let outcome = D::default().decoder_loss(&h, &weight, &bias, &TARGETS, None);
        assert!((outcome.loss_sum - 4.0 * 7.0_f64.ln()).abs() < 1e-5, "{}", outcome.loss_sum);
        assert_eq!(outcome.correct, 1, "only the first of equal logits counts");
        assert!(outcome.dh.is_none());
    }
    check::<Reference>();
    check::<Cpu>();
}

#[test]
fn gradients_match_finite_differences() {
    let device = Reference::<f64>::default();
    let (h, weight) = (random::<Reference>(1, &[2, 2, 3]), random(2, &[7, 3]));
    let bias = random(3, &[7]);
    let (mut d_weight, mut d_bias) = (Tensor::zeros(&[7, 3]), Tensor::zeros(&[7]));
    let grads = DecoderGrads { weight: &mut d_weight, bias: &mut d_bias };
    let backward = DecoderBackward { scale: 0.3, grads: Some(grads) };
    let outcome = device.decoder_loss(&h, &weight, &bias, &TARGETS, Some(backward));
    let loss = |h: &Tensor<_>, weight: &Tensor<_>, bias: &Tensor<_>| {
        0.3 * device.decoder_loss(h, weight, bias, &TARGETS, None).loss_sum
    };
    assert_gradient("dh", &h, &outcome.dh.unwrap(), |h| loss(h, &weight, &bias));
    assert_gradient("d_weight", &weight, &d_weight, |weight| loss(&h, weight, &bias));
    assert_gradient("d_bias", &bias, &d_bias, |bias| loss(&h, &weight, bias));
}

#[test]
#[should_panic(expected = "target 7 in a vocabulary of 7")]
fn an_unknown_target_panics() {
    let (h, weight, bias) = (random(1, &[1, 3]), random(2, &[7, 3]), random(3, &[7]));
    Reference::<f64>::default().decoder_loss(&h, &weight, &bias, &[7], None);
}

#[test]
fn the_processor_follows_the_reference() {
    fn run<D: Device>([n, width, vocab]: [usize; 3]) -> Results {
        let (h, weight) = (random::<D>(1, &[n, width]), random(2, &[vocab, width]));
        let bias = random(3, &[vocab]);
        let targets: Vec<u32> = (0..n).map(|i| (i * 7 % vocab) as u32).collect();
        let (mut d_weight, mut d_bias) = (Tensor::zeros(&[vocab, width]), Tensor::zeros(&[vocab]));
        let grads = DecoderGrads { weight: &mut d_weight, bias: &mut d_bias };
        let backward = DecoderBackward { scale: 1.0 / n as f64, grads: Some(grads) };
        let out = D::default().decoder_loss(&h, &weight, &bias, &targets, Some(backward));
        let frozen = DecoderBackward { scale: 2.0, grads: None };
        let again = D::default().decoder_loss(&h, &weight, &bias, &targets, Some(frozen));
        let evaluated = D::default().decoder_loss(&h, &weight, &bias, &targets, None);
        vec![
            ("loss", vec![out.loss_sum, again.loss_sum, evaluated.loss_sum]),
            ("correct", vec![out.correct as f64, evaluated.correct as f64]),
            ("dh", out.dh.unwrap().to_f64()),
            ("dh of a frozen decoder", again.dh.unwrap().to_f64()),
            ("d_weight", d_weight.to_f64()),
            ("d_bias", d_bias.to_f64()),
        ]
    }
    let sizes = [[1, 1, 1], [1, 7, 1031], [259, 19, 53], [517, 37, 2311]];
    assert_cpu_follows(&sizes, 1e-5, run::<Reference>, run::<Cpu>);
}

#[test]
fn a_nan_reaches_the_loss() {
    fn check<D: Device>() {
        let h = Tensor::<D>::from_f64(&[1, 2], &[1.0, f64::NAN]);
        let (weight, bias) = (random(2, &[70, 2]), random(3, &[70]));
        let outcome = D::default().decoder_loss(&h, &weight, &bias, &[1], None);
        assert!(outcome.loss_sum.is_nan());
        assert_eq!(outcome.correct, 0);
    }
    check::<Reference>();
    check::<Cpu>();
}
