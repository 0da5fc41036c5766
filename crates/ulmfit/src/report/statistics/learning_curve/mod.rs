//! Error against number of labels as a power law, with intervals.

use serde::{Deserialize, Serialize};
use ulmfit_ops::Key;

/// `error(n) = a · n^-b + c`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PowerLaw {
    /// Error above the floor that one label would leave.
    pub a: f64,
    /// Steepness: each doubling of the labels divides what is above the floor by `2^b`.
    pub b: f64,
    /// The floor, an error that no labels remove.
    pub c: f64,
}

/// A measured error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CurvePoint {
    /// Labels.
    pub labels: f64,
    /// Mean error.
    pub error: f64,
    /// Rows it was measured on, over all runs.
    pub rows: f64,
}

/// Steps of the search for the floor, from 0 to just below the lowest error.
const FLOORS: usize = 40;
/// A floor is a third parameter; with fewer points than this it is 0.
const FLOOR_POINTS: usize = 4;

impl PowerLaw {
    /// The error at this many labels.
    pub fn at(&self, labels: f64) -> f64 {
        self.a * labels.powf(-self.b) + self.c
    }

    /// The number of labels that leaves this error; `None` if no number does.
    pub fn labels_for(&self, error: f64) -> Option<f64> {
        let labels = ((error - self.c) / self.a).powf(-1.0 / self.b);
        (self.b > 0.0 && error > self.c && labels.is_finite()).then_some(labels)
    }

    /// Least squares on the logarithm of the error, each point weighing as the inverse of the
    /// sampling variance of this many rows.
    ///
    /// The floor is that which leaves the least squares, 0 for fewer than four numbers of labels.
    /// `None` for fewer than two.
    pub fn fit(points: &[CurvePoint]) -> Option<Self> {
        let least = points.iter().map(positive).reduce(f64::min)?;
        let floors = if points.len() < FLOOR_POINTS { 1 } else { FLOORS };
        let candidates = (0..floors).filter_map(|step| {
            let floor = least * step as f64 / FLOORS as f64;
            let law = with_floor(points, floor)?;
            Some((law, residual(points, &law)))
        });
        let better =
            |best: (Self, f64), next: (Self, f64)| if next.1 < best.1 { next } else { best };
        candidates.reduce(better).map(|(law, _)| law)
    }
}

/// The error, at least half of one row: a logarithm needs something.
fn positive(point: &CurvePoint) -> f64 {
    point.error.max(0.5 / point.rows)
}

/// Inverse variance of an error's logarithm.
fn weight(point: &CurvePoint) -> f64 {
    let error = positive(point);
    point.rows * error / (1.0 - error).max(0.5 / point.rows)
}

/// Weighted squares of the logarithm's distance.
fn residual(points: &[CurvePoint], law: &PowerLaw) -> f64 {
    let square = |p: &CurvePoint| (positive(p).ln() - law.at(p.labels).ln()).powi(2);
    points.iter().map(|point| weight(point) * square(point)).sum()
}

/// A straight line through the logarithms of what is above the floor.
fn with_floor(points: &[CurvePoint], floor: f64) -> Option<PowerLaw> {
    let (mut sum, mut x_sum, mut y_sum) = (0.0, 0.0, 0.0);
    let logs: Vec<_> = points
        .iter()
        .map(|point| {
            let above = positive(point) - floor;
            // d ln(e - c) = e / (e - c) · d ln e
            let w = weight(point) * (above / positive(point)).powi(2);
            (point.labels.ln(), above.ln(), w)
        })
        .collect();
    for (x, y, w) in &logs {
        sum += w;
        x_sum += w * x;
        y_sum += w * y;
    }
    let (x_mean, y_mean) = (x_sum / sum, y_sum / sum);
    let (mut xx, mut xy) = (0.0, 0.0);
    for (x, y, w) in &logs {
        xx += w * (x - x_mean).powi(2);
        xy += w * (x - x_mean) * (y - y_mean);
    }
    let slope = xy / xx;
    slope.is_finite().then(|| PowerLaw { a: (y_mean - slope * x_mean).exp(), b: -slope, c: floor })
}

/// Which rows were predicted wrong by one run with one number of labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CurveRun {
    /// Labels in the training set.
    pub labels: usize,
    /// Number of the run; runs of one number are drawn together.
    pub seed: usize,
    /// Rows that were predicted wrong.
    pub wrong: Vec<u32>,
}

/// A number with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The number.
    pub value: f64,
    /// Its interval; an end that is `None` is unbounded.
    pub ci95: [Option<f64>; 2],
}

/// A learning curve: a power law, and what it predicts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LearningCurve {
    /// The law that fits the means best.
    pub law: PowerLaw,
    /// 95 % interval of its steepness.
    pub b_ci95: [Option<f64>; 2],
    /// The most labels that were tried.
    pub labels: usize,
    /// Error at that number, according to the law.
    pub now: f64,
    /// Error with twice as many labels.
    pub twice: Estimate,
    /// Error with four times as many.
    pub four_times: Estimate,
    /// Labels at which the error is half of [`now`](Self::now); `None` if it never is.
    pub to_halve: Option<f64>,
    /// 95 % interval of that.
    pub to_halve_ci95: [Option<f64>; 2],
}

/// Draws of the bootstrap.
const DRAWS: usize = 1000;

impl LearningCurve {
    /// Fits the law to the mean errors of runs that were all scored on the same `rows` rows.
    ///
    /// The intervals are those of a bootstrap that draws seeds and rows again, both for all runs at
    /// once, and fits the law again. Means of few seeds drawn again vary too little by the factor
    /// `√((S-1)/S)`, which is undone. `None` for fewer than two numbers of labels.
    ///
    /// # Panics
    /// If a run has a wrong row that is not below `rows`.
    pub fn new(runs: &[CurveRun], rows: usize, key: &Key) -> Option<Self> {
        let labels = runs.iter().map(|run| run.labels).max()?;
        let law = PowerLaw::fit(&points(runs, rows))?;
        let drawn: Vec<PowerLaw> = (0..DRAWS)
            .filter_map(|draw| PowerLaw::fit(&drawn_points(runs, rows, &key.child(draw as u64))))
            .collect();
        let interval = |of: &dyn Fn(&PowerLaw) -> f64| quantiles(drawn.iter().map(of).collect());
        let predicted = |times: f64| {
            let at = times * labels as f64;
            Estimate { value: law.at(at).min(1.0), ci95: interval(&|law| law.at(at).min(1.0)) }
        };
        let now = law.at(labels as f64).min(1.0);
        let halved = |law: &PowerLaw| law.labels_for(law.at(labels as f64) / 2.0);
        Some(Self {
            b_ci95: interval(&|law| law.b),
            labels,
            now,
            twice: predicted(2.0),
            four_times: predicted(4.0),
            to_halve: halved(&law),
            to_halve_ci95: interval(&|law| halved(law).unwrap_or(f64::INFINITY)),
            law,
        })
    }
}

/// The range of 95 % of the values; an end that is not finite is `None`.
fn quantiles(mut values: Vec<f64>) -> [Option<f64>; 2] {
    values.sort_by(f64::total_cmp);
    let last = values.len().saturating_sub(1) as f64;
    [0.025, 0.975].map(|part| {
        let value = *values.get((part * last).round() as usize)?;
        value.is_finite().then_some(value)
    })
}

/// Different numbers of labels, rising.
fn counts(runs: &[CurveRun]) -> Vec<usize> {
    let mut counts: Vec<usize> = runs.iter().map(|run| run.labels).collect();
    counts.sort_unstable();
    counts.dedup();
    counts
}

/// Mean error for each number of labels.
fn points(runs: &[CurveRun], rows: usize) -> Vec<CurvePoint> {
    let point = |labels| {
        let of: Vec<&CurveRun> = runs.iter().filter(|run| run.labels == labels).collect();
        let wrong: usize = of.iter().map(|run| run.wrong.len()).sum();
        let all = (rows * of.len()) as f64;
        CurvePoint { labels: labels as f64, error: wrong as f64 / all, rows: all }
    };
    counts(runs).into_iter().map(point).collect()
}

/// The same with seeds and rows drawn again.
fn drawn_points(runs: &[CurveRun], rows: usize, key: &Key) -> Vec<CurvePoint> {
    let mut times = vec![0_u32; rows];
    let draw = |key: &Key, n: usize, bound: usize| -> Vec<usize> {
        let values = key.uniform_values(n, 1.0).into_iter();
        let place = |value: f32| (f64::from(value + 1.0) / 2.0 * bound as f64) as usize;
        values.map(|value| place(value).min(bound - 1)).collect()
    };
    draw(&key.child(0), rows, rows).into_iter().for_each(|row| times[row] += 1);
    let error = |run: &CurveRun| {
        let wrong: u32 = run.wrong.iter().map(|&row| times[row as usize]).sum();
        f64::from(wrong) / rows as f64
    };
    let mut seeds: Vec<usize> = runs.iter().map(|run| run.seed).collect();
    seeds.sort_unstable();
    seeds.dedup();
    let chosen = draw(&key.child(1), seeds.len(), seeds.len());
    let point = |labels| {
        let of = |seed: usize| runs.iter().find(|run| run.labels == labels && run.seed == seed);
        let every: Vec<f64> = seeds.iter().filter_map(|&seed| of(seed)).map(error).collect();
        let again: Vec<f64> = chosen.iter().filter_map(|&at| of(seeds[at])).map(error).collect();
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
        let (all, runs) = (mean(&every), every.len() as f64);
        let widened = match every.len() {
            0 | 1 => 1.0,
            _ => (runs / (runs - 1.0)).sqrt(),
        };
        let moved = if again.is_empty() { 0.0 } else { widened * (mean(&again) - all) };
        let error = (all + moved).clamp(0.0, 1.0);
        CurvePoint { labels: labels as f64, error, rows: rows as f64 * runs }
    };
    counts(runs).into_iter().map(point).collect()
}

#[cfg(test)]
mod tests;
