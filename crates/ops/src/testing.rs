//! What the tests of all operations share.

use crate::{Backend, Key, Real, Tensor};

/// Values in `-scale..scale` without a pattern; another `site` gives other ones.
pub(crate) fn values(site: u64, n: usize, scale: f32) -> Vec<f64> {
    Key::new(site).uniform_values(n, scale).into_iter().map(f64::from).collect()
}

/// A tensor of [`values`] in `-1..1`.
pub(crate) fn random<D: Backend>(site: u64, dims: &[usize]) -> Tensor<D> {
    Tensor::from_f64(dims, &values(site, dims.iter().product(), 1.0))
}

/// Asserts that all elements agree within `tolerance` of the largest expected one.
#[track_caller]
pub(crate) fn assert_close(what: &str, found: &[f64], wanted: &[f64], tolerance: f64) {
    assert_eq!(found.len(), wanted.len(), "{what}: length");
    let largest = wanted.iter().fold(1e-30, |max: f64, w| max.max(w.abs()));
    for (i, (f, w)) in found.iter().zip(wanted).enumerate() {
        let error = (f - w).abs() / largest;
        assert!(error <= tolerance, "{what}[{i}] is {f}, should be {w}: off by {error:.1e}");
    }
}

pub(crate) fn largest_difference(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).fold(0.0, |max, (a, b)| max.max((a - b).abs()))
}

/// Asserts that `gradient` is the derivative of `loss` at `x`: central differences in `f64`.
#[track_caller]
pub(crate) fn assert_gradient<D: Backend>(
    what: &str,
    x: &Tensor<D>,
    gradient: &Tensor<D>,
    loss: impl Fn(&Tensor<D>) -> f64,
) {
    const STEP: f64 = 1e-5;
    assert_eq!(gradient.dims(), x.dims(), "{what}");
    let mut moved = x.clone();
    let numeric: Vec<f64> = (0..x.len())
        .map(|i| {
            let centre = x.data()[i];
            let mut at = |step: f64| {
                moved.data_mut()[i] = centre + D::Real::of(step);
                loss(&moved)
            };
            let slope = (at(STEP) - at(-STEP)) / (2.0 * STEP);
            moved.data_mut()[i] = centre;
            slope
        })
        .collect();
    assert!(numeric.iter().any(|&slope| slope != 0.0), "{what}: nothing to see");
    assert_close(what, &gradient.to_f64(), &numeric, 1e-6);
}

/// Sum of all elements, each times its own fixed factor: a loss that sees every element.
pub(crate) fn weighted_sum<D: Backend>(site: u64, x: &Tensor<D>) -> f64 {
    x.to_f64().iter().zip(values(site, x.len(), 1.0)).map(|(x, w)| x * w).sum()
}

/// The exact bits of the elements.
pub(crate) fn bits<D: Backend>(x: &Tensor<D>) -> Vec<u64> {
    x.data().iter().map(|value| value.f64().to_bits()).collect()
}

/// Named results of an operation, in double precision.
pub(crate) type Results = Vec<(&'static str, Vec<f64>)>;

/// Asserts for each of the sizes that the processor agrees with the reference, and that its bits
/// are the same for 1, 2 and 3 threads and without wide vectors.
#[track_caller]
pub(crate) fn assert_cpu_follows<S: Copy + std::fmt::Debug + Sync>(
    sizes: &[S],
    tolerance: f64,
    reference: fn(S) -> Results,
    cpu: fn(S) -> Results,
) {
    for &size in sizes {
        let wanted = reference(size);
        let with_threads = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| cpu(size))
        };
        let found = with_threads(1);
        for ((name, found), (_, wanted)) in found.iter().zip(&wanted) {
            assert_close(&format!("{size:?}: {name}"), found, wanted, tolerance);
        }
        for threads in [2, 3] {
            assert!(with_threads(threads) == found, "{size:?}: {threads} threads change bits");
        }
        let portable = crate::simd::portable::forced(|| cpu(size));
        assert!(portable == found, "{size:?}: portable code has other bits");
    }
}
