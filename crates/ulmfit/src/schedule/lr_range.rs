//! The learning-rate range test: train with growing rates until the loss explodes.

use super::Suggestions;

/// Rates that grow by the same factor every step; fastai's `lr_find` (after Smith 2017,
/// <https://arxiv.org/abs/1506.01186>).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LrRange {
    /// First rate.
    pub start: f64,
    /// Rate that the step after the last would have.
    pub end: f64,
    /// Maximum number of steps.
    pub steps: usize,
}

impl Default for LrRange {
    fn default() -> Self {
        Self { start: 1e-7, end: 10.0, steps: 100 }
    }
}

impl LrRange {
    /// Rate of a step.
    pub fn rate(&self, step: usize) -> f64 {
        self.start * (self.end / self.start).powf(step as f64 / self.steps as f64)
    }
}

/// Whether a sweep continues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sweep {
    /// Take one more step.
    Continue,
    /// The loss exploded, or all steps are taken.
    Stop,
}

/// A running range test.
#[derive(Clone, Debug)]
pub struct LrSweep {
    range: LrRange,
    average: f64,
    best: f64,
    rates: Vec<f64>,
    losses: Vec<f64>,
    exploded: bool,
}

impl LrSweep {
    /// Weight of the past in the smoothed loss.
    const BETA: f64 = 0.98;
    /// The sweep ends when the smoothed loss is this many times its best.
    const EXPLOSION: f64 = 4.0;
    /// Last steps, which suggestions ignore: there the loss explodes.
    const TAIL: usize = 5;

    /// Before the first step.
    pub fn new(range: LrRange) -> Self {
        let best = f64::INFINITY;
        Self { range, average: 0.0, best, rates: vec![], losses: vec![], exploded: false }
    }

    /// Rate of the step to take now.
    pub fn rate(&self) -> f64 {
        self.range.rate(self.losses.len())
    }

    /// Takes the loss of the step just taken.
    pub fn record(&mut self, loss: f64) -> Sweep {
        self.rates.push(self.rate());
        self.average = loss + Self::BETA * (self.average - loss);
        let seen = self.rates.len();
        let smooth = self.average / (1.0 - Self::BETA.powf(seen as f64));
        self.losses.push(smooth);
        self.best = self.best.min(smooth);
        self.exploded = smooth.is_nan();
        if self.exploded || smooth > Self::EXPLOSION * self.best || seen >= self.range.steps {
            Sweep::Stop
        } else {
            Sweep::Continue
        }
    }

    /// Rates of the steps taken.
    pub fn rates(&self) -> &[f64] {
        &self.rates
    }

    /// Smoothed, debiased losses of the steps taken.
    pub fn losses(&self) -> &[f64] {
        &self.losses
    }

    /// Suggested rates; `None` if there are too few steps.
    pub fn suggestions(&self) -> Option<Suggestions> {
        let seen = self.losses.len();
        let last = self.range.steps.saturating_sub(Self::TAIL);
        let end = if self.exploded { last.min(seen - 1) } else { seen.saturating_sub(Self::TAIL) };
        let start = self.range.steps / 10;
        if start + 2 > end {
            return None;
        }
        Some(Suggestions::of(&self.rates[start..end], &self.losses[start..end]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Deserialize)]
    struct Golden {
        start_lr: f64,
        end_lr: f64,
        num_it: usize,
        cases: Vec<Case>,
    }

    #[derive(Deserialize)]
    struct Case {
        losses: Vec<Option<f64>>,
        steps: usize,
        smooth: Vec<Option<f64>>,
        index: Index,
    }

    #[derive(Deserialize)]
    struct Index {
        valley: usize,
        steep: usize,
        minimum: usize,
        slide: usize,
    }

    /// Numbers: `lr_find()` in fixtures/generate.py.
    #[test]
    fn sweep_stops_and_suggests_as_fastai() {
        let text = include_str!("../../../../fixtures/golden/lr_find.json");
        let golden: Golden = serde_json::from_str(text).unwrap();
        let range = LrRange { start: golden.start_lr, end: golden.end_lr, steps: golden.num_it };
        assert_eq!(range, LrRange::default());
        for (number, case) in golden.cases.iter().enumerate() {
            let mut sweep = LrSweep::new(range);
            for loss in &case.losses {
                if sweep.record(loss.unwrap_or(f64::NAN)) == Sweep::Stop {
                    break;
                }
            }
            // fastai runs on after NaN, to no effect
            let finite = case.smooth.iter().take_while(|loss| loss.is_some()).count();
            assert_eq!(sweep.losses().len(), case.steps.min(finite + 1), "{number}");
            for (found, wanted) in sweep.losses().iter().zip(case.smooth.iter().flatten()) {
                assert!((found / wanted - 1.0).abs() < 1e-12, "{number} {found} {wanted}");
            }
            let found = sweep.suggestions().unwrap();
            let same = |found: f64, wanted: f64| {
                assert_eq!(found.to_bits(), wanted.to_bits(), "case {number}");
            };
            same(found.valley, range.rate(case.index.valley));
            same(found.steep, range.rate(case.index.steep));
            same(found.slide.unwrap(), range.rate(case.index.slide));
            same(found.minimum, range.rate(case.index.minimum) / 10.0);
        }
    }

    #[test]
    fn too_short_a_sweep_suggests_nothing() {
        let mut sweep = LrSweep::new(LrRange::default());
        assert!(sweep.suggestions().is_none());
        sweep.record(f64::NAN);
        assert!(sweep.suggestions().is_none());
        let mut sweep = LrSweep::new(LrRange::default());
        for step in 0..17 {
            assert!(sweep.suggestions().is_none(), "{step}");
            sweep.record(1.0);
        }
        assert!(sweep.suggestions().is_some());
    }
}
