#![expect(clippy::float_cmp, reason = "these numbers are exact")]

use super::*;
use crate::testing::{Results, assert_cpu_follows, random};
use crate::{Cpu, Device, Reference};

#[test]
fn a_piece_that_was_placed_is_taken_back() {
    fn check<D: Device>() {
        let device = D::default();
        let piece = random::<D>(1, &[3, 2, 5]);
        let mut sequence = Tensor::full(&[7, 4, 5], 9.0);
        device.place_piece(&mut sequence, 2, &piece);
        assert_eq!(device.take_piece(&sequence, 2, 3, 2), piece);
        let touched = sequence.to_f64().iter().filter(|&&value| value != 9.0).count();
        assert_eq!(touched, piece.len());
        assert_eq!(device.take_piece(&sequence, 5, 2, 4), Tensor::full(&[2, 4, 5], 9.0));
        assert_eq!(sequence.to_f64()[2 * 20..][..10], piece.to_f64()[..10]);
        assert_eq!(sequence.to_f64()[3 * 20..][..10], piece.to_f64()[10..20]);
    }
    check::<Reference>();
    check::<Cpu>();
}

#[test]
#[should_panic(expected = "steps 5..8 of 7")]
fn a_piece_has_to_fit() {
    Reference::<f64>::default().take_piece(&random(1, &[7, 4, 5]), 5, 3, 4);
}

#[test]
fn rows_are_cut_or_filled_with_zeros() {
    fn check<D: Device>() {
        let x = Tensor::<D>::from_f64(&[2, 2], &[1.0, 2.0, 3.0, 4.0]);
        assert_eq!(D::default().resize_rows(&x, 1).to_f64(), [1.0, 2.0]);
        let more = D::default().resize_rows(&x, 3);
        assert_eq!((more.dims(), more.to_f64()), (&[3, 2][..], vec![1.0, 2.0, 3.0, 4.0, 0.0, 0.0]));
    }
    check::<Reference>();
    check::<Cpu>();
}

#[test]
fn rows_without_a_source_are_the_mean() {
    fn check<D: Device>() {
        let sources = [Some(2), None, Some(0), Some(2)];
        let x = Tensor::<D>::from_f64(&[3, 2], &[1.0, 10.0, 2.0, 20.0, 6.0, 60.0]);
        let y = D::default().remap_rows(&x, &sources);
        assert_eq!(y.dims(), [4, 2]);
        assert_eq!(y.to_f64(), [6.0, 60.0, 3.0, 30.0, 1.0, 10.0, 6.0, 60.0]);
        let x = Tensor::<D>::from_f64(&[3], &[1.0, 2.0, 6.0]);
        let y = D::default().remap_rows(&x, &sources);
        assert_eq!((y.dims(), y.to_f64()), (&[4][..], vec![6.0, 3.0, 1.0, 6.0]));
    }
    check::<Reference>();
    check::<Cpu>();
}

#[test]
fn the_processor_follows_the_reference() {
    fn run<D: Device>([time, batch, width]: [usize; 3]) -> Results {
        let device = D::default();
        let mut sequence = random::<D>(1, &[time + 3, batch + 2, width]);
        device.place_piece(&mut sequence, 2, &random(2, &[time, batch, width]));
        let taken = device.take_piece(&sequence, 1, time, batch + 1);
        let table = sequence.reshaped(&[(time + 3) * (batch + 2), width]);
        let sources = [Some(3), None, Some(0)];
        vec![
            ("taken", taken.to_f64()),
            ("more", device.resize_rows(&table, 100).to_f64()),
            ("remapped", device.remap_rows(&table, &sources).to_f64()),
        ]
    }
    assert_cpu_follows(&[[1, 1, 1], [13, 7, 101]], 1e-6, run::<Reference>, run::<Cpu>);
}
