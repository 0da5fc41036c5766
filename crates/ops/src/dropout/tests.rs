#![expect(clippy::float_cmp, reason = "these numbers are exact")]

use super::*;
use crate::testing::{Results, assert_cpu_follows, random};
use crate::{Cpu, Device, Reference};

#[test]
fn a_mask_drops_its_share_and_scales_the_rest() {
    fn check<D: Device>() {
        for p in [0.05, 0.5, 0.9] {
            let mask = D::default().dropout_mask(&[300, 999], p, Key::new(1)).to_f64();
            let dropped = mask.iter().filter(|&&m| m == 0.0).count() as f64 / mask.len() as f64;
            // Five standard deviations of a binomial share.
            let bound = 5.0 * (p * (1.0 - p) / mask.len() as f64).sqrt();
            assert!((dropped - p).abs() < bound, "{p}: {dropped}");
            let kept = 1.0 / (1.0 - p);
            assert!(mask.iter().all(|&m| m == 0.0 || (m - kept).abs() < 1e-6 * kept));
        }
    }
    check::<Reference>();
    check::<Cpu>();
}

#[test]
fn masks_are_functions_of_their_key() {
    fn check<D: Device>() {
        let mask = |key: Key| D::default().dropout_mask(&[70, 100], 0.5, key).to_f64();
        assert_eq!(mask(Key::new(1)), mask(Key::new(1)));
        assert_ne!(mask(Key::new(1)), mask(Key::new(2)));
        let whole = mask(Key::new(1));
        assert_ne!(whole[..2000], whole[4096..6096], "blocks repeat");
    }
    check::<Reference>();
    check::<Cpu>();
}

#[test]
fn nothing_is_dropped_at_zero() {
    let mask = Reference::<f64>::default().dropout_mask(&[5000], 0.0, Key::new(1));
    assert!(mask.to_f64().iter().all(|&m| m == 1.0));
}

#[test]
#[should_panic(expected = "dropout of 1")]
fn everything_cannot_be_dropped() {
    Reference::<f64>::default().dropout_mask(&[5], 1.0, Key::new(1));
}

#[test]
fn a_smaller_mask_repeats_over_time() {
    fn check<D: Device>() {
        let mut x = Tensor::<D>::from_f64(&[2, 1, 2], &[1.0, 2.0, 3.0, 4.0]);
        D::default().apply_mask(&mut x, &Tensor::from_f64(&[1, 2], &[0.0, 2.0]));
        assert_eq!(x.to_f64(), [0.0, 4.0, 0.0, 8.0]);
    }
    check::<Reference>();
    check::<Cpu>();
}

#[test]
#[should_panic(expected = "a mask of")]
fn a_mask_has_to_fit() {
    let device = Reference::<f64>::default();
    device.apply_mask(&mut random(1, &[7]), &random(2, &[3]));
}

#[test]
fn the_processor_follows_the_reference() {
    fn run<D: Device>([time, n]: [usize; 2]) -> Results {
        let device = D::default();
        let mut x = random::<D>(1, &[time, n]);
        let mask = device.dropout_mask(&[n], 0.3, Key::new(2));
        device.apply_mask(&mut x, &mask);
        vec![("mask", mask.to_f64()), ("x", x.to_f64())]
    }
    let sizes = [[1, 1], [3, 4097], [2, 20_011]];
    assert_cpu_follows(&sizes, 1e-6, run::<Reference>, run::<Cpu>);
}
