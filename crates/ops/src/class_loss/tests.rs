use super::*;
use crate::testing::{Results, assert_close, assert_cpu_follows, assert_gradient, bits, random};
use crate::{Cpu, Device, Reference};

/// `3 * 0.9 * sin(1.7 j)`, `[4, 3]`, as in [`losses_match_pytorch`].
fn logits<D: Backend>() -> Tensor<D> {
    let values: Vec<f64> = (0..12).map(|j| 2.7 * (1.7 * f64::from(j)).sin()).collect();
    Tensor::from_f64(&[4, 3], &values)
}

fn classes(smoothing: f64, weights: Option<&[f32]>) -> Targets {
    Targets::Classes { classes: vec![2, 0, 1, 1], smoothing, weights: weights.map(<[f32]>::to_vec) }
}

fn labels(weights: Option<&[f32]>) -> Targets {
    Targets::MultiLabel {
        values: vec![1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 1.0, 0.0],
        weights: weights.map(<[f32]>::to_vec),
    }
}

/// `0.9 sin(1.7 j + 1)`
fn numbers() -> Targets {
    let values = (0..12).map(|j| (0.9 * (1.7 * f64::from(j) + 1.0).sin()) as f32).collect();
    Targets::Values { values }
}

/// ```python
/// import torch, torch.nn.functional as F
/// j = torch.arange(12, dtype=torch.float64)
/// x, v = (2.7 * torch.sin(1.7 * j)).view(4, 3), (0.9 * torch.sin(1.7 * j + 1)).view(4, 3)
/// t, w = torch.tensor([2, 0, 1, 1]), torch.tensor([0.5, 2.0, 1.25], dtype=torch.float64)
/// y = torch.tensor([[1., 0, 1], [0, 0, 1], [1, 1, 0], [0, 1, 0]], dtype=torch.float64)
/// F.cross_entropy(x, t), F.cross_entropy(x, t, label_smoothing=.1)
/// F.cross_entropy(x, t, weight=w), F.cross_entropy(x, t, weight=w, label_smoothing=.1)
/// F.binary_cross_entropy_with_logits(x, y)
/// F.binary_cross_entropy_with_logits(x, y, pos_weight=w), F.mse_loss(x, v)
/// ```
#[test]
fn losses_match_pytorch() {
    const WEIGHTS: Option<&[f32]> = Some(&[0.5, 2.0, 1.25]);
    fn check<D: Device>(tolerance: f64) {
        for (targets, wanted) in [
            (classes(0.0, None), 4.101_915_377_788_91),
            (classes(0.1, None), 3.917_121_196_459_845),
            (classes(0.0, WEIGHTS), 3.943_683_464_198_825),
            (classes(0.1, WEIGHTS), 3.731_986_647_924_373_7),
            (labels(None), 1.426_759_886_223_467_8),
            (labels(WEIGHTS), 1.714_181_929_941_902_8),
            (numbers(), 2.578_309_999_976_188_5),
        ] {
            let (loss, _) = D::default().class_loss(&logits(), &targets);
            assert!((loss - wanted).abs() < tolerance, "{targets:?}: {loss}, not {wanted}");
        }
    }
    check::<Cpu>(2e-6);
    check::<Reference>(1e-7); // the targets of `numbers` are rounded to single precision
}

#[test]
fn gradients_match_finite_differences() {
    let device = Reference::<f64>::default();
    let weights: Option<&[f32]> = Some(&[0.5, 2.0, 1.25]);
    for targets in [classes(0.1, None), classes(0.1, weights), labels(weights), numbers()] {
        let (_, gradient) = device.class_loss(&logits(), &targets);
        assert_gradient("logits", &logits(), &gradient, |x| device.class_loss(x, &targets).0);
    }
}

#[test]
fn probabilities_are_what_they_should_be() {
    fn check<D: Device>() {
        let run = |activation| D::default().activate(&logits(), activation).to_f64();
        let softmax = [0.006_561_161_532, 0.303_376_115_351, 0.690_062_723_116];
        assert_close("softmax", &run(Activation::Softmax)[3..6], &softmax, 1e-6);
        let sigmoid =
            logits::<D>().to_f64().iter().map(|x| 1.0 / (1.0 + (-x).exp())).collect::<Vec<_>>();
        assert_close("sigmoid", &run(Activation::Sigmoid), &sigmoid, 1e-6);
        assert_eq!(run(Activation::Identity), logits::<D>().to_f64());
    }
    check::<Reference>();
    check::<Cpu>();
}

#[test]
fn huge_logits_stay_finite() {
    fn check<D: Device>() {
        let x = Tensor::<D>::from_f64(&[1, 2], &[1e4, -1e4]);
        let targets = Targets::MultiLabel { values: vec![0.0, 1.0], weights: None };
        let (loss, gradient) = D::default().class_loss(&x, &targets);
        assert_eq!((loss, gradient.to_f64()), (1e4, vec![0.5, -0.5]));
        let targets = Targets::Classes { classes: vec![1], smoothing: 0.0, weights: None };
        let (loss, gradient) = D::default().class_loss(&x, &targets);
        assert_eq!((loss, gradient.to_f64()), (2e4, vec![1.0, -1.0]));
    }
    check::<Reference>();
    check::<Cpu>();
}

#[test]
fn a_row_does_not_feel_the_others() {
    fn check<D: Device>() {
        let x = random::<D>(5, &[70, 7]);
        for activation in [Activation::Softmax, Activation::Sigmoid, Activation::Identity] {
            let all = bits(&D::default().activate(&x, activation));
            for rows in [1, 2, 33] {
                let part = Tensor::<D>::from_real(&[rows, 7], x.data()[..rows * 7].to_vec());
                let part = bits(&D::default().activate(&part, activation));
                assert_eq!(part, all[..rows * 7]);
            }
        }
    }
    check::<Reference>();
    check::<Cpu>();
}

#[test]
fn the_processor_follows_the_reference() {
    fn run<D: Device>([batch, count]: [usize; 2]) -> Results {
        let device = D::default();
        let x = random::<D>(1, &[batch, count]);
        let labels = (0..batch).map(|b| (b * 5 % count) as u32).collect();
        let targets = Targets::Classes { classes: labels, smoothing: 0.1, weights: None };
        let (loss, gradient) = device.class_loss(&x, &targets);
        let y = device.activate(&x, Activation::Softmax);
        vec![("loss", vec![loss]), ("gradient", gradient.to_f64()), ("y", y.to_f64())]
    }
    assert_cpu_follows(&[[1, 1], [1, 2], [67, 131]], 1e-5, run::<Reference>, run::<Cpu>);
}
