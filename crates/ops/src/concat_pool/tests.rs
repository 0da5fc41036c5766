use super::*;
use crate::testing::{Results, assert_cpu_follows, assert_gradient, bits, random, weighted_sum};
use crate::{Cpu, Device, Reference};

#[test]
fn last_max_and_mean_of_a_span() {
    fn check<D: Device>() {
        // [T = 4, B = 2, E = 1]; row 0 is 1 5 5 2, row 1 is 8 -3 -4 -5.
        let x = Tensor::<D>::from_f64(&[4, 2, 1], &[1.0, 8.0, 5.0, -3.0, 5.0, -4.0, 2.0, -5.0]);
        let (y, tape) = D::default().concat_pool_forward(&x, &[0..4, 1..3]);
        assert_eq!(y.dims(), [2, 3]);
        assert_eq!(y.to_f64(), [2.0, 5.0, 3.25, -4.0, -3.0, -3.5]);
        assert_eq!(tape.argmax, [1, 1], "the first of equal maxima");

        let dy = Tensor::from_f64(&[2, 3], &[1.0, 10.0, 400.0, 2.0, 20.0, 600.0]);
        let dx = D::default().concat_pool_backward(&tape, &dy);
        let wanted = [100.0, 0.0, 110.0, 320.0, 100.0, 302.0, 101.0, 0.0];
        assert_eq!(dx.to_f64(), wanted);
    }
    check::<Reference>();
    check::<Cpu>();
}

#[test]
fn gradient_matches_finite_differences() {
    let device = Reference::<f64>::default();
    let x = random::<Reference>(1, &[6, 3, 5]);
    let spans = [0..6, 2..5, 5..6];
    let (_, tape) = device.concat_pool_forward(&x, &spans);
    let dx = device.concat_pool_backward(&tape, &random(2, &[3, 15]));
    assert_gradient("x", &x, &dx, |x| weighted_sum(2, &device.concat_pool_forward(x, &spans).0));
}

#[test]
#[should_panic(expected = "span 2..2 of 6 steps")]
fn an_empty_span_panics() {
    Reference::<f64>::default().concat_pool_forward(&random(1, &[6, 1, 2]), &vec![2..2; 1]);
}

fn spans(time: usize, batch: usize) -> Vec<Range<usize>> {
    (0..batch).map(|b| b % time..time - (b / 2) % (time - b % time)).collect()
}

#[test]
fn the_processor_follows_the_reference() {
    fn run<D: Device>([time, batch, width]: [usize; 3]) -> Results {
        let x = random::<D>(1, &[time, batch, width]);
        let (y, tape) = D::default().concat_pool_forward(&x, &spans(time, batch));
        let dx = D::default().concat_pool_backward(&tape, &random(2, &[batch, 3 * width]));
        let argmax = tape.argmax.iter().map(|&t| f64::from(t)).collect();
        vec![("y", y.to_f64()), ("argmax", argmax), ("dx", dx.to_f64())]
    }
    let sizes = [[1, 1, 1], [1, 5, 7], [131, 1, 37], [71, 67, 101]];
    assert_cpu_follows(&sizes, 1e-6, run::<Reference>, run::<Cpu>);
}

#[test]
fn a_document_does_not_feel_the_others() {
    fn check<D: Device>() {
        let x = random::<D>(1, &[7, 9, 37]);
        let spans = spans(7, 9);
        let all = bits(&D::default().concat_pool_forward(&x, &spans).0);
        for batch in [1, 2, 5] {
            let part = D::default().take_piece(&x, 0, 7, batch);
            let part = bits(&D::default().concat_pool_forward(&part, &spans[..batch]).0);
            assert_eq!(part, all[..part.len()]);
        }
    }
    check::<Reference>();
    check::<Cpu>();
}

#[test]
fn packed_sequences_have_the_pools_of_a_rectangle() {
    fn check<D: Device>() {
        let device = D::default();
        let (lengths, first) = ([9, 9, 6, 4, 1], [0, 7, 3, 3, 0]);
        let x = random::<D>(1, &[9, 5, 37]);
        let spans: Vec<_> = first.iter().zip(lengths).map(|(&first, end)| first..end).collect();
        let wanted = device.concat_pool_forward(&x, &spans).0;
        let rows: Vec<usize> =
            (0..9).map(|t| lengths.iter().filter(|&&length| t < length).count()).collect();
        let mut pool = PartialPool::new(5, 37);
        for (start, steps) in [(0, 4), (4, 5)] {
            let part = |t: usize| device.take_piece(&x, t, 1, rows[t]).to_f64();
            let values: Vec<f64> = (start..start + steps).flat_map(part).collect();
            let rows = &rows[start..start + steps];
            let y = Tensor::from_f64(&[rows.iter().sum(), 37], &values);
            let first: Vec<usize> =
                first.iter().map(|&first: &usize| first.saturating_sub(start)).collect();
            device.concat_pool_packed(&mut pool, &y, rows, &first);
        }
        assert_eq!(bits(&pool.finish()), bits(&wanted));
    }
    check::<Reference>();
    check::<Cpu>();
}

#[test]
#[should_panic(expected = "nothing of sequence 1 was pooled")]
fn a_pool_of_nothing_panics() {
    let mut pool = PartialPool::<Cpu>::new(2, 3);
    Cpu::default().concat_pool_packed(&mut pool, &random(1, &[2, 3]), &[2], &[0, 1]);
    pool.finish();
}
