use super::*;
use crate::testing::{
    Results, assert_close, assert_cpu_follows, assert_gradient, bits, random, weighted_sum,
};
use crate::{Cpu, Device, Reference};

fn fill<D: Backend>(scale: f64, k: f64, dims: &[usize]) -> Tensor<D> {
    let n = dims.iter().product::<usize>();
    let values: Vec<f64> = (0..n).map(|j| scale * (1.7 * j as f64 + k).sin()).collect();
    Tensor::from_f64(dims, &values)
}

/// ```python
/// import torch; torch.set_default_dtype(torch.float64)
/// fill = lambda s, k, *d: (s * torch.sin(1.7 * torch.arange(torch.Size(d).numel()) + k)).view(d)
/// bn = torch.nn.BatchNorm1d(3, momentum=.3); bn.weight.data = fill(.9, 2, 3); bn.bias.data = fill(.9, 3, 3)
/// x = fill(2.7, 0, 4, 3).requires_grad_(); y = bn(x); (y * fill(.9, 4, 4, 3)).sum().backward()
/// y, bn.running_mean, bn.running_var, x.grad, bn.weight.grad, bn.bias.grad
/// ```
#[test]
fn training_matches_pytorch() {
    const Y: [f64; 12] = [
        0.600_738_472_294,
        -1.508_367_884_612,
        0.869_546_300_561,
        -0.826_779_488_243,
        -1.210_143_547_694,
        -0.547_364_506_837,
        -0.478_401_560_518,
        -0.543_478_520_956,
        -0.628_928_396_811,
        1.212_474_605_484,
        -0.337_733_773_970,
        0.726_323_740_548,
    ];
    const MEAN: [f64; 3] = [-0.248_862_131_350, -0.018_985_679_611, 0.253_754_531_927];
    const VAR: [f64; 3] = [1.521_423_859_615, 2.545_629_828_167, 1.480_520_064_213];
    const DX: [f64; 12] = [
        -0.444_698_052_576,
        -0.073_444_289_879,
        -0.307_650_977_001,
        -0.109_320_657_251,
        0.080_757_185_452,
        -0.210_666_457_508,
        0.292_731_344_501,
        0.075_450_208_898,
        0.165_477_088_532,
        0.261_287_365_326,
        -0.082_763_104_471,
        0.352_840_345_977,
    ];
    const D_WEIGHT: [f64; 3] = [-0.873_765_536_098, -1.966_060_009_162, -1.322_802_065_012];
    const D_BIAS: [f64; 3] = [0.896_119_092_118, -0.797_242_243_952, -0.690_678_544_612];

    fn check<D: Device>(tolerance: f64) {
        let device = D::default();
        let (weight, bias) = (fill::<D>(0.9, 2.0, &[3]), fill(0.9, 3.0, &[3]));
        let weights = BatchNormWeights { weight: &weight, bias: &bias, eps: 1e-5 };
        let mut running = RunningStats::new(3);
        let (y, tape) =
            device.batch_norm_train(&fill(2.7, 0.0, &[4, 3]), weights, &mut running, 0.3);
        assert_close("y", &y.to_f64(), &Y, tolerance);
        assert_close("mean", &running.mean.to_f64(), &MEAN, tolerance);
        assert_close("var", &running.var.to_f64(), &VAR, tolerance);
        let (mut d_weight, mut d_bias) = (Tensor::zeros(&[3]), Tensor::zeros(&[3]));
        let grads = BatchNormGrads { weight: &mut d_weight, bias: &mut d_bias };
        let dx = device.batch_norm_backward(&tape, weights, &fill(0.9, 4.0, &[4, 3]), Some(grads));
        assert_close("dx", &dx.to_f64(), &DX, tolerance);
        assert_close("d_weight", &d_weight.to_f64(), &D_WEIGHT, tolerance);
        assert_close("d_bias", &d_bias.to_f64(), &D_BIAS, tolerance);
    }
    check::<Reference>(1e-11);
    check::<Cpu>(1e-5);
}

#[test]
fn gradients_match_finite_differences() {
    let device = Reference::<f64>::default();
    let (x, weight) = (random::<Reference>(1, &[5, 3]), random(2, &[3]));
    let (bias, dy) = (random(3, &[3]), random(4, &[5, 3]));
    let loss = |x: &Tensor<_>, weight: &Tensor<_>, bias: &Tensor<_>| {
        let weights = BatchNormWeights { weight, bias, eps: 1e-5 };
        let (y, _) = device.batch_norm_train(x, weights, &mut RunningStats::new(3), 0.1);
        weighted_sum(4, &y)
    };
    let weights = BatchNormWeights { weight: &weight, bias: &bias, eps: 1e-5 };
    let (_, tape) = device.batch_norm_train(&x, weights, &mut RunningStats::new(3), 0.1);
    let (mut d_weight, mut d_bias) = (Tensor::zeros(&[3]), Tensor::zeros(&[3]));
    let grads = BatchNormGrads { weight: &mut d_weight, bias: &mut d_bias };
    let dx = device.batch_norm_backward(&tape, weights, &dy, Some(grads));
    assert_gradient("dx", &x, &dx, |x| loss(x, &weight, &bias));
    assert_gradient("d_weight", &weight, &d_weight, |weight| loss(&x, weight, &bias));
    assert_gradient("d_bias", &bias, &d_bias, |bias| loss(&x, &weight, bias));
}

#[test]
fn evaluation_uses_the_running_statistics() {
    fn check<D: Device>() {
        let weight = Tensor::<D>::from_f64(&[2], &[2.0, 1.0]);
        let bias = Tensor::from_f64(&[2], &[0.0, 10.0]);
        let weights = BatchNormWeights { weight: &weight, bias: &bias, eps: 0.0 };
        let running = RunningStats {
            mean: Tensor::from_f64(&[2], &[1.0, -1.0]),
            var: Tensor::from_f64(&[2], &[4.0, 1.0]),
        };
        let x = Tensor::from_f64(&[1, 2], &[3.0, 5.0]);
        let y = D::default().batch_norm_eval(&x, weights, &running);
        assert_eq!(y.to_f64(), [2.0, 16.0]);
    }
    check::<Reference>();
    check::<Cpu>();
}

#[test]
#[should_panic(expected = "variance of 1 row")]
fn one_row_has_no_variance() {
    let (weight, bias) = (random::<Reference>(1, &[2]), random(2, &[2]));
    let weights = BatchNormWeights { weight: &weight, bias: &bias, eps: 1e-5 };
    let x = random(3, &[1, 2]);
    Reference::<f64>::default().batch_norm_train(&x, weights, &mut RunningStats::new(2), 0.1);
}

#[test]
fn the_processor_follows_the_reference() {
    fn run<D: Device>([batch, features]: [usize; 2]) -> Results {
        let device = D::default();
        let (x, weight) = (random::<D>(1, &[batch, features]), random(2, &[features]));
        let (bias, dy) = (random(3, &[features]), random(4, &[batch, features]));
        let weights = BatchNormWeights { weight: &weight, bias: &bias, eps: 1e-5 };
        let mut running = RunningStats::new(features);
        let (y, tape) = device.batch_norm_train(&x, weights, &mut running, 0.1);
        let evaluated = device.batch_norm_eval(&x, weights, &running);
        let dx = device.batch_norm_backward(&tape, weights, &dy, None);
        vec![
            ("y", y.to_f64()),
            ("mean", running.mean.to_f64()),
            ("var", running.var.to_f64()),
            ("evaluated", evaluated.to_f64()),
            ("dx", dx.to_f64()),
        ]
    }
    assert_cpu_follows(&[[3, 1], [67, 1201]], 1e-5, run::<Reference>, run::<Cpu>);
}

#[test]
fn evaluation_of_a_row_does_not_feel_the_others() {
    fn check<D: Device>() {
        let (weight, bias) = (random::<D>(1, &[401]), random(2, &[401]));
        let weights = BatchNormWeights { weight: &weight, bias: &bias, eps: 1e-5 };
        let x = random(3, &[70, 401]);
        let run = |x: &Tensor<D>| {
            bits(&D::default().batch_norm_eval(x, weights, &RunningStats::new(401)))
        };
        let all = run(&x);
        for rows in [1, 2, 33] {
            assert_eq!(run(&D::default().resize_rows(&x, rows)), all[..rows * 401]);
        }
    }
    check::<Reference>();
    check::<Cpu>();
}
