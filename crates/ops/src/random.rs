//! Counter-based randomness: every draw is a pure function of a [`Key`].

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A place in the tree of random streams: seed, then stage, epoch, step, site and so on.
///
/// There is no generator whose state could be lost: the same path gives the same numbers after
/// a restart, on any number of threads, on any device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key([u8; 32]);

impl Key {
    /// The root of the tree for a user's seed.
    pub fn new(seed: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        Self(bytes).child(0)
    }

    /// The `n`-th branch from here.
    #[must_use]
    pub fn child(&self, n: u64) -> Self {
        let mut bytes = [0; 32];
        self.block(n).fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// Random numbers of this place.
    ///
    /// Blocks are independent of each other, so threads can each fill their own part of a mask.
    pub(crate) fn block(&self, n: u64) -> ChaCha8Rng {
        let mut rng = ChaCha8Rng::from_seed(self.0);
        rng.set_stream(n);
        rng
    }

    /// A uniformly random order of `0..n`.
    pub fn permutation(&self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        let mut rng = self.block(0);
        for last in (1..n).rev() {
            order.swap(last, rng.random_range(0..=last as u64) as usize);
        }
        order
    }

    /// One number, uniform in `0..1`.
    pub fn uniform(&self) -> f64 {
        self.block(0).random()
    }

    /// One number of a standard normal distribution (Box & Muller 1958).
    pub fn normal(&self) -> f64 {
        let mut rng = self.block(0);
        let (u, v): (f64, f64) = (rng.random(), rng.random());
        (-2.0 * (1.0 - u).ln()).sqrt() * (2.0 * std::f64::consts::PI * v).cos()
    }

    /// `n` numbers, uniform in `-bound..bound`.
    pub fn uniform_values(&self, n: usize, bound: f32) -> Vec<f32> {
        let mut rng = self.block(0);
        (0..n).map(|_| (rng.random::<f32>() * 2.0 - 1.0) * bound).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_differ_and_repeat() {
        let key = Key::new(42);
        assert_eq!(key.child(1), Key::new(42).child(1));
        assert_ne!(key.child(1), key.child(2));
        assert_ne!(key.child(1).child(2), key.child(2).child(1));
        assert_ne!(Key::new(1), Key::new(2));
    }

    #[test]
    fn permutation_is_one() {
        let mut order = Key::new(7).permutation(1000);
        assert_ne!(order, (0..1000).collect::<Vec<_>>());
        order.sort_unstable();
        assert_eq!(order, (0..1000).collect::<Vec<_>>());
    }

    #[test]
    fn normal_has_its_moments() {
        let draws: Vec<f64> = (0..20_000).map(|n| Key::new(3).child(n).normal()).collect();
        let mean = draws.iter().sum::<f64>() / 20_000.0;
        let var = draws.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / 20_000.0;
        assert!(mean.abs() < 0.03 && (var - 1.0).abs() < 0.05, "{mean} {var}");
    }
}
