//! Which parts are used, and with what weights.

use super::stack_weights::Answers;
use crate::models::Stack;
use crate::report::metrics::mean_interval;

/// The parts of a portfolio that are used.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Choice {
    /// Their numbers, ascending.
    pub(crate) parts: Vec<usize>,
    /// Their weights.
    pub(crate) stack: Stack,
}

/// From this many rows on their mean loss decides; fewer have to prove what speaks against the pretrained
/// parts.
const PROOF_UNTIL: usize = 100;
/// The same where a part has learned pseudo-labels, beside which other n-grams have little to add. Chosen on training
/// rows of four data sets with 100 labels, where the mean loss once preferred these other n-grams.
const PROOF_UNTIL_TAUGHT: usize = 300;

/// A part with less of all weights changes next to nothing, and costs its time in every prediction.
const LEAST_SHARE: f64 = 0.03;

/// What the weights of some parts may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Weights {
    /// The same for all.
    Equal,
    /// One for each.
    Own,
}

/// The parts that know more than the labels.
#[derive(Clone, Copy)]
pub(crate) struct Pretrained<'a> {
    /// Their numbers.
    pub(crate) parts: &'a [usize],
    /// Whether one of them has learned pseudo-labels, too.
    pub(crate) are_taught: bool,
}

impl Choice {
    /// The best of: each `usable` part alone, any of them with equal weights, and all that have a say, each with its own. They
    /// are weighed on one half of the rows and judged on the other, in turn. (Of a hundred rows a weight of its own
    /// for each part is not certain enough: equal ones have one number to find.)
    ///
    /// With few rows this is next to a draw, and the `pretrained` parts are used, unless the choice is
    /// better beyond the 95 % interval of the gain: what others have read is worth more than twenty rows.
    ///
    /// # Panics
    /// Without rows.
    pub(crate) fn new(
        answers: &Answers<'_>,
        rows: &[usize],
        usable: &[usize],
        pretrained: Pretrained<'_>,
    ) -> Self {
        let until = if pretrained.are_taught { PROOF_UNTIL_TAUGHT } else { PROOF_UNTIL };
        let even = subsets(usable).map(|parts| (parts, Weights::Equal));
        let candidates = even.chain([(Self::with_a_say(answers, rows, usable), Weights::Own)]);
        let judged = candidates.map(|(parts, weights)| {
            let losses = answers.judged(&parts, weights, rows);
            (parts, weights, losses)
        });
        let best = judged.min_by(|a, b| mean(&a.2).total_cmp(&mean(&b.2)));
        let (mut parts, mut weights, losses) = best.expect("there are parts");
        if !pretrained.parts.is_empty()
            && rows.len() < until
            && !is_proven(&answers.judged(pretrained.parts, Weights::Equal, rows), &losses)
        {
            (parts, weights) = (pretrained.parts.to_vec(), Weights::Equal);
        }
        let stack = answers.weighed(&parts, weights, rows);
        Self { parts, stack }
    }

    /// The parts that keep a weight worth its time beside all others.
    fn with_a_say(answers: &Answers<'_>, rows: &[usize], usable: &[usize]) -> Vec<usize> {
        let mut chosen = usable.to_vec();
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
                return chosen;
            }
            chosen = kept;
        }
    }
}

/// All sets of these parts but the empty one.
fn subsets(parts: &[usize]) -> impl Iterator<Item = Vec<usize>> {
    let of_set = |set: usize| {
        let is_in = |&(place, _): &(usize, &usize)| set >> place & 1 == 1;
        parts.iter().enumerate().filter(is_in).map(|(_, &part)| part).collect()
    };
    (1..1_usize << parts.len()).map(of_set)
}

fn mean(losses: &[f64]) -> f64 {
    losses.iter().sum::<f64>() / losses.len() as f64
}

/// Whether the 95 % interval of the gain on the same rows lies above 0, which that of a single row never does.
fn is_proven(before: &[f64], after: &[f64]) -> bool {
    let gains: Vec<f64> = before.iter().zip(after).map(|(before, after)| before - after).collect();
    mean_interval(&gains).1[0] > 0.0
}

impl Answers<'_> {
    fn weighed(&self, parts: &[usize], weights: Weights, rows: &[usize]) -> Stack {
        match weights {
            Weights::Equal => self.equal_weights(parts, rows),
            Weights::Own => self.weights(parts, rows),
        }
    }

    /// The loss of some parts together on each row, with weights that do not come from this row.
    fn judged(&self, parts: &[usize], weights: Weights, rows: &[usize]) -> Vec<f64> {
        let half = |odd: bool| -> Vec<usize> {
            let of_half = rows.iter().enumerate().filter(|(n, _)| (n % 2 == 1) == odd);
            of_half.map(|(_, &row)| row).collect()
        };
        let (even, odd) = (half(false), half(true));
        let of_halves = [(&even, &odd), (&odd, &even)].map(|(learn, judge)| {
            let stack = self.weighed(parts, weights, learn);
            judge.iter().map(|&row| self.loss(parts, &stack, &[row])).collect::<Vec<f64>>()
        });
        of_halves.concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::labels::LabelKind;

    const NONE: Pretrained<'_> = Pretrained { parts: &[], are_taught: false };

    fn first(are_taught: bool) -> Pretrained<'static> {
        Pretrained { parts: &[0], are_taught }
    }

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
        let choice =
            Choice::new(&Answers::new(LabelKind::Single, &parts, &targets), &rows, &[0, 1], NONE);
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
        let choice = Choice::new(
            &Answers::new(LabelKind::Single, &parts, &targets),
            &rows,
            &[0, 1],
            first(false),
        );
        assert_eq!(choice.parts, [1]);
        assert_eq!(choice.stack.weights.len(), 1);
    }

    #[test]
    fn few_rows_have_to_prove_what_speaks_against_the_pretrained_part() {
        let targets = vec![vec![0.0]; 200];
        let chosen_with = |right: [usize; 2], rows: usize, is_taught: bool| {
            let parts = [part(0.7, right[0], 37), part(0.7, right[1], 37)];
            let rows: Vec<usize> = (0..rows).collect();
            let answers = Answers::new(LabelKind::Single, &parts, &targets);
            Choice::new(&answers, &rows, &[0, 1], first(is_taught)).parts
        };
        let chosen = |right, rows| chosen_with(right, rows, false);
        assert_eq!(chosen([150, 154], 30), [0]); // the same in most rows
        assert_eq!(chosen([150, 154], 200), [1]);
        assert_eq!(chosen([60, 190], 30), [1]);
        assert_eq!(chosen_with([152, 154], 200, true), [0]); // more than this where there are pseudo-labels
        assert_eq!(chosen_with([60, 190], 200, true), [1]);
    }

    #[test]
    fn of_few_rows_all_pretrained_parts_have_the_same_weight() {
        let targets = vec![vec![0.0]; 200];
        let parts = [part(0.7, 100, 37), part(0.7, 150, 61), part(0.7, 160, 83)];
        let rows: Vec<usize> = (0..30).collect();
        let answers = Answers::new(LabelKind::Single, &parts, &targets);
        let choice = Choice::new(
            &answers,
            &rows,
            &[0, 1, 2],
            Pretrained { parts: &[1, 2], are_taught: false },
        );
        assert_eq!(choice.parts, [1, 2]);
        assert_eq!(choice.stack.weights, [choice.stack.weights[0]; 2]);
    }
}
