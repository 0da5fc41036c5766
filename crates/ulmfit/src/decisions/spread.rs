//! Vectors in clusters, so that rows can be chosen that are unlike each other.

use rayon::prelude::*;
use ulmfit_ops::Key;

/// Vectors of length one, whose squared distance is twice one minus their cosine.
#[derive(Clone, Debug, Default)]
pub struct UnitVectors {
    rows: Vec<Vec<f32>>,
}

/// Rounds of k-means at most.
const ROUNDS: usize = 20;
/// Starts of k-means, of which the one with the least squared distance is taken.
const STARTS: u64 = 4;

impl UnitVectors {
    /// Scales vectors to length one; a vector of zeros stays as it is.
    pub fn new(mut rows: Vec<Vec<f32>>) -> Self {
        rows.par_iter_mut().for_each(|row| {
            let length = dot(row, row).sqrt();
            if length > 0.0 {
                row.iter_mut().for_each(|value| *value = (f64::from(*value) / length) as f32);
            }
        });
        Self { rows }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// These, and `others` behind them.
    #[must_use]
    pub fn joined(&self, others: &Self) -> Self {
        Self { rows: self.rows.iter().chain(&others.rows).cloned().collect() }
    }

    /// The cluster of each vector: k-means from centres that are drawn far apart (greedy k-means++,
    /// Arthur & Vassilvitskii 2007: of some draws the one that leaves the least squared distance). A
    /// row counts as often as its weight says.
    ///
    /// # Shapes
    /// `weights`: `[N]`, not negative; result: `[N]`, below `count`
    pub fn clusters(&self, weights: &[f64], count: usize, key: &Key) -> Clusters {
        let start = |n| self.clusters_from(weights, count, &key.child(n));
        let cost = |found: &Clusters| -> f64 {
            found.of.iter().zip(weights).map(|((_, distance), weight)| distance * weight).sum()
        };
        let better = |best: Clusters, next| if cost(&next) < cost(&best) { next } else { best };
        (1..STARTS).map(start).fold(start(0), better)
    }

    fn clusters_from(&self, weights: &[f64], count: usize, key: &Key) -> Clusters {
        let mut centres = self.first_centres(weights, count, key);
        let mut of = self.assign(&centres);
        for _ in 0..ROUNDS {
            for (n, centre) in centres.iter_mut().enumerate() {
                let members: Vec<usize> = (0..of.len()).filter(|&row| of[row].0 == n).collect();
                let mass: f64 = members.iter().map(|&row| weights[row]).sum();
                if mass > 0.0 {
                    *centre = weighted_mean(&self.rows, &members, weights, mass);
                }
            }
            let next = self.assign(&centres);
            let same = next.iter().zip(&of).all(|(a, b)| a.0 == b.0);
            of = next;
            if same {
                break;
            }
        }
        Clusters { of }
    }

    /// Vectors that are far apart; fewer than `count` if fewer are different.
    fn first_centres(&self, weights: &[f64], count: usize, key: &Key) -> Vec<Vec<f64>> {
        let mut centres: Vec<Vec<f64>> = Vec::new();
        let mut nearest = vec![1.0; self.len()]; // the first is drawn by weight alone
        let draws = 2 + (count as f64).ln() as u64;
        for n in 0..count.min(self.len()) {
            let mass: Vec<f64> = nearest.iter().zip(weights).map(|(d, w)| d * w).collect();
            let total: f64 = mass.iter().sum();
            if total <= 0.0 {
                break;
            }
            let mut best: Option<(f64, Vec<f64>, Vec<f64>)> = None;
            for draw in 0..draws {
                let row = drawn(&mass, key.child(n as u64).child(draw).uniform() * total);
                let centre: Vec<f64> = self.rows[row].iter().map(|&v| f64::from(v)).collect();
                let with = |(row, &before): (&Vec<f32>, &f64)| {
                    let distance = distance_to(row, &centre);
                    if n == 0 { distance } else { distance.min(before) }
                };
                let after: Vec<f64> =
                    self.rows.par_iter().zip(nearest.par_iter()).map(with).collect();
                let left: f64 = after.iter().zip(weights).map(|(d, w)| d * w).sum();
                if best.as_ref().is_none_or(|(least, ..)| left < *least) {
                    best = Some((left, after, centre));
                }
            }
            if let Some((_, after, centre)) = best {
                nearest = after;
                centres.push(centre);
            }
        }
        centres
    }

    /// The nearest centre of each vector, and the squared distance.
    fn assign(&self, centres: &[Vec<f64>]) -> Vec<(usize, f64)> {
        let nearest = |row: &Vec<f32>| {
            let distances = centres.iter().map(|centre| distance_to(row, centre));
            let better = |best: (usize, f64), next: (usize, f64)| {
                if next.1 < best.1 { next } else { best }
            };
            distances.enumerate().fold((0, f64::INFINITY), better)
        };
        self.rows.par_iter().map(nearest).collect()
    }
}

/// The place of a number below the sum of `mass` in it.
fn drawn(mass: &[f64], at: f64) -> usize {
    let mut left = at;
    let found = mass.iter().position(|mass| {
        left -= mass;
        left < 0.0
    });
    let last = || mass.iter().rposition(|&mass| mass > 0.0).unwrap_or(0); // sums are rounded
    found.unwrap_or_else(last)
}

/// Clusters of vectors.
#[derive(Clone, Debug)]
pub struct Clusters {
    of: Vec<(usize, f64)>,
}

impl Clusters {
    /// The cluster of a vector.
    pub fn of(&self, row: usize) -> usize {
        self.of[row].0
    }

    /// The members of each cluster that has any, those nearest to its centre first; the largest cluster
    /// first.
    pub fn members(&self) -> Vec<Vec<usize>> {
        let count = self.of.iter().map(|(cluster, _)| cluster + 1).max().unwrap_or(0);
        let mut members = vec![Vec::new(); count];
        self.of.iter().enumerate().for_each(|(row, (cluster, _))| members[*cluster].push(row));
        for rows in &mut members {
            rows.sort_by(|&a, &b| self.of[a].1.total_cmp(&self.of[b].1)); // stable
        }
        members.retain(|rows| !rows.is_empty());
        members.sort_by_key(|rows| std::cmp::Reverse(rows.len())); // stable
        members
    }
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}

fn distance_to(row: &[f32], centre: &[f64]) -> f64 {
    row.iter().zip(centre).map(|(a, b)| (f64::from(*a) - b).powi(2)).sum()
}

fn weighted_mean(rows: &[Vec<f32>], members: &[usize], weights: &[f64], mass: f64) -> Vec<f64> {
    let mut mean = vec![0.0; rows.first().map_or(0, Vec::len)];
    for &member in members {
        let share = weights[member] / mass;
        mean.iter_mut().zip(&rows[member]).for_each(|(sum, v)| *sum += f64::from(*v) * share);
    }
    mean
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Directions in degrees.
    fn at(degrees: &[f64]) -> UnitVectors {
        let row = |degrees: &f64| {
            let angle = degrees.to_radians();
            vec![(5.0 * angle.cos()) as f32, (5.0 * angle.sin()) as f32]
        };
        UnitVectors::new(degrees.iter().map(row).collect())
    }

    #[test]
    fn clusters_are_the_groups_that_are_there() {
        let rows = at(&[0.0, 2.0, 5.0, 90.0, 92.0, 200.0]);
        for seed in 0..20 {
            let found = rows.clusters(&[1.0; 6], 3, &Key::new(seed));
            assert_eq!(found.members(), [vec![1, 0, 2], vec![3, 4], vec![5]], "{seed}");
        }
        let twice = at(&[0.0, 0.0, 90.0]);
        assert_eq!(twice.clusters(&[1.0; 3], 3, &Key::new(1)).members(), [vec![0, 1], vec![2]]);
        assert!(UnitVectors::default().clusters(&[], 3, &Key::new(1)).members().is_empty());
    }

    /// A heavy row draws the centre towards itself; without weight it counts as nothing.
    #[test]
    fn weights_count() {
        let rows = at(&[0.0, 10.0, 40.0]);
        let nearest = |weights: &[f64]| rows.clusters(weights, 1, &Key::new(1)).members()[0][0];
        assert_eq!(nearest(&[1.0, 1.0, 1.0]), 1);
        assert_eq!(nearest(&[1.0, 1.0, 50.0]), 2);
        assert_eq!(nearest(&[50.0, 1.0, 0.0]), 0);
    }

    #[test]
    fn a_vector_of_zeros_is_no_trouble() {
        let rows = UnitVectors::new(vec![vec![0.0, 0.0], vec![3.0, 4.0]]);
        assert_eq!(rows.clusters(&[1.0, 1.0], 2, &Key::new(1)).members().concat().len(), 2);
    }
}
