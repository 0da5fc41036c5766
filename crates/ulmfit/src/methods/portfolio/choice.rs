//! Which parts are used, and with what weights.

use super::stack_weights::Answers;
use crate::models::Stack;

/// The parts of a portfolio that are used.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Choice {
    /// Their numbers, ascending.
    pub(crate) parts: Vec<usize>,
    /// Their weights.
    pub(crate) stack: Stack,
}

/// A part with less of all weights changes next to nothing, and costs its time in every prediction.
const LEAST_SHARE: f64 = 0.03;

impl Choice {
    /// All parts that have a say, if they are better together than the best of them alone, and this
    /// one otherwise. Both are weighed on one half of the rows and judged on the other, in turn.
    ///
    /// # Panics
    /// Without rows.
    pub(crate) fn new(answers: &Answers<'_>, rows: &[usize]) -> Self {
        let all: Vec<usize> = (0..answers.parts()).collect();
        let alone = all.iter().map(|&part| (vec![part], answers.judged(&[part], rows)));
        let best = alone.min_by(|a, b| a.1.total_cmp(&b.1)).expect("there are parts");
        let mut chosen = all.clone();
        loop {
            let stack = answers.weights(&chosen, rows);
            let total: f64 = stack.weights.iter().sum();
            let has_say = |&(_, weight): &(usize, &f64)| *weight >= LEAST_SHARE * total;
            let kept: Vec<usize> = chosen
                .iter()
                .copied()
                .zip(&stack.weights)
                .filter(has_say)
                .map(|(part, _)| part)
                .collect();
            if kept.len() == chosen.len() {
                break;
            }
            chosen = kept;
        }
        if answers.judged(&chosen, rows) >= best.1 {
            chosen = best.0;
        }
        let stack = answers.weights(&chosen, rows);
        Self { parts: chosen, stack }
    }
}

impl Answers<'_> {
    /// The mean loss of some parts together, on rows that their weights do not come from.
    fn judged(&self, parts: &[usize], rows: &[usize]) -> f64 {
        let half = |odd: bool| -> Vec<usize> {
            let of_half = rows.iter().enumerate().filter(|(n, _)| (n % 2 == 1) == odd);
            of_half.map(|(_, &row)| row).collect()
        };
        let (even, odd) = (half(false), half(true));
        let losses = [(&even, &odd), (&odd, &even)].map(|(learn, judge)| {
            self.loss(parts, &self.weights(parts, learn), judge) * judge.len() as f64
        });
        losses.iter().sum::<f64>() / rows.len() as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::labels::LabelKind;

    /// Answers that are right with `p` in rows whose number, times a prime, is below `right`.
    fn part(p: f32, right: usize, prime: usize) -> Vec<Vec<f32>> {
        let row =
            |n: usize| if n * prime % 200 < right { vec![p, 1.0 - p] } else { vec![1.0 - p, p] };
        (0..200).map(row).collect()
    }

    #[test]
    fn parts_that_err_differently_are_used_together() {
        let parts = [part(0.8, 160, 37), part(0.8, 160, 61)];
        let targets = vec![vec![0.0]; 200];
        let rows: Vec<usize> = (0..200).collect();
        let choice = Choice::new(&Answers::new(LabelKind::Single, &parts, &targets), &rows);
        assert_eq!(choice.parts, [0, 1]);
        assert!(choice.stack.weights.iter().all(|&weight| weight > 0.3), "{choice:?}");
    }

    #[test]
    fn a_copy_of_noise_is_left_out() {
        let noise: Vec<Vec<f32>> =
            (0..200).map(|n| if n % 3 == 0 { vec![0.7, 0.3] } else { vec![0.3, 0.7] }).collect();
        let parts = [noise, part(0.9, 180, 37)];
        let targets = vec![vec![0.0]; 200];
        let rows: Vec<usize> = (0..200).collect();
        let choice = Choice::new(&Answers::new(LabelKind::Single, &parts, &targets), &rows);
        assert_eq!(choice.parts, [1]);
        assert_eq!(choice.stack.weights.len(), 1);
    }
}
