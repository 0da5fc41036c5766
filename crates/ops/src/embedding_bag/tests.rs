use super::*;
use crate::testing::{Results, assert_cpu_follows, bits, random, values};
use crate::{Cpu, Device, Reference};

#[test]
fn rows_are_weighted_and_summed() {
    fn check<D: Device>() {
        let table = Tensor::<D>::from_f64(&[3, 2], &[1.0, 10.0, 2.0, 20.0, 4.0, 40.0]);
        let bias = Tensor::from_f64(&[2], &[0.5, -0.5]);
        let bags = [vec![(0, 1.0), (2, 0.5)], vec![], vec![(1, -2.0), (1, 1.0)]];
        let y = D::default().embedding_bag_forward(&table, &bias, &bags);
        assert_eq!(y.dims(), [3, 2]);
        assert_eq!(y.to_f64(), [3.5, 29.5, 0.5, -0.5, -1.5, -20.5]);
    }
    check::<Reference>();
    check::<Cpu>();
}

/// Bags of different sizes; some ids come up twice.
fn bags(count: usize, vocab: usize) -> Vec<Bag> {
    let bag = |n: usize| {
        let weights = values(n as u64, n * 7 % 23, 1.0).into_iter();
        weights.enumerate().map(|(i, w)| (((n + i * i) % vocab) as u32, w as f32)).collect()
    };
    (0..count).map(bag).collect()
}

#[test]
fn the_processor_follows_the_reference() {
    fn run<D: Device>([vocab, width, count]: [usize; 3]) -> Results {
        let (table, bias) = (random::<D>(1, &[vocab, width]), random(2, &[width]));
        let y = D::default().embedding_bag_forward(&table, &bias, &bags(count, vocab));
        vec![("y", y.to_f64())]
    }
    assert_cpu_follows(&[[1, 1, 1], [5, 37, 9], [97, 3, 131]], 1e-6, run::<Reference>, run::<Cpu>);
}

#[test]
fn a_bag_does_not_feel_the_others() {
    fn check<D: Device>() {
        let (table, bias) = (random::<D>(1, &[11, 5]), random(2, &[5]));
        let bags = bags(12, 11);
        let all = bits(&D::default().embedding_bag_forward(&table, &bias, &bags));
        let part = D::default().embedding_bag_forward(&table, &bias, &bags[3..5]);
        assert_eq!(bits(&part), all[3 * 5..5 * 5]);
    }
    check::<Reference>();
    check::<Cpu>();
}

#[test]
#[should_panic(expected = "out of bounds")]
fn an_unknown_id_panics() {
    let device = Reference::<f32>::default();
    device.embedding_bag_forward(&random(1, &[3, 2]), &random(2, &[2]), &[vec![(3, 1.0)]]);
}
