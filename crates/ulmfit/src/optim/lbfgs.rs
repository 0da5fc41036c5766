//! The minimum of a smooth convex function.

use std::collections::VecDeque;

/// Product of two vectors.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// `x + factor · direction`.
fn moved(x: &[f64], factor: f64, direction: &[f64]) -> Vec<f64> {
    x.iter().zip(direction).map(|(x, d)| x + factor * d).collect()
}

/// Adds `factor · direction` to `x`.
fn add(x: &mut [f64], factor: f64, direction: &[f64]) {
    x.iter_mut().zip(direction).for_each(|(x, d)| *x += factor * d);
}

/// When to stop.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stop {
    /// Steps at most.
    pub(crate) steps: usize,
    /// Enough if the gradient is this part of the first one.
    pub(crate) gradient: f64,
}

/// Minimum of a smooth convex function that returns its value and gradient.
///
/// L-BFGS with backtracking (Nocedal & Wright 2006, algorithms 7.4 and 3.1).
pub(crate) fn lbfgs(
    mut x: Vec<f64>,
    stop: Stop,
    f: impl Fn(&[f64]) -> (f64, Vec<f64>),
) -> Vec<f64> {
    const MEMORY: usize = 6;
    let mut pairs: VecDeque<(Vec<f64>, Vec<f64>, f64)> = VecDeque::new(); // steps s, changes y, sᵀy
    let (mut value, mut gradient) = f(&x);
    let enough = stop.gradient * dot(&gradient, &gradient).sqrt();
    for _ in 0..stop.steps {
        if dot(&gradient, &gradient).sqrt() <= enough {
            break;
        }
        let mut direction: Vec<f64> = gradient.iter().map(|g| -g).collect();
        let mut shares = Vec::with_capacity(pairs.len());
        for (s, y, sy) in pairs.iter().rev() {
            let share = dot(s, &direction) / sy;
            add(&mut direction, -share, y);
            shares.push(share);
        }
        let scale = match pairs.back() {
            Some((_, y, sy)) => sy / dot(y, y),
            None => 1.0 / dot(&gradient, &gradient).sqrt(),
        };
        for d in &mut direction {
            *d *= scale;
        }
        for ((s, y, sy), share) in pairs.iter().zip(shares.iter().rev()) {
            let more = share - dot(y, &direction) / sy;
            add(&mut direction, more, s);
        }
        let slope = dot(&direction, &gradient);
        let mut stride = 1.0;
        let next = loop {
            let candidate = moved(&x, stride, &direction);
            let (reached, slopes) = f(&candidate);
            if reached <= value + 1e-4 * stride * slope {
                break Some((candidate, reached, slopes));
            }
            stride /= 2.0;
            if stride < 1e-10 {
                break None; // as low as rounding allows
            }
        };
        let Some((candidate, reached, slopes)) = next else {
            break;
        };
        let (s, y) = (moved(&candidate, -1.0, &x), moved(&slopes, -1.0, &gradient));
        let sy = dot(&s, &y);
        if sy > 0.0 {
            pairs.push_back((s, y, sy));
            if pairs.len() > MEMORY {
                pairs.pop_front();
            }
        }
        (x, value, gradient) = (candidate, reached, slopes);
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lbfgs_finds_the_bottom_of_a_narrow_bowl() {
        let bowl = |x: &[f64]| {
            let (a, b) = (x[0] - 3.0, x[1] + 1.0);
            (a * a + 500.0 * b * b + a * b, vec![2.0 * a + b, 1000.0 * b + a])
        };
        let found = lbfgs(vec![0.0, 0.0], Stop { steps: 100, gradient: 1e-5 }, bowl);
        assert!((found[0] - 3.0).abs() < 0.01 && (found[1] + 1.0).abs() < 0.001, "{found:?}");
    }
}
