use super::*;
use crate::testing::{Results, assert_cpu_follows, assert_gradient, random, values};
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
    let grads = DecoderGrads { weight: Some(&mut d_weight), bias: &mut d_bias };
    let backward = DecoderBackward { scale: 0.3, samples: None, grads: Some(grads) };
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
        let grads = DecoderGrads { weight: Some(&mut d_weight), bias: &mut d_bias };
        let backward = DecoderBackward { scale: 1.0 / n as f64, samples: None, grads: Some(grads) };
        let out = D::default().decoder_loss(&h, &weight, &bias, &targets, Some(backward));
        let mut d_bias_alone = Tensor::zeros(&[vocab]);
        let grads = DecoderGrads { weight: None, bias: &mut d_bias_alone };
        let scale = 1.0 / n as f64;
        let tied = DecoderBackward { scale, samples: None, grads: Some(grads) };
        D::default().decoder_loss(&h, &weight, &bias, &targets, Some(tied));
        assert_eq!(d_bias_alone.to_f64(), d_bias.to_f64());
        let frozen = DecoderBackward { scale: 2.0, samples: None, grads: None };
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

/// Gradients `[dh, d_weight, d_bias]` of peaked distributions, of which most of the vocabulary has
/// little.
fn sampled(below: f64, key: u64, threads: usize) -> Vec<Vec<f64>> {
    let [n, width, vocab] = [300, 24, 1009];
    let (h, bias) = (random::<Cpu>(1, &[n, width]), random(3, &[vocab]));
    let weight = Tensor::from_f64(&[vocab, width], &values(2, vocab * width, 2.5));
    let targets: Vec<u32> = (0..n).map(|i| (i * 7 % vocab) as u32).collect();
    let (mut d_weight, mut d_bias) = (Tensor::zeros(&[vocab, width]), Tensor::zeros(&[vocab]));
    let grads = Some(DecoderGrads { weight: Some(&mut d_weight), bias: &mut d_bias });
    let backward = DecoderBackward { scale: 0.1, samples: Some(Key::new(key)), grads };
    let cpu = Cpu::default().with_sampled_below(below);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let out = pool.install(|| cpu.decoder_loss(&h, &weight, &bias, &targets, Some(backward)));
    let mut alone = Tensor::zeros(&[vocab]);
    let grads = Some(DecoderGrads { weight: None, bias: &mut alone });
    let backward = DecoderBackward { scale: 0.1, samples: Some(Key::new(key)), grads };
    cpu.decoder_loss(&h, &weight, &bias, &targets, Some(backward));
    assert_eq!(alone.to_f64(), d_bias.to_f64());
    vec![out.dh.unwrap().to_f64(), d_weight.to_f64(), d_bias.to_f64()]
}

#[test]
fn sampled_gradients_are_right_on_average() {
    const KEYS: u64 = 400;
    let exact = sampled(0.0, 0, 2);
    for below in [1e-6, 0.01, 0.2] {
        let mut mean: Vec<Vec<f64>> = exact.iter().map(|part| vec![0.0; part.len()]).collect();
        let mut square = mean.clone();
        let keys = if below < 1e-3 { 4 } else { KEYS };
        for key in 0..keys {
            for (part, found) in sampled(below, key, 2).iter().enumerate() {
                for (i, value) in found.iter().enumerate() {
                    mean[part][i] += value / keys as f64;
                    square[part][i] += value * value / keys as f64;
                }
            }
        }
        for ((exact, mean), square) in exact.iter().zip(&mean).zip(&square) {
            // Deviations in units of the standard error: their mean square is one.
            let deviations = exact.iter().zip(mean).zip(square).map(|((exact, mean), square)| {
                let error = ((square - mean * mean).max(0.0) / keys as f64).sqrt();
                (mean - exact) / (error + 1e-6)
            });
            let mean_square = deviations.map(|d| d * d).sum::<f64>() / exact.len() as f64;
            assert!(mean_square < 1.3, "{mean_square} with {below}");
            assert!(below < 1e-3 || mean_square > 0.7, "nothing was sampled: {mean_square}");
        }
    }
}

#[test]
fn samples_do_not_depend_on_threads() {
    assert_eq!(sampled(0.05, 1, 1), sampled(0.05, 1, 3));
    assert_ne!(sampled(0.05, 1, 1), sampled(0.05, 2, 1));
}

#[test]
fn small_values_stay_as_often_as_they_are_large() {
    let values: Vec<f32> =
        (0..70).map(|n| if n == 20 { 3.0 } else { 0.01 * (n % 7) as f32 }).collect();
    let sum: f64 = values.iter().map(|&value| f64::from(value)).sum();
    let mut counts = vec![0.0; values.len()];
    for draw in 0..1000 {
        let draw = f64::from(draw) / 1000.0;
        let kept = sampled::sample(&mut values.clone(), sum, 5, sum, 0.5 / sum, draw);
        for (word, value) in kept {
            counts[word as usize] += value / 1000.0;
        }
    }
    let mut wanted = values;
    wanted[5] -= sum as f32;
    for (n, (found, wanted)) in counts.iter().zip(&wanted).enumerate() {
        assert!((found - wanted).abs() < 2e-3, "{n}: {found}, not {wanted}");
    }
}
