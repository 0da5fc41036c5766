use super::*;
use crate::testing::{
    Results, assert_close, assert_cpu_follows, assert_gradient, bits, random, weighted_sum,
};
use crate::{Cpu, Device, Reference};

const EPS: f64 = 1e-12;

/// `torch.nn.functional.layer_norm(x, (3,), w, b, 1e-12)`
#[test]
fn a_row_has_mean_zero_and_variance_one_before_scale_and_shift() {
    fn check<D: Device>() {
        let x = Tensor::<D>::from_f64(&[2, 3], &[1.0, 2.0, 6.0, -4.0, 0.0, 4.0]);
        let weight = Tensor::from_f64(&[3], &[1.0, 2.0, -1.0]);
        let bias = Tensor::from_f64(&[3], &[0.5, 0.0, 10.0]);
        let weights = LayerNormWeights { weight: &weight, bias: &bias, eps: EPS };
        let y = D::default().layer_norm_forward(&x, weights);
        let wanted = [
            -0.425_820_099_772_6,
            -0.925_820_099_772_6,
            8.611_269_850_341_2,
            -0.724_744_871_391_6,
            0.0,
            8.775_255_128_608_4,
        ];
        assert_close("y", &y.to_f64(), &wanted, 1e-6);
    }
    check::<Reference>();
    check::<Cpu>();
}

#[test]
fn gradients_match_finite_differences() {
    let device = Reference::<f64>::default();
    let x = random::<Reference>(1, &[4, 5]);
    let (weight, bias) = (random(2, &[5]), random(3, &[5]));
    let dy = random(4, &[4, 5]);
    let (mut d_weight, mut d_bias) = (Tensor::zeros(&[5]), Tensor::zeros(&[5]));
    let grads = LayerNormGrads { weight: &mut d_weight, bias: &mut d_bias };
    let weights = LayerNormWeights { weight: &weight, bias: &bias, eps: EPS };
    let dx = device.layer_norm_backward(&x, weights, &dy, Some(grads));
    let loss = |x: &Tensor<_>, weight: &Tensor<_>, bias: &Tensor<_>| {
        let weights = LayerNormWeights { weight, bias, eps: EPS };
        weighted_sum(4, &device.layer_norm_forward(x, weights))
    };
    assert_gradient("dx", &x, &dx, |x| loss(x, &weight, &bias));
    assert_gradient("d_weight", &weight, &d_weight, |weight| loss(&x, weight, &bias));
    assert_gradient("d_bias", &bias, &d_bias, |bias| loss(&x, &weight, bias));
}

#[test]
fn the_processor_follows_the_reference() {
    fn run<D: Device>([rows, features]: [usize; 2]) -> Results {
        let device = D::default();
        let x = random::<D>(1, &[rows, features]);
        let (weight, bias) = (random(2, &[features]), random(3, &[features]));
        let weights = LayerNormWeights { weight: &weight, bias: &bias, eps: EPS };
        let y = device.layer_norm_forward(&x, weights);
        let (mut d_weight, mut d_bias) = (random(5, &[features]), random(6, &[features]));
        let grads = LayerNormGrads { weight: &mut d_weight, bias: &mut d_bias };
        let dx = device.layer_norm_backward(&x, weights, &random(4, x.dims()), Some(grads));
        vec![
            ("y", y.to_f64()),
            ("dx", dx.to_f64()),
            ("d_weight", d_weight.to_f64()),
            ("d_bias", d_bias.to_f64()),
        ]
    }
    let sizes = [[1, 3], [3, 37], [131, 384], [4099, 7]];
    assert_cpu_follows(&sizes, 1e-5, run::<Reference>, run::<Cpu>);
}

#[test]
fn a_row_does_not_feel_the_others() {
    fn check<D: Device>() {
        let x = random::<D>(1, &[70, 37]);
        let (weight, bias) = (random(2, &[37]), random(3, &[37]));
        let weights = LayerNormWeights { weight: &weight, bias: &bias, eps: EPS };
        let all = bits(&D::default().layer_norm_forward(&x, weights));
        for rows in [1, 2, 33] {
            let part = D::default().resize_rows(&x, rows);
            let part = bits(&D::default().layer_norm_forward(&part, weights));
            assert_eq!(part, all[..rows * 37]);
        }
    }
    check::<Reference>();
    check::<Cpu>();
}
