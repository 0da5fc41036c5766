use super::*;
use crate::testing::{Results, assert_cpu_follows, assert_gradient, random, weighted_sum};
use crate::{Cpu, Device, Reference};

const IDS: [u32; 6] = [4, 1, 4, 0, 2, 4];

#[test]
fn rows_are_looked_up_and_scaled() {
    fn check<D: Device>() {
        let table = Tensor::<D>::from_f64(&[3, 2], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        let y = D::default().embedding_forward(&table, &[2, 0, 2], None);
        assert_eq!(y.dims(), [3, 2]);
        assert_eq!(y.to_f64(), [5.0, 6.0, 1.0, 2.0, 5.0, 6.0]);
        let scale = Tensor::from_f64(&[3], &[2.0, 2.0, 0.0]);
        let y = D::default().embedding_forward(&table, &[2, 0], Some(&scale));
        assert_eq!(y.to_f64(), [0.0, 0.0, 2.0, 4.0]);
    }
    check::<Reference>();
    check::<Cpu>();
}

#[test]
fn gradient_matches_finite_differences() {
    let device = Reference::<f64>::default();
    let table = random::<Reference>(1, &[5, 3]);
    for scale in [None, Some(random::<Reference>(2, &[5]))] {
        let mut grad = Tensor::zeros(table.dims());
        let dy = random(3, &[IDS.len(), 3]);
        device.embedding_backward(&IDS, scale.as_ref(), None, &dy, &mut grad);
        assert_gradient("table", &table, &grad, |table| {
            weighted_sum(3, &device.embedding_forward(table, &IDS, scale.as_ref()))
        });
    }
}

#[test]
fn padding_learns_nothing_and_others_add_up() {
    fn check<D: Device>() {
        let mut grad = Tensor::<D>::full(&[3, 1], 1.0);
        let dy = Tensor::from_f64(&[2, 2, 1], &[1.0, 2.0, 4.0, 8.0]);
        D::default().embedding_backward(&[2, 1, 2, 1], None, Some(1), &dy, &mut grad);
        assert_eq!(grad.to_f64(), [1.0, 1.0, 6.0]);
    }
    check::<Reference>();
    check::<Cpu>();
}

#[test]
#[should_panic(expected = "range")]
fn an_unknown_id_panics() {
    Reference::<f32>::default().embedding_forward(&random(1, &[3, 2]), &[3], None);
}

#[test]
fn the_processor_follows_the_reference() {
    fn run<D: Device>([vocab, width, n]: [usize; 3]) -> Results {
        let device = D::default();
        let (table, scale) = (random::<D>(1, &[vocab, width]), random(2, &[vocab]));
        // Some ids come up often, some never.
        let ids: Vec<u32> = (0..n).map(|i| ((i * i) % vocab) as u32).collect();
        let y = device.embedding_forward(&table, &ids, Some(&scale));
        let mut grad = random(3, &[vocab, width]);
        let dy = random(4, &[n, width]);
        device.embedding_backward(&ids, Some(&scale), Some(0), &dy, &mut grad);
        vec![("y", y.to_f64()), ("grad", grad.to_f64())]
    }
    let sizes = [[1, 1, 1], [521, 13, 997], [1021, 3, 64]];
    assert_cpu_follows(&sizes, 1e-5, run::<Reference>, run::<Cpu>);
}
